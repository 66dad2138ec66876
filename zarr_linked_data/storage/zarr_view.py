"""A storage as a read-only store of zarr-python, for places of which zarr has no store itself."""

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

from zarr_linked_data.storage.base import Storage, read_only_error

if TYPE_CHECKING:
    from zarr.core.buffer import Buffer, BufferPrototype


class StorageView(Store):
    """What a storage holds, as zarr-python reads it."""

    def __init__(self, storage: Storage) -> None:
        super().__init__(read_only=True)
        self._storage = storage

    def __repr__(self) -> str:
        return f"StorageView({self._storage.url!r})"

    def __str__(self) -> str:
        return self._storage.url

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StorageView) and other._storage is self._storage

    __hash__ = None  # type: ignore[assignment]  # as zarr's own stores

    supports_writes = False
    supports_deletes = False

    @property
    def supports_listing(self) -> bool:
        """Tell whether the storage can be listed."""
        return self._storage.can_list()

    async def get(
        self, key: str, prototype: "BufferPrototype", byte_range: ByteRequest | None = None
    ) -> "Buffer | None":
        """Give an object or a range of it."""
        data = await asyncio.to_thread(self._read, key, byte_range)
        return None if data is None else prototype.buffer.from_bytes(data)

    def _read(self, key: str, byte_range: ByteRequest | None) -> bytes | None:
        match byte_range:
            case RangeByteRequest(start, end):
                return self._storage.read_range(key, start, end - start)
            case OffsetByteRequest(offset):
                data = self._storage.read(key)
                return None if data is None else data[offset:]
            case SuffixByteRequest(suffix):
                return self._read_end(key, suffix)
            case _:
                return self._storage.read(key)

    def _read_end(self, key: str, length: int) -> bytes | None:
        start = self._storage.read_start(key, 1)
        if start is None:
            return None
        skipped = max(0, start[1].size - length)
        return self._storage.read_range(key, skipped, length, tag=start[1].tag)

    async def get_partial_values(
        self,
        prototype: "BufferPrototype",
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> "list[Buffer | None]":
        """Give several ranges at once."""
        return await asyncio.gather(*(self.get(key, prototype, r) for key, r in key_ranges))

    async def exists(self, key: str) -> bool:
        """Tell whether there is such an object."""
        return await asyncio.to_thread(self._storage.read_start, key, 1) is not None

    async def set(self, key: str, value: "Buffer") -> None:  # noqa: ARG002
        """Refuse."""
        raise read_only_error(key, self._storage.url, "it was opened read-only")

    async def delete(self, key: str) -> None:
        """Refuse."""
        raise read_only_error(key, self._storage.url, "it was opened read-only")

    async def list(self) -> AsyncIterator[str]:
        """Name every object."""
        for found in self._storage.list():
            yield found.key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Name every object whose key begins so."""
        for found in self._storage.list():
            if found.key.startswith(prefix):
                yield found.key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Name what is directly in a folder."""
        folders, objects = self._storage.list_folder(prefix)
        for name in [*folders, *(found.key for found in objects)]:
            yield name
