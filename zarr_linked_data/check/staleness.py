"""Whether the consolidated metadata are those of the store."""

import hashlib
from collections.abc import Iterator

import orjson

from zarr_linked_data.check.finding import Finding, some
from zarr_linked_data.errors import CorruptDocumentError
from zarr_linked_data.metadata import METADATA_KEY, Head, split_documents
from zarr_linked_data.node import sanitised, without_consolidated
from zarr_linked_data.storage import Storage

TODO = "Run `zld consolidate`."


class Metadata:
    """The consolidated metadata, compared with each document of the store as it comes by."""

    def __init__(self, storage: Storage, head: Head | None) -> None:
        self._head = head
        self._is_kept_elsewhere = head is None and not storage.writable()
        self._fault = ""
        self._places: dict[str, tuple[int, int]] = {}
        self._data = b""
        self._seen: set[str] = set()
        self._new: set[str] = set()
        self._changed: set[str] = set()
        self._hidden: list[str] = []
        if head is not None:
            self._read(storage)

    def _read(self, storage: Storage) -> None:
        self._data = storage.read(METADATA_KEY) or b""
        try:
            for key, start, length in split_documents(self._data, storage.url):
                self._places[key] = start, length
        except CorruptDocumentError as error:
            self._fault = str(error)
            return
        if self._head and self._head.generation and not self._is_its_generation():
            self._fault = (
                f"{METADATA_KEY!r} was changed by hand: its documents are not those of its "
                f"generation, and indexes would point to wrong places. {TODO}"
            )

    def _is_its_generation(self) -> bool:
        """Tell whether the documents are those that the generation is the sha256 of."""
        head = self._head
        if head is None:
            return False
        digest = hashlib.sha256((head.iri or "").encode() + b"\0")
        for key, (start, length) in self._places.items():
            digest.update(b"%b\0%b\0" % (key.encode(), self._data[start : start + length]))
        return digest.hexdigest() == head.generation

    def compare(self, path: str, key: str, document: bytes) -> None:
        """Compare one document of the store, its constants already made strings."""
        place = self._places.get(key)
        if place is None:
            self._new.add(path)
            return
        self._seen.add(key)
        start, length = place
        if self._data[start : start + length] != document and not self._is_same(place, document):
            self._changed.add(path)

    def _is_same(self, place: tuple[int, int], document: bytes) -> bool:
        """Compare what documents say: we leave something out, and others write JSON anew."""
        document = without_consolidated(document)
        start, length = place
        stored = self._data[start : start + length]
        if stored == document or (self._head and self._head.generation):
            return stored == document
        try:
            theirs = without_consolidated(sanitised(stored)[0])
            return bool(orjson.loads(theirs) == orjson.loads(document))
        except ValueError:
            return False

    def hide(self, folder: str) -> None:
        """Say nothing of what is below a folder (with '/' at its end) that cannot be listed."""
        self._hidden.append(folder)

    def findings(self) -> Iterator[Finding]:
        """Tell what is wrong with them, after all documents of the store came by."""
        if self._is_kept_elsewhere:
            return
        if self._head is None:
            yield _stale(
                f"The store has no {METADATA_KEY!r}: nothing can be found in it yet. {TODO}"
            )
        elif self._fault:
            yield _stale(self._fault)
        elif differences := list(self._differences()):
            found = "; ".join(differences)
            yield _stale(f"{METADATA_KEY!r} differs from the store: {found}. {TODO}")

    def _differences(self) -> Iterator[str]:
        """Count new, changed and removed nodes, and name some."""
        missing = {key for key in self._places.keys() - self._seen if not self._is_hidden(key)}
        removed = {_path(key) for key in missing}
        # In format 2 a node has several documents: one may come or go while it stays.
        stayed = {_path(key) for key in self._seen} & (removed | self._new)
        stayed |= removed & self._new
        kinds = (
            ("new", self._new - stayed),
            ("changed", self._changed | stayed),
            ("removed", removed - stayed),
        )
        for word, nodes in kinds:
            if nodes:
                count = "1 node is" if len(nodes) == 1 else f"{len(nodes):,} nodes are"
                yield f"{count} {word} ({some(sorted(nodes))})"

    def _is_hidden(self, key: str) -> bool:
        return any(key.startswith(folder) for folder in self._hidden)


def _path(key: str) -> str:
    return key.rpartition("/")[0]


def _stale(message: str) -> Finding:
    return Finding("stale-metadata", "", None, message)
