"""Consolidate again when nothing has changed.

The store was consolidated twice before, and its documents are older than 2 s: younger ones would be read again,
whatever their signature. The peer lists the same folders and asks for each document's state by `os.stat`, in one
process: no walk that looks for changes can do less.
"""

import gc
import os
import time
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.claims.consolidate import consolidate_ours
from benchmarks.figures import Figures, Row
from benchmarks.processes import run_apart, take_turns
from benchmarks.stores import let_settle

SIZES = {100_000: 100_000, 1_000_000: None}
"""Nodes, and nodes a second that are promised."""


def measure(bench: Bench) -> Iterator[Row]:
    """Measure the promised size, and a larger one."""
    for size, target in SIZES.items():
        nodes = bench.nodes(size)
        store = bench.stores.get(nodes)
        let_settle(store)
        for _ in range(2):
            run_apart(consolidate_ours, str(store))
        ours, peer = take_turns(
            bench.runs(7 if target else 2),
            lambda store=store: run_apart(consolidate_ours, str(store)),
            lambda store=store: run_apart(look_only, str(store)),
        )
        yield Row(
            f"consolidate {nodes:,} nodes again, nothing changed",
            Figures.of((nodes / run.value for run in ours), "nodes/s"),
            target=target,
            peer=Figures.of((nodes / run.value for run in peer), "nodes/s"),
            peer_name="scandir + stat",
        )


def look_only(store: str) -> float:
    """List each group's folder and ask for the state of each document; give the seconds."""
    gc.disable()
    started = time.perf_counter()
    states = []
    waiting = [store]
    while waiting:
        folder = waiting.pop()
        with os.scandir(folder) as entries:
            folders = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        for path in folders:
            try:
                states.append(os.stat(f"{path}/zarr.json"))  # noqa: PTH116 - the fast way
            except FileNotFoundError:
                continue
            if not path.endswith("Dataset"):  # what lies below an array is no node
                waiting.append(path)
    return time.perf_counter() - started
