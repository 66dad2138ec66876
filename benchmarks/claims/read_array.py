"""Read an array of one chunk by its URI.

Each of 2,000 random arrays of 2 KB is read from an open store by `lab[uri].read()`, and by
zarr-python's `open_array(store, path=path)[:]`; the median counts. A sample's URI costs more
than its array's, for the array below it is looked up, too.
"""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.figures import Figures, Row
from benchmarks.processes import run_apart, take_turns
from benchmarks.sides import library, zarr_python

NODES = 10_000
ARRAYS = 2_000
PROMISED_US = 50


def measure(bench: Bench) -> Iterator[Row]:
    """Measure arrays by their own URI, and by their sample's."""
    store = str(bench.stores.get(bench.nodes(NODES)))
    run_apart(library.consolidate_store, store)
    by_own, by_sample, peer = take_turns(
        bench.runs(5),
        lambda: run_apart(library.read_arrays, store, ARRAYS).value,
        lambda: run_apart(library.read_samples, store, ARRAYS).value,
        lambda: run_apart(zarr_python.read_arrays, store, ARRAYS).value,
    )
    for whose, ours, target in (("its", by_own, PROMISED_US), ("its sample's", by_sample, None)):
        yield Row(
            f"read a one-chunk array by {whose} URI",
            Figures.of(ours, "µs"),
            target=target,
            peer=Figures.of(peer, "µs"),
            peer_name=zarr_python.NAME,
        )
