"""Listing a folder by key, links followed; what cannot be listed is an error, never left out."""

# System calls, for pathlib would double the time of a small object.
# ruff: noqa: PTH116

import errno
import os
from collections.abc import Iterator
from operator import itemgetter

from zarr_linked_data.errors import StoreError
from zarr_linked_data.storage.base import Contents, Found
from zarr_linked_data.storage.files import file_error, file_tag


class FolderListing:
    """The objects and folders below one folder of the file system."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url = url
        self._prefix = prefix

    def objects(self, folder: str, after: str) -> Iterator[Found]:
        """Find all objects in a folder (its key, '/' at its end) and below, by key."""
        return self._descend(folder, after, ())

    def _descend(self, folder: str, after: str, above: tuple[str, ...]) -> Iterator[Found]:
        for name, entry in self._entries(folder):
            key = folder + name
            if not name.endswith("/"):
                if key > after and (found := self._found(key, entry)):
                    yield found
            elif key > after or after.startswith(key):
                if entry.is_symlink():
                    self._check_cycle(key, entry, (*above, folder))
                yield from self._descend(key, after, (*above, folder))

    def contents(self, folder: str) -> Contents:
        """Find what one folder holds."""
        folders, objects = [], []
        for name, entry in self._entries(folder):
            if name.endswith("/"):
                folders.append(name[:-1])
            elif found := self._found(name, entry):
                objects.append(found)
        return sorted(folders), objects

    def _entries(self, folder: str) -> list[tuple[str, os.DirEntry[str]]]:
        """Give a folder's entries in the order of keys: a folder counts with the '/' behind it."""
        try:
            with os.scandir(self._prefix + folder) as entries:
                named = [(_name(entry), entry) for entry in entries]
        except OSError as error:
            # A folder that is gone holds nothing; a store that is gone is an error.
            if folder and error.errno in {errno.ENOENT, errno.ENOTDIR}:
                return []
            raise file_error("list", folder.rstrip("/"), self._url, error) from error
        for name, _ in named:
            if not name.isascii():
                self._check_name(folder, name)
        named.sort(key=itemgetter(0))
        return named

    def _found(self, name: str, entry: os.DirEntry[str]) -> Found | None:
        try:
            if not entry.is_file():
                return None  # a pipe, a socket, or a link that leads nowhere
            found = entry.stat()
        except FileNotFoundError:
            return None  # removed meanwhile
        except OSError as error:
            raise file_error("list", name, self._url, error) from error
        return Found(name, found.st_size, file_tag(found))

    def _check_name(self, folder: str, name: str) -> None:
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise StoreError(
                f"Cannot list {folder!r} in {self._url!r}: the name {os.fsencode(name)!r} is not "
                "UTF-8. Rename it (`convmv` changes many)."
            ) from error

    def _check_cycle(self, key: str, entry: os.DirEntry[str], above: tuple[str, ...]) -> None:
        target = entry.stat()
        for folder in above:
            place = os.stat(self._prefix + folder)
            if (place.st_dev, place.st_ino) == (target.st_dev, target.st_ino):
                raise file_error("list", key.rstrip("/"), self._url, OSError(errno.ELOOP, ""))


def _name(entry: os.DirEntry[str]) -> str:
    return f"{entry.name}/" if entry.is_dir() else entry.name
