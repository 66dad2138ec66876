"""A web server for a folder, in a thread, with the habits that web servers have."""

import base64
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit


@dataclass
class WebServer:
    """Serves the files below `root`; its fields switch its habits on and off."""

    root: Path
    knows_ranges: bool = True
    sends_chunks: bool = False
    gives_tags: bool = True
    redirects_from: str = ""
    redirects_to: str = ""
    password: str = ""
    requests: list[str] = field(default_factory=list)
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        handler = type("Handler", (_Handler,), {"web": self})
        self.server = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    web: ClassVar[WebServer]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        self.web.requests.append(self.path)
        path = unquote(urlsplit(self.path).path)
        file = self.web.root / path.lstrip("/")
        moved = self.web.redirects_from
        login = base64.b64encode(f"ada:{self.web.password}".encode()).decode()
        if self.web.password and self.headers.get("Authorization") != f"Basic {login}":
            self.reply(401, b"who are you?")
        elif moved and path.startswith(moved):
            self.reply(302, b"", Location=self.web.redirects_to + self.path.removeprefix(moved))
        elif not file.is_file():
            self.reply(404, b"no such file")
        else:
            self.send_file(file.read_bytes())

    def send_file(self, data: bytes) -> None:
        tags = {"ETag": f'W/"{hash(data):x}"'} if self.web.gives_tags else {}
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not asked or not self.web.knows_ranges:
            self.reply(200, data, **tags)
        elif int(asked[1]) >= len(data):
            self.reply(416, b"", **{"Content-Range": f"bytes */{len(data)}"}, **tags)
        else:
            part = data[int(asked[1]) : int(asked[2]) + 1]
            end = int(asked[1]) + len(part) - 1
            where = {"Content-Range": f"bytes {asked[1]}-{end}/{len(data)}"}
            self.reply(206, part, **where, **tags)

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.web.sends_chunks:
            self.send_header("Transfer-Encoding", "chunked")
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
