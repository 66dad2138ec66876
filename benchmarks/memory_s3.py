"""An S3 server that is faster than its clients: `python -m benchmarks.memory_s3 PORT`.

It keeps everything in memory, and knows only what a copy asks for: to put, get, list and delete.
It checks no signature, and has no ranges, conditions or pieces.
"""

import asyncio
import re
import sys
from bisect import bisect_left
from email.utils import formatdate
from hashlib import md5
from typing import cast
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

PAGE = 1_000
"""Keys in one answer to a listing, as S3 has it."""

MODIFIED = "2000-01-01T00:00:00.000Z"

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

objects: dict[str, tuple[bytes, str]] = {}
"""Content and ETag of each object, by bucket and key."""


class Connection(asyncio.Protocol):
    """A client's connection: one request after the other."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)
        self._received = b""

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        received = self._received + data
        while (end := received.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(received, 0, end)
            body_end = end + 4 + (int(length[1]) if length else 0)
            if len(received) < body_end:
                # Botocore sends the body of a PUT only when it is asked to.
                if len(received) == end + 4:
                    self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n" * waits(received))
                break
            method, target, _ = received[: received.index(b"\r\n")].decode().split(" ")
            self._transport.write(answer(method, target, received[end + 4 : body_end]))
            received = received[body_end:]
        self._received = received


def waits(head: bytes) -> bool:
    """Tell whether the client waits before it sends the body."""
    return b"100-continue" in head.lower()


def answer(method: str, target: str, body: bytes) -> bytes:
    """Do what a request asks for, and give the response."""
    path, _, query = target.partition("?")
    place = unquote(path)
    if method == "PUT":
        tag = md5(body, usedforsecurity=False).hexdigest()
        objects[place] = body, tag
        return response("200 OK", b"", tag)
    if "list-type" in query:
        return response("200 OK", listing(place.rstrip("/"), parse_qs(query)).encode())
    if method == "POST":  # to delete several
        keys = re.findall(r"<Key>(.*?)</Key>", body.decode())
        for key in keys:
            objects.pop(f"{place.rstrip('/')}/{key}", None)
        deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        return response("200 OK", f"<DeleteResult>{deleted}</DeleteResult>".encode())
    if place not in objects:
        return response("404 Not Found", b"")
    content, tag = objects[place]
    return response("200 OK", content, tag, with_body=method == "GET")


def response(status: str, body: bytes, tag: str = "", *, with_body: bool = True) -> bytes:
    """Write a response."""
    named = f'ETag: "{tag}"\r\nLast-Modified: {formatdate(usegmt=True)}\r\n' if tag else ""
    head = f"HTTP/1.1 {status}\r\n{named}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + (body if with_body else b"")


def listing(bucket: str, query: dict[str, list[str]]) -> str:
    """List the keys of a bucket from where the last page ended."""
    options = {name: values[0] for name, values in query.items()}
    prefix = options.get("prefix", "")
    start = len(bucket) + 1
    keys = sorted(place[start:] for place in objects if place.startswith(f"{bucket}/{prefix}"))
    after = options.get("continuation-token") or options.get("start-after", "")
    keys = keys[bisect_left(keys, f"{after}\0") if after else 0 :]
    folders: set[str] = set()
    if "delimiter" in options:
        below = {key: key.find("/", len(prefix)) + 1 for key in keys}
        folders = {key[:cut] for key, cut in below.items() if cut}
        keys = [key for key in keys if not below[key]]
    page = keys[:PAGE]
    more = page != keys
    parts = [f"<IsTruncated>{str(more).lower()}</IsTruncated>"]
    if more:
        parts.append(f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>")
    parts += [_content(key, *objects[f"{bucket}/{key}"]) for key in page]
    names = map(escape, sorted(folders))
    parts += [f"<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>" for name in names]
    return f"<ListBucketResult>{''.join(parts)}</ListBucketResult>"


def _content(key: str, content: bytes, tag: str) -> str:
    """Write an object's lines in a listing."""
    return (
        f"<Contents><Key>{escape(key)}</Key><LastModified>{MODIFIED}</LastModified>"
        f"<ETag>&quot;{tag}&quot;</ETag><Size>{len(content)}</Size></Contents>"
    )


async def serve(port: int) -> None:
    """Serve until we are ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
