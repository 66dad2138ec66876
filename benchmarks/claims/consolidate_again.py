"""Consolidate again when nothing has changed.

The store was consolidated twice before, and its documents are older than 2 s: younger ones would
be read again, whatever their signature. The peer lists the same folders and asks for each
document's state by `os.stat`, in one process: no walk that looks for changes can do less.
"""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Figures, Row
from benchmarks.processes import run_apart, take_turns
from benchmarks.sides import by_hand, library
from benchmarks.stores import let_settle

PROMISED = 100_000
PROMISED_RATE = 100_000

RUNS = {PROMISED: 7, 1_000_000: 2}
"""How often each size is measured."""


def measure(bench: Bench) -> Iterator[Row]:
    """Measure the promised size, and a larger one."""
    for size, runs in RUNS.items():
        nodes = bench.nodes(size)
        ours, peer = _run(bench.stores.get(nodes), bench.runs(runs))
        yield Row(
            f"consolidate {nodes:,} nodes again, nothing changed",
            Figures.of((nodes / seconds for seconds in ours), "nodes/s"),
            target=PROMISED_RATE if size == PROMISED else None,
            peer=Figures.of((nodes / seconds for seconds in peer), "nodes/s"),
            peer_name="scandir + stat",
        )


def _run(store: Path, runs: int) -> list[list[float]]:
    """Run ours and the peer in turn."""
    let_settle(store)
    for _ in range(2):
        run_apart(library.consolidate_store, str(store))
    return take_turns(
        runs,
        lambda: run_apart(library.consolidate_store, str(store)).value,
        lambda: run_apart(by_hand.look, str(store)).value,
    )
