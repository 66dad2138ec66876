"""Read a store in a folder: one `scandir` a group, one `open` a document, nothing below arrays.

The loops are written out flat and use system calls directly: they run once a node, and a call of
Python's own costs a hundredth of a node's whole time.
"""

# System calls, for pathlib would double the time of a document.
# ruff: noqa: PTH116

import os
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from zarr_linked_data.errors import CorruptDocumentError, InvalidJsonLdError, StoreError
from zarr_linked_data.jsonld import Context
from zarr_linked_data.node import NodeDocument, read_node
from zarr_linked_data.storage.base import OUR_FOLDER
from zarr_linked_data.walk.facts import facts_of
from zarr_linked_data.walk.result import (
    EVERYTHING,
    FORMAT_3,
    Known,
    Signature,
    Span,
    Walk,
    is_unclean,
)

RACY_NS = 2_000_000_000
"""A document changed this short before the walk began may change again within one tick of its time
stamp.

2 seconds is the coarsest tick in use (FAT); git calls such files "racily clean".
"""

READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
"""Not blocking, for a pipe of that name would otherwise wait for its writer."""

_pack = struct.Struct("<4q").pack


@dataclass(frozen=True, slots=True)
class Ground:
    """The store that is walked, and what is known of it; the same for all who walk it together."""

    root: str
    """Path of the store's folder, with a final slash."""
    zarr_format: int
    span: Span
    racy_from_ns: int
    """Documents changed at this time or later are read again next time."""
    dataset_link: str


class FolderReader:
    """Reads the documents of single folders."""

    def __init__(self, ground: Ground, known: Mapping[str, Known], walk: Walk) -> None:
        self.root = ground.root
        self.span = None if ground.span == EVERYTHING else ground.span
        self.racy_from_ns = ground.racy_from_ns
        self.known = known
        self.dataset_link = ground.dataset_link
        self.documents = walk.documents
        self.signatures = walk.signatures
        self.unclean = walk.unclean
        self.facts = walk.facts
        self.visit = self.visit_format_3 if ground.zarr_format == FORMAT_3 else self.visit_format_2

    def visit_format_3(self, folder: str) -> bool:
        """Read the folder's `zarr.json`, if it has one; answer whether it is a group."""
        key = folder + "zarr.json"
        known = self.known.get(key)
        if known is not None and self._is_unchanged(key, known[0]):
            return known[1]
        data = self._read(key)
        if data is None:
            return False
        path = folder[:-1]
        try:
            node = read_node({"zarr.json": data}, path)
        except CorruptDocumentError:
            return not says_array(data)  # whoever makes the index says what is wrong
        if key in self.documents:
            self._take_node(key, path, node)
        return node.kind == "group"

    def _take_node(self, key: str, path: str, node: NodeDocument) -> None:
        """Keep what a node says."""
        if not node.is_clean:
            self.unclean.add(key)
        if "@context" not in node.attributes:
            with suppress(InvalidJsonLdError):  # whoever makes the index says what is wrong
                self.facts[path] = facts_of(node, Context.NONE, self.dataset_link)

    def visit_format_2(self, folder: str) -> bool:
        """Read the folder's format-2 documents, if it has them; answer whether it is a group."""
        # An array first: that is also what zarr-python makes of a folder that has both documents.
        is_array = self._take(f"{folder}.zarray")
        is_group = not is_array and self._take(f"{folder}.zgroup")
        if is_array or is_group:
            self._take(f"{folder}.zattrs")
        return is_group

    def _take(self, key: str) -> bool:
        """Read one format-2 document unless it is known; answer whether it is there."""
        known = self.known.get(key)
        if known is not None and self._is_unchanged(key, known[0]):
            return True
        data = self._read(key)
        if data is not None and is_unclean(data) and key in self.documents:
            self.unclean.add(key)
        return data is not None

    def _is_unchanged(self, key: str, signature: Signature) -> bool:
        """Tell whether the file's signature is still this one, and then take it as seen."""
        if signature is None:
            return False
        try:
            stat = os.stat(self.root + key)
        except OSError:
            return False
        if signature != _pack(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino):
            return False
        if self.span is None or self.span.holds(key):
            self.documents[key] = None
        return True

    def _read(self, key: str) -> bytes | None:
        """Read one document and keep it with its signature; None where there is no such file."""
        try:
            file = os.open(self.root + key, READ)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(self.root + key, error) from error
        try:
            # The signature is taken before the content: a change in between is seen next time.
            stat = os.fstat(file)
            size, mtime, ctime = stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
            data = os.read(file, size + 1)
            settled = len(data) == size and mtime < self.racy_from_ns > ctime
            while len(data) != size and (more := os.read(file, 1 << 20)):
                data += more
        except OSError as error:
            raise _unreadable(self.root + key, error) from error
        finally:
            os.close(file)
        if self.span is None or self.span.holds(key):
            self.documents[key] = data
            self.signatures[key] = _pack(size, mtime, ctime, stat.st_ino) if settled else None
        return data

    def subfolders(self, folder: str) -> list[str]:
        """Name the folders in a group that may hold nodes of the span, with a final slash each."""
        try:
            with os.scandir(self.root + folder) as entries:
                found = [entry for entry in entries if entry.is_dir()]
        except OSError as error:
            raise StoreError(
                f"Cannot list {self.root + folder!r}: {error.strerror or error}. "
                "Nothing was changed; make the folder readable and consolidate again."
            ) from error
        for entry in found:
            if entry.is_symlink():
                _refuse_cycle(self.root + folder, entry.path)
        paths = [f"{folder}{entry.name}/" for entry in found]
        if not folder:
            paths = [path for path in paths if path != f"{OUR_FOLDER}/"]
        return paths if self.span is None else list(filter(self.span.touches, paths))


def says_array(data: bytes) -> bool:
    """Tell whether a `zarr.json` is of an array.

    Parsing costs four times as much as looking for the member; it is needed only where an attribute
    of that name or an unusual layout makes looking unsafe.
    """
    if data.count(b'"node_type"') == 1:
        at = data.index(b'"node_type"') + 11
        value = data[at : at + 20].lstrip(b" \t\r\n:")
        if value.startswith(b'"array"'):
            return True
        if value.startswith(b'"group"'):
            return False
    return _parsed_says_array(data)


def _parsed_says_array(data: bytes) -> bool:
    """Tell by parsing; a document that does not parse ends the descent, and its reader names it."""
    import json  # noqa: PLC0415 - not needed for nearly all stores

    try:
        document = json.loads(data)
    except ValueError:
        return True
    return not isinstance(document, dict) or document.get("node_type") != "group"


def _refuse_cycle(folder: str, link: str) -> None:
    """Refuse a symbolic link to a folder above itself: the walk would never end."""
    here, target = os.path.realpath(folder), os.path.realpath(link)
    if here == target or here.startswith(target.rstrip(os.sep) + os.sep):
        raise StoreError(
            f"The link {link!r} leads back to {target!r}, which holds it. "
            "Remove the link; a Zarr hierarchy has no cycles."
        )


def _unreadable(path: str, error: OSError) -> StoreError:
    """Say that a document cannot be read."""
    return StoreError(
        f"Cannot read {path!r}: {error.strerror or error}. "
        "Nothing was changed; make the file readable and consolidate again."
    )
