"""Times what is too short to be timed from outside."""

import time
from collections.abc import Callable, Sequence
from statistics import median


def median_us(do: Callable[[str], object], names: Sequence[str]) -> float:
    """Do it for each name, one by one, and give the median in µs.

    All are done once before: for the imports, and so that the files lie in the page cache.
    """
    for name in names:
        do(name)
    lengths = []
    for name in names:
        started = time.perf_counter_ns()
        do(name)
        lengths.append(time.perf_counter_ns() - started)
    return median(lengths) / 1e3
