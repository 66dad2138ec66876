"""A network's delay in front of a server of this machine: `python -m benchmarks.delay PORT MILLISECONDS`.

It prints the port at which the server is now so far away. A round trip takes so many milliseconds longer, and opening
a connection costs one, too.
"""

import asyncio
import sys
from collections import deque

HOST = "127.0.0.1"


class Near(asyncio.Protocol):
    """The client's end of a connection: what it says reaches the server late; answers come at once."""

    def __init__(self, port: int, delay_s: float) -> None:
        self._port = port
        self._delay_s = delay_s
        self._waiting: deque[bytes] = deque()
        self._loop = asyncio.get_running_loop()
        self._client: asyncio.Transport | None = None
        self._server: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Reach the server; the first words wait for the handshake that a far server needs."""
        assert isinstance(transport, asyncio.Transport)
        self._client = transport
        self._open_at = self._loop.time() + self._delay_s
        self._connecting = asyncio.ensure_future(
            self._loop.create_connection(lambda: Far(transport), HOST, self._port)
        )

    def data_received(self, data: bytes) -> None:
        """Keep what the client says until it is due."""
        self._waiting.append(data)
        now = self._loop.time()
        self._loop.call_at(max(now, self._open_at) + self._delay_s, self._hand_on)

    def _hand_on(self) -> None:
        """Give the server the piece that is due; the order is the client's."""
        if not self._connecting.done():
            self._connecting.add_done_callback(lambda _: self._hand_on())
        elif self._connecting.cancelled() or self._connecting.exception():
            self.close()
        else:
            self._connecting.result()[0].write(self._waiting.popleft())

    def close(self) -> None:
        """Hang up on the client."""
        if self._client is not None:
            self._client.close()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Hang up on the server when all is said."""
        self._loop.call_later(2 * self._delay_s, self._hang_up)

    def _hang_up(self) -> None:
        if self._connecting.done() and not self._connecting.exception():
            self._connecting.result()[0].close()


class Far(asyncio.Protocol):
    """The server's end of a connection."""

    def __init__(self, client: asyncio.Transport) -> None:
        self._client = client

    def data_received(self, data: bytes) -> None:
        """Give the client what the server says."""
        self._client.write(data)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Hang up on the client."""
        self._client.close()


async def serve(port: int, delay_s: float) -> None:
    """Stand before the server at this port until we are ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Near(port, delay_s), HOST, 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
