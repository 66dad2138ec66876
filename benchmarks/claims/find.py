"""Find a node by its URI among a million.

Store open: `lab[uri]` for 20,000 random URIs, whose median counts. New process: from before the
start of `zld find` to its end, everything included. The peer is what one does without an index,
`json.load` of `.all_metadata` and a loop over its documents until the one in the middle; where
the store is open, the loop alone. A bare `python -c pass` is what any Python program costs at
least.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Figures, Row
from benchmarks.processes import run_apart, take_turns, time_command
from benchmarks.sides import by_hand, library
from zarr_linked_data.metadata import METADATA_KEY

NODES = 1_000_000
PROMISED_US = 10
PROMISED_MS = 80

ZLD = Path(sys.executable).with_name("zld")


def measure(bench: Bench) -> Iterator[Row]:
    """Measure the open store, then a new process."""
    nodes = bench.nodes(NODES)
    store = bench.stores.get(nodes)
    run_apart(library.consolidate_store, str(store))
    total_s, loop_s = run_apart(by_hand.load_and_loop, str(store / METADATA_KEY)).value
    open_us = [run_apart(library.find_nodes, str(store)).value for _ in range(bench.runs(5))]
    uri = run_apart(library.choose_uri, str(store)).value
    new_ms, bare_ms = take_turns(
        bench.runs(31),
        lambda: 1e3 * time_command(ZLD, "find", uri, store),
        lambda: 1e3 * time_command(sys.executable, "-c", "pass"),
    )
    yield Row(
        f"find among {nodes:,} nodes, store open",
        Figures.of(open_us, "µs"),
        target=PROMISED_US,
        peer=Figures.of([1e6 * loop_s], "µs"),
        peer_name="loop",
    )
    yield Row(
        f"`zld find` among {nodes:,} nodes, new process",
        Figures.of(new_ms, "ms"),
        target=PROMISED_MS,
        peer=Figures.of([1e3 * total_s], "ms"),
        peer_name="`json.load`, loop",
    )
    yield Row(
        f"`zld find` among {nodes:,} nodes, beside a program that does nothing",
        Figures.of(new_ms, "ms"),
        peer=Figures.of(bare_ms, "ms"),
        peer_name="`python -c pass`",
    )
