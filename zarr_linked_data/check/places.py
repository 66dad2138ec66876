"""The folders of a store, and which metadata documents lie in each: whatever is wrong with it."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol, TypeVar

from zarr_linked_data.errors import CorruptDocumentError, NotConsolidatedError, StoreError
from zarr_linked_data.metadata import METADATA_KEY, split_documents
from zarr_linked_data.node import DOCUMENTS
from zarr_linked_data.storage import OUR_FOLDER, FolderStorage, Storage
from zarr_linked_data.storage.files import file_error
from zarr_linked_data.walk.objects import DESCENT_THREADS, FLAT_KEYS, FLAT_KEYS_A_DOCUMENT

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Contents(NamedTuple):
    """What lies in one folder."""

    folders: list[str]
    documents: list[str]
    """Names of metadata documents, of both formats."""
    loops: tuple[str, ...] = ()
    """Links that lead back up."""


class Places(Protocol):
    """Gives the folders of a store, many at once."""

    def look(self, folders: list[str]) -> Iterator[Contents | StoreError]:
        """Tell what lies in each of these folders (with '/' at the end), or why nobody knows."""

    def read(self, keys: list[str]) -> Iterator[bytes | StoreError]:
        """Give each of these documents, or why it cannot be read."""


def open_places(storage: Storage) -> Places | None:
    """Choose the fastest way to see all folders of a store; None where there is none."""
    if isinstance(storage, FolderStorage):
        return FolderPlaces(storage)
    if not storage.can_list():
        try:
            return MetadataPlaces(storage)
        except CorruptDocumentError:
            return None  # which is a finding already
    keys = _list_flat(storage)
    return ObjectPlaces(storage) if keys is None else FlatPlaces(storage, keys)


def _list_flat(storage: Storage) -> list[str] | None:
    """List the keys of all documents in one go; None when that sees too many other keys."""
    keys = []
    for seen, found in enumerate(storage.list(), 1):
        if _is_document(found.key):
            keys.append(found.key)
        if seen > FLAT_KEYS and seen > FLAT_KEYS_A_DOCUMENT * len(keys):
            return None
    return keys


def _is_document(key: str) -> bool:
    return key.rpartition("/")[2] in DOCUMENTS and not key.startswith(f"{OUR_FOLDER}/")


class FolderPlaces:
    """Folders of a file system; one that cannot be listed does not end the check."""

    def __init__(self, storage: FolderStorage) -> None:
        self._storage = storage
        self._root = f"{storage.root}/"

    def look(self, folders: list[str]) -> Iterator[Contents | StoreError]:
        """List each folder by itself."""
        return map(self._contents, folders)

    def _contents(self, folder: str) -> Contents | StoreError:
        names, documents, loops = [], [], []
        try:
            with os.scandir(self._root + folder) as entries:
                for entry in entries:
                    name = entry.name
                    if name in DOCUMENTS:
                        documents.append(name)
                    elif entry.is_dir():
                        if entry.is_symlink() and _leads_back(self._root + folder, name):
                            loops.append(name)
                        elif folder or name != OUR_FOLDER:
                            names.append(name)
        except OSError as error:
            return file_error("list", folder.rstrip("/"), self._storage.url, error)
        return Contents(names, documents, tuple(loops))

    def read(self, keys: list[str]) -> Iterator[bytes | StoreError]:
        """Read each document by itself."""
        return map(self._read, keys)

    def _read(self, key: str) -> bytes | StoreError:
        try:
            data = self._storage.read(key)
        except StoreError as error:
            return error
        return data if data is not None else _gone(key, self._storage)


class ObjectPlaces:
    """Folders of an object store with many chunks, each listed by itself, many at once."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def look(self, folders: list[str]) -> Iterator[Contents | StoreError]:
        """List the folders in threads."""
        return _in_threads(self._contents, folders, min(self._storage.threads, DESCENT_THREADS))

    def _contents(self, folder: str) -> Contents:
        names, objects = self._storage.list_folder(folder.rstrip("/"))
        documents = [found.key for found in objects if found.key in DOCUMENTS]
        return Contents([name for name in names if folder or name != OUR_FOLDER], documents)

    def read(self, keys: list[str]) -> Iterator[bytes | StoreError]:
        """Read the documents in threads."""

        def read(key: str) -> bytes | StoreError:
            data = self._storage.read(key)
            return data if data is not None else _gone(key, self._storage)

        return _in_threads(read, keys, self._storage.threads)


class FlatPlaces(ObjectPlaces):
    """Folders that are known from the keys of the documents below them."""

    def __init__(self, storage: Storage, keys: Iterable[str]) -> None:
        super().__init__(storage)
        self._known: dict[str, Contents] = {"": Contents([], [])}
        for key in keys:
            folder, _, name = key.rpartition("/")
            self._of(f"{folder}/" if folder else "").documents.append(name)

    def _of(self, folder: str) -> Contents:
        """Give what is known of a folder, which those above it then hold."""
        if folder not in self._known:
            self._known[folder] = Contents([], [])
            parent, _, name = folder[:-1].rpartition("/")
            self._of(f"{parent}/" if parent else "").folders.append(name)
        return self._known[folder]

    def look(self, folders: list[str]) -> Iterator[Contents | StoreError]:
        """Tell what is known."""
        return (self._known[folder] for folder in folders)


class MetadataPlaces(FlatPlaces):
    """The folders of a store that cannot be listed, as its consolidated metadata have them."""

    def __init__(self, storage: Storage) -> None:
        data = storage.read(METADATA_KEY)
        if data is None:
            raise NotConsolidatedError(
                f"Cannot check {storage.url!r}: it cannot be listed, and has no {METADATA_KEY!r}. "
                "Consolidate it where it lies with `zld consolidate`, or check it there."
            )
        self._documents: Mapping[str, bytes] = {
            key: data[start : start + length]
            for key, start, length in split_documents(data, storage.url)
        }
        super().__init__(storage, self._documents)

    def read(self, keys: list[str]) -> Iterator[bytes | StoreError]:
        """Give the documents of the consolidated metadata."""
        return (self._documents[key] for key in keys)


def _in_threads(
    task: Callable[[Item], Answer], items: list[Item], threads: int
) -> Iterator[Answer]:
    """Do the task for each item, and give the answers in order."""
    if items:
        with ThreadPoolExecutor(max(1, min(threads, len(items)))) as pool:
            yield from pool.map(task, items)


def _leads_back(folder: str, name: str) -> bool:
    """Tell whether a link in a folder leads to one that holds it."""
    here, target = os.path.realpath(folder), os.path.realpath(folder + name)
    return f"{here}/".startswith(f"{target}/")


def _gone(key: str, storage: Storage) -> StoreError:
    """Say that a document went away between the listing and the reading."""
    return StoreError(
        f"Cannot read {key!r} in {storage.url!r}: it was removed while the store was checked. "
        "Check again."
    )
