"""The store for other Zarr software: metadata from one object, and nothing of ours."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING

from zarr.abc.store import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    Store,
    SuffixByteRequest,
)
from zarr.storage import WrapperStore

from zarr_linked_data.index import Place
from zarr_linked_data.metadata import METADATA_KEY
from zarr_linked_data.node import DOCUMENT_NAMES, DOCUMENTS
from zarr_linked_data.storage import OUR_FOLDER, FolderStorage

if TYPE_CHECKING:
    from zarr.core.buffer import Buffer, BufferPrototype

    from zarr_linked_data.lookup.catalogue import Catalogue


class DocumentsStore(WrapperStore[Store]):
    """A read-only Zarr store that answers metadata from `.all_metadata` and hides our own objects.

    It needs no consolidated metadata of zarr's, and says so; xarray then opens it without a
    warning.
    """

    def __init__(self, catalogue: "Catalogue", store: Store | None = None) -> None:
        super().__init__(catalogue.storage.zarr(read_only=True) if store is None else store)
        self._catalogue = catalogue

    def _with_store(self, store: Store) -> "DocumentsStore":
        return type(self)(self._catalogue, store)

    def __repr__(self) -> str:
        return f"DocumentsStore({self._catalogue.url!r})"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, DocumentsStore)
            and self._catalogue.url == other._catalogue.url
            and self._catalogue.head == other._catalogue.head
        )

    __hash__ = None  # type: ignore[assignment]  # as zarr's own stores

    @property
    def read_only(self) -> bool:
        """Tell that nothing can be written."""
        return True

    @property
    def supports_listing(self) -> bool:
        """Tell that groups can be listed: the catalogue knows them, also of a store on the web."""
        return True

    @property
    def supports_consolidated_metadata(self) -> bool:
        """Tell that there is nothing to be gained from zarr's consolidated metadata."""
        return False

    async def get(
        self, key: str, prototype: "BufferPrototype", byte_range: ByteRequest | None = None
    ) -> "Buffer | None":
        """Answer a document from the catalogue, anything else from the store."""
        if _is_ours(key):
            return None
        if key.rpartition("/")[2] not in DOCUMENTS:
            return await self._store.get(key, prototype, byte_range)
        place = self._place(key)
        if place is None:
            return None
        if isinstance(self._catalogue.home, FolderStorage):
            data = self._catalogue.read_place(place)
        else:  # it may wait for a server, or for the very loop that runs this
            data = await asyncio.to_thread(self._catalogue.read_place, place)
        return prototype.buffer.from_bytes(_cut(data, byte_range))

    async def get_partial_values(
        self,
        prototype: "BufferPrototype",
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> "list[Buffer | None]":
        """Answer several ranges."""
        return [await self.get(key, prototype, byte_range) for key, byte_range in key_ranges]

    async def exists(self, key: str) -> bool:
        """Tell whether there is such an object, ours not counted."""
        if _is_ours(key):
            return False
        if key.rpartition("/")[2] in DOCUMENTS:
            return self._place(key) is not None
        return await self._store.exists(key)

    async def list(self) -> AsyncIterator[str]:
        """Name every object but ours."""
        async for key in self._store.list():
            if not _is_ours(key):
                yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Name every object below a prefix but ours."""
        async for key in self._store.list_prefix(prefix):
            if not _is_ours(key):
                yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Name what is directly in a group, from the catalogue: chunks of arrays from the store."""
        path = prefix.strip("/")
        node = self._catalogue.index.at(path)
        if node is None or node.kind == "array":
            async for name in self._store.list_dir(prefix):
                yield name
            return
        for name in DOCUMENT_NAMES[self._catalogue.zarr_format]:
            if self._place(f"{path}/{name}" if path else name) is not None:
                yield name
        for child in self._catalogue.index.below(path, depth=1):
            yield child.path.rpartition("/")[2]

    def _place(self, key: str) -> Place | None:
        """Tell where a metadata document lies; None where the node has none of this name."""
        path, _, name = key.rpartition("/")
        node = self._catalogue.index.at(path)
        if node is None or name not in DOCUMENT_NAMES[self._catalogue.zarr_format]:
            return None
        if name == ".zattrs":
            return node.attributes
        is_own = name in ("zarr.json", ".zarray" if node.kind == "array" else ".zgroup")
        return node.document if is_own else None


def _is_ours(key: str) -> bool:
    """Tell whether the object is one that we added to the store."""
    return key in (METADATA_KEY, OUR_FOLDER) or key.startswith(f"{OUR_FOLDER}/")


def _cut(data: bytes, byte_range: ByteRequest | None) -> bytes:
    """Take the range that was asked for."""
    match byte_range:
        case RangeByteRequest(start, end):
            return data[start:end]
        case OffsetByteRequest(offset):
            return data[offset:]
        case SuffixByteRequest(suffix):
            return data[-suffix:]
        case _:
            return data
