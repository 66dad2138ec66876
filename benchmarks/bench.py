"""What each claim's program gets: how large, how often, and where its stores are."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.stores import Stores


@dataclass(frozen=True)
class Bench:
    """One run of the benchmarks."""

    stores: Stores
    results: Path
    """The folder for what is written down."""
    quick: bool = False
    """Small and once: to see that the programs work, not to measure."""

    def nodes(self, count: int) -> int:
        """Give how many nodes to take for so many."""
        return min(max(count // 100, 100), 2_000) if self.quick else count

    def runs(self, count: int) -> int:
        """Give how often to measure what is worth measuring so often."""
        return 1 if self.quick else count
