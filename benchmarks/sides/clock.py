"""Times what is too short to be timed from outside."""

import time
from collections.abc import Callable, Sequence
from statistics import median

FIRST = 50
"""Calls before the clock runs: imports, and what else only the first ones pay."""


def median_us(do: Callable[[str], object], names: Sequence[str]) -> float:
    """Do it for each name, one by one, and give the median in µs."""
    for name in names[:FIRST]:
        do(name)
    lengths = []
    for name in names:
        started = time.perf_counter_ns()
        do(name)
        lengths.append(time.perf_counter_ns() - started)
    return median(lengths) / 1e3
