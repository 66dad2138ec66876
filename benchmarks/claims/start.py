"""Start `zld`.

From before the start of the process to its end, in turn with a bare `python -c pass`, which is
what any Python program costs at least.
"""

import sys
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.claims.find import ZLD
from benchmarks.figures import Figures, Row
from benchmarks.processes import take_turns, time_command

PROMISED_MS = 80


def measure(bench: Bench) -> Iterator[Row]:
    """Measure the help, which every user meets first."""
    ours, bare = take_turns(
        bench.runs(31),
        lambda: 1e3 * time_command(ZLD, "--help"),
        lambda: 1e3 * time_command(sys.executable, "-c", "pass"),
    )
    yield Row(
        "`zld --help`",
        Figures.of(ours, "ms"),
        target=PROMISED_MS,
        peer=Figures.of(bare, "ms"),
        peer_name="`python -c pass`",
    )
