"""What was measured, what was promised, and what a peer needs for the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any, Self


@dataclass(frozen=True)
class Figures:
    """One quantity, measured several times; its median counts."""

    values: tuple[float, ...]
    unit: str
    """One that ends in `/s` is a rate: more is better. Of all others less is better."""

    @classmethod
    def of(cls, values: Iterable[float], unit: str) -> Self:
        """Take what several runs gave."""
        return cls(tuple(values), unit)

    @property
    def median(self) -> float:
        """What the figure is said to be."""
        return median(self.values)

    @property
    def is_rate(self) -> bool:
        """Whether more is better."""
        return self.unit.endswith("/s")

    def __str__(self) -> str:
        return f"{show_number(self.median)} {self.unit}"

    def spread(self) -> str:
        """Say how often it was measured, and between what the runs were."""
        if len(self.values) == 1:
            return "1 run"
        low, high = show_number(min(self.values)), show_number(max(self.values))
        return f"{len(self.values)} runs, {low} to {high}"


@dataclass(frozen=True)
class Row:
    """A line of the table: one thing, done by us and by a peer."""

    what: str
    ours: Figures
    target: float | None = None
    """In the unit of `ours`; at least so much of a rate, at most so much of all else."""
    peer: Figures | None = None
    peer_name: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        if self.ours.is_rate:
            return self.ours.median >= self.target
        return self.ours.median <= self.target

    @property
    def ratio(self) -> float | None:
        """How many times better than the peer we are; below 1 where the peer is better."""
        if self.peer is None:
            return None
        times = self.ours.median / self.peer.median
        return times if self.ours.is_rate else 1 / times

    @property
    def target_text(self) -> str:
        """The target as a reader wants it."""
        if self.target is None:
            return "–"
        sign = "≥" if self.ours.is_rate else "≤"
        return f"{sign} {show_number(self.target)} {self.ours.unit}"

    @property
    def met_text(self) -> str:
        """Say it in a word."""
        return {True: "yes", False: "**no**", None: "–"}[self.met]

    @property
    def peer_text(self) -> str:
        """Name the peer with its figure."""
        return f"{self.peer_name}: {self.peer}" if self.peer else "–"

    @property
    def ratio_text(self) -> str:
        """The ratio as a reader wants it."""
        return "–" if self.ratio is None else f"{show_number(self.ratio, digits=2)} ×"

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Take a row back from JSON."""
        figures = {
            name: document[name]
            and Figures(tuple(document[name]["values"]), document[name]["unit"])
            for name in ("ours", "peer")
        }
        return cls(**(document | figures))


def show_number(value: float, *, digits: int = 3) -> str:
    """Write a number with three digits that count: a run does not repeat a fourth.

    >>> [show_number(value) for value in (51234.5, 0.04712, 12.3456, 7.0)]
    ['51,200', '0.0471', '12.3', '7']
    """
    rounded = float(f"{value:.{digits}g}")
    if abs(rounded) >= 10 ** (digits - 1):
        return f"{rounded:,.0f}"
    return f"{rounded:.{digits}g}"
