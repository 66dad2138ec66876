"""A server as if it were far away: `python -m benchmarks.delay PORT SERVER_PORT MILLISECONDS`.

Both ports are on this machine. A round trip takes so many milliseconds longer, and opening a
connection costs one, too.
"""

import asyncio
import sys
from asyncio import StreamReader, StreamWriter

HOST = "127.0.0.1"


async def hand_on(reader: StreamReader, writer: StreamWriter, delay_s: float) -> None:
    """Write each piece so long after it came, while the next ones come."""
    loop = asyncio.get_running_loop()
    while piece := await reader.read(2**16):
        loop.call_later(delay_s, writer.write, piece)
    loop.call_later(delay_s, writer.close)


async def serve(port: int, server_port: int, delay_s: float) -> None:
    """Stand before the server until we are ended: requests are late, answers come at once."""

    async def meet(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            answers, requests = await asyncio.open_connection(HOST, server_port)
            await asyncio.sleep(delay_s)  # the handshake with a far server
            await asyncio.gather(hand_on(reader, requests, delay_s), hand_on(answers, writer, 0))
        except OSError:  # one of them hung up
            writer.close()

    # All threads of a client connect at once.
    server = await asyncio.start_server(meet, HOST, port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000))
