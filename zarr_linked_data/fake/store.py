"""Writes the store: checks all first, then the nodes one after the other."""

import operator
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zarr_linked_data.errors import InvalidInputError
from zarr_linked_data.fake.folders import write_folder
from zarr_linked_data.fake.objects import NewNode, is_occupied, write_objects
from zarr_linked_data.fake.signals import Signals
from zarr_linked_data.garbage import no_garbage_collection
from zarr_linked_data.hierarchy import ArrayPlace, Tree
from zarr_linked_data.node import NUMBERS, array_documents, chunk_name, group_documents
from zarr_linked_data.progress import Progress, silent
from zarr_linked_data.storage import FolderStorage, Storage

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

_REPORT_EVERY = 100
"""Nodes between two reports of progress."""


@dataclass(frozen=True, slots=True)
class FakeStore:
    """What was written: how many nodes, and of these arrays; how much, and how long it took."""

    nodes: int
    arrays: int
    bytes: int
    """Of all documents and chunks; of a dry run, of the arrays alone."""
    seconds: float


def write_fake_store(  # noqa: PLR0913 - each is an option of `zld fake`
    tree: Tree,
    storage: Storage,
    *,
    copies: int = 1,
    shape: Sequence[int] = (900, 1000),
    dtype: "DTypeLike" = "float64",
    seed: int = 0,
    zarr_format: int = 3,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> FakeStore:
    """Write a new store of a tree, with random arrays that look like chromatograms.

    The same seed gives the same numbers. The store appears when it is whole: a run that fails or is
    killed leaves none, and on a folder what was there before.

    Parameters
    ----------
    copies
        How often all below the root is written.
    dtype
        A data type of numbers.
    overwrite
        Replace the store that is there, with all that lies in it.
    dry_run
        Refuse what would be refused, and tell what would be written, but write nothing.
    progress
        Called now and then with the number of nodes written, and that of all.

    Raises
    ------
    InvalidInputError
        There is a store already, or something else; or there is no such shape, data type, seed or
        Zarr format.
    StoreError
        The place takes no objects, or not so many.
    ConcurrentUpdateError
        Another run writes a store at the same place.
    """
    started = time.perf_counter()
    signals = Signals(_checked_shape(shape), _checked_dtype(dtype), _checked_seed(seed))
    nodes = _Nodes(tree, copies, signals, zarr_format, progress or silent)
    replace = is_occupied(storage, overwrite=overwrite)
    if not dry_run:
        nodes.write(storage, replace=replace)
    size = nodes.size_of_arrays if dry_run else nodes.bytes
    return FakeStore(nodes.count, nodes.arrays, size, time.perf_counter() - started)


class _Nodes:
    """The nodes of the store, made one after the other, and counted."""

    def __init__(
        self, tree: Tree, copies: int, signals: Signals, zarr_format: int, progress: Progress
    ) -> None:
        root, *below = tree.places
        self.count = tree.count(copies)
        self.arrays = len(root.arrays) + copies * sum(len(place.arrays) for place in below)
        self.size_of_arrays = self.arrays * len(signals.chunks) * signals.chunk_bytes
        self.bytes = 0
        # These refuse what cannot be, before anything is written.
        self._places = tree.copied(copies)
        group_documents({}, zarr_format)
        self._signals = signals
        self._format = zarr_format
        self._report = progress
        self._names = [chunk_name(index, zarr_format) for index in signals.chunks]

    def write(self, storage: Storage, *, replace: bool) -> None:
        """Write them all."""
        with no_garbage_collection():
            if isinstance(storage, FolderStorage):
                write_folder(storage, iter(self), needed=self.size_of_arrays, replace=replace)
            else:
                write_objects(storage, iter(self), largest=self._signals.chunk_bytes)

    def __iter__(self) -> Iterator[NewNode]:
        """Give the root first, and parents before their children."""
        for done, node in enumerate(self._make(), 1):
            self.bytes += sum(map(len, node.documents.values()))
            yield node
            if done % _REPORT_EVERY == 0 or done == self.count:
                self._report(done, self.count)

    def _make(self) -> Iterator[NewNode]:
        signals = self._signals.arrays()
        for place in self._places:
            yield NewNode(place.path, group_documents(place.document, self._format))
            for array in place.arrays:
                yield self._make_array(array, next(signals))

    def _make_array(self, array: ArrayPlace, chunks: Iterator[bytes]) -> NewNode:
        documents = array_documents(
            array.document,
            shape=self._signals.shape,
            dtype=self._signals.dtype,
            chunks=self._signals.chunk_shape,
            zarr_format=self._format,
        )
        self.bytes += len(self._names) * self._signals.chunk_bytes
        return NewNode(array.path, documents, zip(self._names, chunks, strict=True))


def _checked_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """Refuse a shape that no measurement has."""
    try:
        lengths = tuple(map(operator.index, shape))
    except TypeError:
        lengths = ()
    if not lengths or min(lengths) < 1:
        raise InvalidInputError(
            f"Cannot make arrays of shape {shape!r}. Give one or more whole numbers above 0, "
            "such as (900, 1000)."
        )
    return lengths


def _checked_dtype(dtype: "DTypeLike") -> np.dtype[np.generic]:
    """Refuse a data type that is not one of numbers."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = np.dtype("O")
    if found.name not in NUMBERS:
        raise InvalidInputError(
            f"Cannot make arrays of type {str(dtype)!r}. Use one of {', '.join(NUMBERS)}."
        )
    return found


def _checked_seed(seed: int) -> int:
    """Refuse a seed that numpy does not take."""
    if seed < 0:
        raise InvalidInputError(f"Cannot use the seed {seed!r}. Give a whole number of 0 or more.")
    return seed
