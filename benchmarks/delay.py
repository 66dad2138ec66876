"""Puts a network's delay before a server: `python -m benchmarks.delay PORT SERVER_PORT MILLISECONDS`.

Both ports are on this machine. A round trip takes so many milliseconds longer, and opening a
connection costs one, too.
"""

import asyncio
import sys
from collections import deque
from typing import cast

HOST = "127.0.0.1"


class Client(asyncio.Protocol):
    """A client's connection: what it says reaches the server late, the answers come at once."""

    def __init__(self, server_port: int, delay_s: float) -> None:
        self._server_port = server_port
        self._delay_s = delay_s
        self._said: deque[bytes] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Reach the server, from which the client is a handshake away."""
        self._loop = asyncio.get_running_loop()
        self._open_at = self._loop.time() + self._delay_s
        self._transport = cast(asyncio.Transport, transport)
        connecting = self._loop.create_connection(
            lambda: Server(self._transport), HOST, self._server_port
        )
        self._server = self._loop.create_task(connecting)

    def data_received(self, data: bytes) -> None:
        """Keep what the client says until it is due."""
        self._said.append(data)
        due = max(self._loop.time(), self._open_at) + self._delay_s
        self._loop.call_at(due, self._when_connected, self._hand_on)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        """Hang up on the server when it has heard all."""
        self._loop.call_later(2 * self._delay_s, self._when_connected, self._hang_up)
