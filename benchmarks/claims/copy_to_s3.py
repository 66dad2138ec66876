"""Copy a store of small objects to S3.

Server and client share this machine, so that a real server takes most of it for itself: the first
rows are with a server of our own that does nothing but keep the objects in memory, the last with
a real one. Ours lists both places, writes each object, and compares every checksum at the end; s3fs
only writes, and is run once, on the first. *The writes alone* are by the library, from memory, with
nothing else done: what is missing to that is our own work.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Figures, Row
from benchmarks.processes import run_apart, take_turns
from benchmarks.servers import S3Server, memory_server, s3_server
from benchmarks.sides import library, s3fs_client
from benchmarks.stores import unconsolidate

NODES = 10_000
PROMISED_RATE = 5_000


def measure(bench: Bench) -> Iterator[Row]:
    """Measure ours, the writes alone and the peer on both servers."""
    store = bench.stores.get(bench.nodes(NODES))
    unconsolidate(store)
    with memory_server() as server:
        yield from _rows(bench, store, server, target=PROMISED_RATE)
    with s3_server() as server:
        yield from _rows(bench, store, server, with_peer=False)


def _rows(
    bench: Bench,
    store: Path,
    server: S3Server,
    *,
    target: float | None = None,
    with_peer: bool = True,
) -> Iterator[Row]:
    """Measure on one server."""
    objects = sum(path.is_file() for path in store.rglob("*"))
    ours, writes = take_turns(
        bench.runs(5),
        lambda: _run(library.copy, store, server),
        lambda: _run(library.write_only, store, server),
    )
    peer = [_run(s3fs_client.copy, store, server)] if with_peer else []
    what = f"copy {objects:,} small objects to S3 ({server.name})"
    rate = _rate(objects, ours)
    yield Row(
        what,
        rate,
        target=target,
        peer=_rate(objects, peer) if peer else None,
        peer_name=s3fs_client.NAME,
    )
    yield Row(
        f"{what}, beside mere writing",
        rate,
        peer=_rate(objects, writes),
        peer_name="the writes alone",
    )


def _run(copy: Callable[[str, str], float], store: Path, server: S3Server) -> float:
    """Copy into a new bucket, and give the seconds."""
    return run_apart(copy, str(store), server.make_bucket(), env=server.env).value


def _rate(objects: int, seconds: Sequence[float]) -> Figures:
    return Figures.of((objects / each for each in seconds), "objects/s")
