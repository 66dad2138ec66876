"""Consolidate a store in a folder, with its index; time and memory grow linearly.

Each run is a first consolidation (of a store without `.all_metadata` and `__zld/`), with all
documents in the page cache. zarr-python consolidates the same files: it would write into the
root's document, so it gets a folder of links to what lies below, and a copy of the root's own.
Memory is the most that the process and its helpers had at one time, the interpreter and its
packages included. *find | cat* finds and reads the same documents by programs in C; where it
slows down as the store grows, the system has not kept all of it in memory.
"""

from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.bench import Bench
from benchmarks.figures import Figures, Row
from benchmarks.processes import Apart, run_apart
from benchmarks.scaling import Point, draw_scaling
from benchmarks.sides import by_hand, library, zarr_python
from benchmarks.stores import unconsolidate

PROMISED = 100_000
PROMISED_RATE = 50_000
PROMISED_GB = 0.4
PROMISED_GROWTH = 11
"""For ten times the nodes: a tenth more than linear, for what runs scatter."""

READING = "find | cat"

Runs = list[Apart[float]]
"""Seconds and memory of one side, run by run."""


class Size(NamedTuple):
    """How large a store, and how often it is measured."""

    nodes: int
    runs: int
    peer_runs: int = 0


SIZES = (Size(1_000, 7, 3), Size(10_000, 7, 2), Size(PROMISED, 5, 1), Size(1_000_000, 2))
"""zarr-python takes 45 s for 100,000 nodes, and would take 8 minutes for a million."""


def measure(bench: Bench) -> Iterator[Row]:
    """Measure each size in format 3 and the promised one in format 2; draw how they grow."""
    ours: list[Point] = []
    peers: list[Point] = []
    bounds: dict[int, Figures] = {}
    for nodes, size in {bench.nodes(size.nodes): size for size in SIZES}.items():
        runs, peer_runs = _run(bench, nodes, bench.runs(size.runs), size.peer_runs)
        yield from _rows(nodes, runs, peer_runs, is_promised=size.nodes == PROMISED)
        ours.append(_point(nodes, runs))
        if peer_runs:
            peers.append(_point(nodes, peer_runs))
        if size.nodes >= PROMISED:
            bounds[nodes] = _measure_bound(bench, nodes, size.runs)
            yield _bound_row(nodes, runs, bounds[nodes])
    yield from _growth(ours, bounds)
    draw_scaling(bench.results / "scaling", ours, peers, peer_name=zarr_python.NAME)
    nodes = bench.nodes(PROMISED)
    runs, _ = _run(bench, nodes, bench.runs(5), 0, zarr_format=2)
    yield Row(f"consolidate {nodes:,} nodes of format 2", _rate(nodes, runs))


def _run(
    bench: Bench, nodes: int, runs: int, peer_runs: int, zarr_format: int = 3
) -> tuple[Runs, Runs]:
    """Run ours and zarr-python in turn."""
    store = bench.stores.get(nodes, zarr_format)
    by_hand.find_and_cat(str(store))  # from now on all documents are in the page cache
    ours, peers = [], []
    for number in range(runs):
        unconsolidate(store)
        ours.append(run_apart(library.consolidate_store, str(store)))
        if number < peer_runs:
            with bench.stores.lent(store) as folder:
                peers.append(run_apart(zarr_python.consolidate, str(folder)))
    return ours, peers


def _rows(nodes: int, runs: Runs, peer_runs: Runs, *, is_promised: bool) -> Iterator[Row]:
    """Give speed and memory; the targets are those of one size."""
    what = f"consolidate {nodes:,} nodes"
    yield Row(
        what,
        _rate(nodes, runs),
        target=PROMISED_RATE if is_promised else None,
        peer=_rate(nodes, peer_runs) if peer_runs else None,
        peer_name=zarr_python.NAME,
    )
    yield Row(
        f"{what}: peak memory",
        _memory(runs),
        target=PROMISED_GB if is_promised else None,
        peer=_memory(peer_runs) if peer_runs else None,
        peer_name=zarr_python.NAME,
    )


def _rate(nodes: int, runs: Runs) -> Figures:
    return Figures.of((nodes / run.value for run in runs), "nodes/s")


def _memory(runs: Runs) -> Figures:
    return Figures.of((run.peak_bytes / 1e9 for run in runs), "GB")


def _point(nodes: int, runs: Runs) -> Point:
    return Point(nodes, nodes / _rate(nodes, runs).median, _memory(runs).median)


def _measure_bound(bench: Bench, nodes: int, runs: int) -> Figures:
    """Measure what programs in C need to find the same documents and read them, no more."""
    store = str(bench.stores.get(nodes))
    seconds = [by_hand.find_and_cat(store) for _ in range(bench.runs(runs))]
    return Figures.of((nodes / each for each in seconds), "nodes/s")


def _bound_row(nodes: int, runs: Runs, bound: Figures) -> Row:
    what = f"consolidate {nodes:,} nodes, beside mere reading"
    return Row(what, _rate(nodes, runs), peer=bound, peer_name=READING)


def _growth(points: list[Point], bounds: dict[int, Figures]) -> Iterator[Row]:
    """Compare the two largest sizes."""
    before, last = points[-2:]
    times = last.nodes / before.nodes
    what = f"from {before.nodes:,} to {last.nodes:,} nodes"
    # Only ten times the nodes say something; a quick run has other steps.
    target = PROMISED_GROWTH if last.nodes == 10 * before.nodes else None
    reading = times * bounds[before.nodes].median / bounds[last.nodes].median
    yield Row(
        f"growth of time {what}",
        Figures.of([last.seconds / before.seconds], "×"),
        target=target,
        peer=Figures.of([reading], "×"),
        peer_name=READING,
    )
    growth = last.gigabytes / before.gigabytes
    yield Row(f"growth of memory {what}", Figures.of([growth], "×"), target=target)
