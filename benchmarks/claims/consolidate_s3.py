"""Consolidate a store in S3, 20 ms away.

The store lies on a server of this machine; a proxy adds 20 ms to each round trip. Each run is the
first consolidation of a copy of its own, and nothing is known of the server before. Peer:
zarr-python through s3fs, on the same server behind the same proxy; it is run once.
"""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Figures, Row
from benchmarks.processes import run_apart
from benchmarks.servers import S3Server, far_away, s3_server
from benchmarks.sides import library, zarr_python
from benchmarks.stores import unconsolidate

NODES = 1_000
DELAY_MS = 20
PROMISED_S = 0.5


def measure(bench: Bench) -> Iterator[Row]:
    """Measure the first consolidation, and another with nothing changed."""
    nodes = bench.nodes(NODES)
    store = bench.stores.get(nodes)
    unconsolidate(store)
    with (
        s3_server() as server,
        far_away(server, DELAY_MS) as far,
        bench.stores.new_folder() as caches,
    ):
        urls = [_upload(store, server) for _ in range(bench.runs(7))]
        first = [_consolidate(url, far, caches) for url in urls]
        again = [_consolidate(url, far, caches) for url in urls]
        peer = run_apart(zarr_python.consolidate_s3, _upload(store, server), env=far.env).value
    what = f"consolidate {nodes:,} nodes in S3 ({far.name})"
    yield Row(
        what,
        Figures.of(first, "s"),
        target=PROMISED_S,
        peer=Figures.of([peer], "s"),
        peer_name=f"{zarr_python.NAME} + s3fs",
    )
    yield Row(f"{what}, again, nothing changed", Figures.of(again, "s"))


def _upload(store: Path, server: S3Server) -> str:
    """Put a copy of the store on the server, and give its URL."""
    url = server.make_bucket()
    run_apart(library.copy, str(store), url, env=server.env)
    return url


def _consolidate(url: str, server: S3Server, caches: Path) -> float:
    """Consolidate a copy, with a cache of its own; give the seconds."""
    cache = {"XDG_CACHE_HOME": str(caches / url.split("/")[2])}
    return run_apart(library.consolidate_store, url, env=server.env | cache).value
