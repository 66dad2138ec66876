"""What a new store is made of, and how it is put where no folder can be moved into place.

The root's documents go last: until they are there, nothing looks like a store.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zarr_linked_data.node import DOCUMENT_NAMES
from zarr_linked_data.storage import Storage, write_many

MARK = "__zld/unfinished"
"""The key of an object that says: a store is being written here, and all that lies here is its."""

_MEMORY = 256 * 2**20
"""Bytes of objects that wait to be sent."""

_AHEAD = 4
"""Objects that `write_many` keeps waiting for each thread."""


@dataclass(frozen=True, slots=True)
class NewNode:
    """A node to be written: its documents and its chunks by their names."""

    path: str
    documents: dict[str, bytes]
    chunks: Iterable[tuple[str, bytes]] = ()


def has_store(storage: Storage) -> bool:
    """Tell whether a Zarr store is here: whether the root has a document of a group or array."""
    names = [name for names in DOCUMENT_NAMES.values() for name in names if name != ".zattrs"]
    return any(storage.read_range(name, 0, 1) is not None for name in names)


def write_objects(storage: Storage, nodes: Iterator[NewNode], *, largest: int) -> None:
    """Replace all that is in a storage by a new store.

    If it is killed, there is no root, and a mark by which the next run knows that it may clear.

    Parameters
    ----------
    largest
        The size in bytes of the largest chunk: so many requests at once as the memory allows.
    """
    storage.write(MARK, b"")
    clear(storage)
    root = next(nodes)
    threads = min(storage.threads, max(1, _MEMORY // (_AHEAD * largest)))
    write_many(storage, _objects(nodes), threads=threads)
    for name, data in root.documents.items():
        storage.write(name, data)
    storage.delete([MARK])


def clear(storage: Storage) -> None:
    """Take away all objects save the mark; the root's documents first, so that no store is left."""
    storage.delete(name for names in DOCUMENT_NAMES.values() for name in names)
    storage.delete([found.key for found in storage.list() if found.key != MARK])


def _objects(nodes: Iterator[NewNode]) -> Iterator[tuple[str, bytes]]:
    """Give key and bytes of every object."""
    for node in nodes:
        for name, data in node.documents.items():
            yield f"{node.path}/{name}", data
        for name, data in node.chunks:
            yield f"{node.path}/{name}", data
