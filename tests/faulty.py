"""An HTTP proxy that misbehaves on command: before an S3 server, a bad day at the provider's."""

import http.client
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Literal

Fault = Literal["status", "drop", "lose", "hang", "slam"]
"""What may go wrong: another status, half an answer, an answer lost after the deed, no answer."""

HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length"}


@dataclass
class Rule:
    """Which requests fail, and how: every n-th that `matches`, from the first on."""

    fault: Fault
    status: int = 503
    every: int = 1
    matches: Callable[[str, str], bool] = lambda method, path: True
    seen: int = 0


@dataclass
class Answer:
    """What the server behind answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class FaultyProxy:
    """Passes requests on to the server at `target` (host:port), save those that its rule spoils.

    `fail(…)` sets the rule, `heal()` takes it away; `delay_s` slows each answer; `requests` tells
    method and path of all that came; `s3_url` may name a store behind it. With `one_at_a_time` the
    server behind sees no two requests at once, as moto needs for conditional writes; without
    `knows_conditions` such writes are answered with 501, as some servers do.
    """

    target: str
    delay_s: float = 0.0
    requests: list[tuple[str, str]] = field(default_factory=list)
    rule: Rule | None = None
    s3_url: str = ""
    one_at_a_time: bool = False
    knows_conditions: bool = True
    released: threading.Event = field(default_factory=threading.Event)
    server: ThreadingHTTPServer = field(init=False)
    guard: threading.Lock = field(default_factory=threading.Lock)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        handler = type("Handler", (_Handler,), {"proxy": self})
        self.server = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_port}"

    def fail(
        self,
        fault: Fault = "status",
        *,
        status: int = 503,
        every: int = 1,
        matches: Callable[[str, str], bool] = lambda method, path: True,
    ) -> None:
        """Spoil every n-th of the requests that match."""
        self.rule = Rule(fault, status, every, matches)

    def heal(self) -> None:
        """Pass all requests on again."""
        self.rule = None

    def fault_of(self, method: str, path: str) -> Rule | None:
        """Tell how this request is to fail, if at all."""
        with self.guard:
            self.requests.append((method, path))
            rule = self.rule
            if rule is None or not rule.matches(method, path):
                return None
            rule.seen += 1
            return rule if (rule.seen - 1) % rule.every == 0 else None

    def close(self) -> None:
        """Stop listening, and let go whoever hangs."""
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that went away: that is what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    proxy: ClassVar[FaultyProxy]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        rule = self.proxy.fault_of(self.command, self.path)
        time.sleep(self.proxy.delay_s)
        conditions = {"if-match", "if-none-match"} & {name.lower() for name in self.headers}
        if conditions and not self.proxy.knows_conditions:
            self.reply(Answer(501, [], b"<Error><Code>NotImplemented</Code></Error>"))
        elif rule and rule.fault == "hang":
            self.proxy.released.wait(60)
            self.close_connection = True
        elif rule and rule.fault == "status":
            text = b"<Error><Code>Trouble</Code><Message>on\ncommand</Message></Error>"
            self.reply(Answer(rule.status, [("Content-Type", "application/xml")], text))
        else:
            with self.proxy.turn if self.proxy.one_at_a_time else nullcontext():
                answer = self.forward(body)
            self.reply(answer) if rule is None else self.spoil(answer, rule)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815

    def forward(self, body: bytes) -> Answer:
        """Ask the server behind; the Host header stays as it was signed."""
        connection = http.client.HTTPConnection(self.proxy.target, timeout=60)
        try:
            connection.putrequest(
                self.command, self.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def reply(self, answer: Answer, body: bytes | None = None) -> None:
        self.send_response_only(answer.status)
        length = str(len(answer.body))
        for name, value in answer.headers:
            if name.lower() == "content-length":
                length = value  # of HEAD: the object's, while the body is empty
            elif name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body if body is None else body)

    def spoil(self, answer: Answer, rule: Rule) -> None:
        """Cut the answer in half, lose it, or slam the door behind it."""
        if rule.fault == "slam":
            self.reply(answer)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        if rule.fault == "drop" and answer.body:
            self.reply(answer, answer.body[: len(answer.body) // 2])
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def faulty_proxy(target: str) -> Iterator[FaultyProxy]:
    """Run one in front of `target` as long as the block runs."""
    proxy = FaultyProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
