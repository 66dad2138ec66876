"""Copy a store of small objects to S3.

Server and client share this machine. Ours lists both places, writes each object and compares every checksum at the
end; s3fs only writes. The last row sets beside it how fast the server takes the same objects from the same library
with nothing else done: what is missing to it is our own.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import obstore
import s3fs
from obstore.store import S3Store

from benchmarks.bench import Bench
from benchmarks.figures import Figures, Row
from benchmarks.processes import run_apart
from benchmarks.servers import S3Server, s3_server
from benchmarks.stores import unconsolidate
from zarr_linked_data.storage import open_storage
from zarr_linked_data.transfer import copy_store

NODES = 10_000
PROMISED_RATE = 5_000

THREADS = 16
"""More gained nothing on one machine."""


def measure(bench: Bench) -> Iterator[Row]:
    """Measure ours, the peer and what the server can."""
    store = bench.stores.get(bench.nodes(NODES))
    unconsolidate(store)
    objects = sum(path.is_file() for path in store.rglob("*"))
    with s3_server(bench.stores.folder) as server:
        ours = [_run(copy_ours, store, server) for _ in range(bench.runs(5))]
        bare = [_run(put_only, store, server) for _ in range(bench.runs(5))]
        peer = [_run(put_with_s3fs, store, server)]
    what = f"copy {objects:,} objects to S3 ({server.name})"
    yield Row(
        what,
        _rate(objects, ours),
        target=PROMISED_RATE,
        peer=_rate(objects, peer),
        peer_name=f"s3fs {s3fs.__version__}",
    )
    yield Row(
        f"{what}, beside mere writing",
        _rate(objects, ours),
        peer=_rate(objects, bare),
        peer_name=f"obstore {obstore.__version__}",
    )
