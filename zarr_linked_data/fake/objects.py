"""What a new store is made of, and how it is put where no folder can be moved into place.

The root's documents go last: until they are there, nothing looks like a store.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zarr_linked_data.errors import InvalidInputError, StoreError
from zarr_linked_data.node import DOCUMENT_NAMES
from zarr_linked_data.storage import FolderStorage, Storage, fitting_threads, write_many

MARK = "__zld/unfinished"
"""The key of an object that says: a store is being written here, and all that lies here is its."""

MARK_TEXT = b"A store is being written here. If not, a run was killed: start it again.\n"

ROOT_DOCUMENTS = tuple(name for names in DOCUMENT_NAMES.values() for name in names)

_NODES = {"zarr.json", ".zgroup", ".zarray"}

_NOT_OTHERS = {"__zld", ".all_metadata", "lost+found"}
"""Names that nobody would miss: ours without a store, and that of every new file system."""


@dataclass(frozen=True, slots=True)
class NewNode:
    """A node to be written: its documents and its chunks by their names."""

    path: str
    documents: dict[str, bytes]
    chunks: Iterable[tuple[str, bytes]] = ()


def is_occupied(storage: Storage, *, overwrite: bool) -> bool:
    """Tell whether something is here that is to be replaced.

    Raises
    ------
    InvalidInputError
        There is a store, which may not be replaced; or there is something else.
    StoreError
        The place takes no objects.
    """
    if isinstance(storage, FolderStorage) and not storage.root.exists():
        return False
    if not storage.writable():
        raise StoreError(
            f"Cannot write a store to {storage.url!r}: it may not be written to. Choose another "
            "place, or ask its owner for the right to write."
        )
    folders, objects = storage.list_folder("")
    names = {*folders, *(found.key for found in objects)}
    if names & _NODES:
        if overwrite:
            return True
        raise InvalidInputError(
            f"There is a store at {storage.url!r} already. Choose another place, remove it, or "
            "replace it with `zld fake --overwrite`."
        )
    others = sorted(names - _NOT_OTHERS)
    if others and storage.read(MARK) is None:
        raise InvalidInputError(
            f"Cannot write a store to {storage.url!r}: something else is there, such as "
            f"{others[0]!r}. Choose an empty or new place."
        )
    return bool(names)


def write_objects(storage: Storage, nodes: Iterator[NewNode], *, largest: int) -> None:
    """Replace all that is in a storage by a new store.

    If it is killed, there is no root, and a mark by which the next run knows that it may clear.

    Parameters
    ----------
    largest
        The size in bytes of the largest chunk: so many requests at once as the memory allows.
    """
    storage.write(MARK, MARK_TEXT)
    clear(storage)
    root = next(nodes)
    write_many(storage, _objects(nodes), threads=fitting_threads(storage, largest))
    for name, data in root.documents.items():
        storage.write(name, data)
    storage.delete([MARK])


def clear(storage: Storage) -> None:
    """Take away all objects save the mark; the root's documents first, so that no store is left."""
    storage.delete(ROOT_DOCUMENTS)
    storage.delete([found.key for found in storage.list() if found.key != MARK])


def _objects(nodes: Iterator[NewNode]) -> Iterator[tuple[str, bytes]]:
    """Give key and bytes of every object."""
    for node in nodes:
        for name, data in node.documents.items():
            yield f"{node.path}/{name}", data
        for name, data in node.chunks:
            yield f"{node.path}/{name}", data
