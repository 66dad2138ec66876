"""A store's nodes → the rows of its tree: siblings alike are folded while the nodes are read."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from typing import NamedTuple, Protocol

import numpy as np

from zarr_linked_data.jsonld import local_name

KEPT = 20_000
"""Nodes held in memory; with more, fewer of those alike are kept."""


class NodeLike(Protocol):
    """What the tree shows of a node; the entries of the index are such."""

    @property
    def path(self) -> str:
        """Where it is; the root's is empty."""

    @property
    def kind(self) -> str:
        """Either `group` or `array`."""

    @property
    def types(self) -> tuple[str, ...]:
        """IRIs or names of what it is."""

    @property
    def shape(self) -> tuple[int, ...] | None:
        """An array's shape."""

    @property
    def dtype(self) -> str | None:
        """An array's data type."""


class TreeNode(NamedTuple):
    """A node for a tree picture, for those who have no index."""

    path: str
    kind: str
    types: tuple[str, ...] = ()
    shape: tuple[int, ...] | None = None
    dtype: str | None = None


class TypeCount(NamedTuple):
    """How many nodes of a type there are, and how many of them are arrays."""

    type: str
    """Its local name; empty for the nodes without a type."""
    nodes: int
    arrays: int


class Row(NamedTuple):
    """A line of the tree picture: a node, or how many more there are of a kind."""

    depth: int
    name: str
    node: NodeLike | None
    label: str
    """The node's type, as short as can be."""
    last: int
    """The row of its last descendant; its own where it has none."""


@dataclass(slots=True)
class Tally:
    """Counts of what a store holds."""

    nodes: int = 0
    arrays: int = 0
    size: int = 0
    """Bytes of all values, not compressed."""
    types: Counter[str] = field(default_factory=Counter)
    arrays_of: Counter[str] = field(default_factory=Counter)

    def add(self, node: NodeLike) -> None:
        """Count a node."""
        self.nodes += 1
        is_array = node.kind == "array"
        if is_array:
            self.arrays += 1
            self.size += _size(node.shape or (), node.dtype or "")
        for iri in node.types or ("",):
            name = _local_name(iri)
            self.types[name] += 1
            if is_array:
                self.arrays_of[name] += 1

    def summary(self) -> list[TypeCount]:
        """List the types, the most frequent first."""
        ordered = sorted(self.types.items(), key=lambda item: (-item[1], item[0]))
        return [TypeCount(name, count, self.arrays_of[name]) for name, count in ordered]


def tree_summary(nodes: Iterable[NodeLike]) -> list[TypeCount]:
    """Count the nodes of each type, the most frequent first; one with two types counts for both.

    Examples
    --------
    >>> tree_summary([TreeNode("", "group", ("http://example.org/Campaign",))])
    [TypeCount(type='Campaign', nodes=1, arrays=0)]
    """
    tally = Tally()
    for node in nodes:
        tally.add(node)
    return tally.summary()


@lru_cache(maxsize=4096)
def _local_name(iri: str) -> str:
    """Give a type's short name; stores have few types and many nodes."""
    return local_name(iri) or iri


@lru_cache(maxsize=4096)
def _size(shape: tuple[int, ...], dtype: str) -> int:
    """Give the bytes of an array's values; none where each has its own length, as words do."""
    try:
        form = np.dtype(dtype)
    except (TypeError, ValueError):
        return 0
    return 0 if form.kind in "OT" else prod(shape) * form.itemsize


def label_of(node: NodeLike) -> str:
    """Name a node's type: the first one's local name, and how many more it has."""
    if not node.types:
        return ""
    more = f" +{len(node.types) - 1}" if len(node.types) > 1 else ""
    return _local_name(node.types[0]) + more


@dataclass(slots=True)
class _Branch:
    """A node that is kept, and what is known of those directly below it."""

    name: str
    node: NodeLike | None = None
    children: list["_Branch"] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many there are of each kind and label, kept or not."""

    def alike(self) -> tuple[str, str]:
        """Give what makes siblings alike: kind and type."""
        return (self.node.kind, label_of(self.node)) if self.node else ("", "")

    def shown(self, keep: int) -> Iterator[tuple["_Branch", int]]:
        """Give the children to show, each with the number folded behind it; of those alike, `keep`.

        One more is shown rather than folded: the fold would take its line.
        """
        seen: Counter[tuple[str, str]] = Counter()
        for child in self.children:
            alike = child.alike()
            total = self.counts[alike]
            limit = total if total <= keep + 1 else keep
            seen[alike] += 1
            if seen[alike] <= limit:
                yield child, total - limit if seen[alike] == limit else 0


class Folding:
    """Collects a tree from a stream of nodes, parents first, within a bounded memory."""

    def __init__(self, keep: int) -> None:
        self.tally = Tally()
        self.keep = max(1, keep)
        self._top = _Branch("")
        self._kept: dict[str, _Branch] = {}

    def add(self, node: NodeLike) -> None:
        """Take in a node: as a branch, or where there are enough alike, as one more of them."""
        self.tally.add(node)
        parent, start = self._parent(node.path)
        if parent is None:
            return
        alike = (node.kind, label_of(node))
        parent.counts[alike] += 1
        if parent.counts[alike] <= self.keep + 1:
            branch = _Branch(node.path[start:] or "/", node)
            parent.children.append(branch)
            self._kept[node.path] = branch
            if len(self._kept) > KEPT and self.keep > 1:
                self._prune()

    def _parent(self, path: str) -> tuple[_Branch | None, int]:
        """Find the nearest branch above, and where the name below it begins; None below a fold."""
        end = path.rfind("/")
        while end > 0:
            above = self._kept.get(path[:end])
            if above is not None:
                return self._unless_folded(above, path, end + 1)
            end = path.rfind("/", 0, end)
        root = self._kept.get("") if path else None
        return self._unless_folded(root or self._top, path, 0)

    def _unless_folded(self, above: _Branch, path: str, start: int) -> tuple[_Branch | None, int]:
        """Give the branch; None where the path goes on through a child that is folded."""
        folded = above.counts.total() > len(above.children)
        return (None if folded and "/" in path[start:] else above), start

    def _prune(self) -> None:
        """Keep half as many of those alike."""
        self.keep //= 2
        self._kept = {}
        stack = [self._top]
        while stack:
            branch = stack.pop()
            branch.children = [child for child, _ in branch.shown(self.keep)]
            stack += branch.children
            self._kept |= {child.node.path: child for child in branch.children if child.node}

    def rows(self, max_rows: int) -> list[Row]:
        """Lay out the tree in at most so many rows: with as few folds as that allows."""
        low, high = 1, self.keep
        while low < high:
            middle = (low + high + 1) // 2
            if self._fits(middle, max_rows):
                low = middle
            else:
                high = middle - 1
        rows = list(self._lines(low))
        if len(rows) > max_rows:
            cut = max(1, max_rows - 1)
            rows = [*rows[:cut], Row(0, f"… the rest is left out after {cut:,} rows", None, "", 0)]
        return _with_last(rows)

    def _fits(self, keep: int, max_rows: int) -> bool:
        """Tell whether the tree takes few enough rows when so many of those alike are shown."""
        return all(number < max_rows for number, _ in enumerate(self._lines(keep)))

    def _lines(self, keep: int) -> Iterator[Row]:
        """Give the rows from the top down."""
        stack: list[tuple[int, _Branch | Row]] = [(-1, self._top)]
        while stack:
            depth, branch = stack.pop()
            if isinstance(branch, Row):
                yield branch
                continue
            if branch.node is not None:
                yield Row(depth, branch.name, branch.node, label_of(branch.node), 0)
            below: list[tuple[int, _Branch | Row]] = []
            for child, folded in branch.shown(keep):
                below.append((depth + 1, child))
                if folded:
                    below.append((depth + 1, _fold(depth + 1, folded, child)))
            stack += reversed(below)


def _fold(depth: int, count: int, example: _Branch) -> Row:
    """Say how many more there are."""
    kind, label = example.alike()
    return Row(depth, f"… and {count:,} more {label or kind + 's' * (count > 1)}", None, label, 0)


def _with_last(rows: list[Row]) -> list[Row]:
    """Tell each row where the last row below it is."""
    result = list(rows)
    lasts: list[int] = []  # of each depth, the row that is open
    for number, row in enumerate([*rows, Row(-1, "", None, "", 0)]):
        while len(lasts) > max(row.depth, 0):
            opened = lasts.pop()
            result[opened] = rows[opened]._replace(last=number - 1)
        lasts.append(number)
    return result
