"""A store object of zarr-python as a place for objects."""

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, cast

from zarr.abc.store import RangeByteRequest, Store
from zarr.core.buffer import default_buffer_prototype
from zarr.core.sync import sync
from zarr.storage import FsspecStore, LocalStore, MemoryStore, ObjectStore

from zarr_linked_data.errors import StoreError
from zarr_linked_data.storage.base import (
    Contents,
    Data,
    Found,
    changed_error,
    check_tag,
    checked_folder,
    checked_key,
    content_tag,
    missing_error,
    read_only_error,
)
from zarr_linked_data.storage.files import file_pieces, place_file

if TYPE_CHECKING:
    from obstore.store import ObjectStore as ObstoreStore

Answer = TypeVar("Answer")

PAGE = 256
"""Objects whose sizes are asked for at once."""

ZARR_3 = re.compile(r"(^|/)(zarr\.json$|c(/|$))")
"""The keys that Zarr 3 gives to documents and chunks."""

TAKES_OURS = (MemoryStore, FsspecStore)
"""Stores that take any key whole or not at all, and can be listed."""


class ZarrStorage:
    """A store of zarr-python, asked through zarr's own loop; ETags it has none."""

    threads = 16

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self.url = _url(store)

    def __repr__(self) -> str:
        return f"ZarrStorage({self.url!r})"

    def writable(self) -> bool:
        """Tell whether our objects may be put here: icechunk and zip files take none."""
        return isinstance(self._store, TAKES_OURS) and not self._store.read_only

    def can_list(self) -> bool:
        """Tell whether the objects here can be listed."""
        return self._store.supports_listing

    def honours_conditions(self) -> bool:
        """Tell whether `write_if` is safe: in memory, where only this process writes."""
        return isinstance(self._store, MemoryStore)

    def _ask(self, verb: str, key: str, question: Coroutine[Any, Any, Answer]) -> Answer:
        try:
            return sync(self._opened(question))
        except StoreError:
            raise
        except Exception as error:
            # Each kind of store has errors of its own, and only their text is common to them.
            text = " ".join(str(error).split())[:200] or type(error).__name__
            raise StoreError(
                f"Cannot {verb} {key!r} in {self.url!r}: the store says {text!r}. Check that it is "
                "still open and reachable."
            ) from error

    async def _opened(self, question: Coroutine[Any, Any, Answer]) -> Answer:
        """Ask after opening the store: a zip file that was only named has not been opened yet."""
        await self._store._ensure_open()
        return await question

    def _collect(self, names: AsyncIterator[str]) -> Sequence[str]:
        async def collect() -> Sequence[str]:
            return [name async for name in names]

        return sorted(self._ask("list", "", collect()))

    def read(self, key: str) -> bytes | None:
        """Give an object's bytes; None where there is no such object."""
        return self._get(key)

    def _get(self, key: str, byte_range: RangeByteRequest | None = None) -> bytes | None:
        if not self._may_hold(checked_key(key)):
            return None
        question = self._store.get(key, default_buffer_prototype(), byte_range)
        found = self._ask("read", key, question)
        return None if found is None else found.to_bytes()

    def _may_hold(self, key: str) -> bool:
        """Tell whether the store could have such a key; icechunk raises an error for most."""
        return not type(self._store).__module__.startswith("icechunk") or bool(ZARR_3.search(key))

    def read_tagged(self, key: str) -> tuple[bytes, str | None] | None:
        """Give an object's bytes and a tag made of them."""
        data = self.read(key)
        return None if data is None else (data, content_tag(data))

    def read_start(self, key: str, length: int) -> tuple[bytes, Found] | None:
        """Give an object's first bytes, and what there is of it."""
        found = self.read_tagged(key)
        return found and (found[0][:length], Found(key, len(found[0]), found[1]))

    def read_range(
        self, key: str, start: int, length: int, *, tag: str | None = None
    ) -> bytes | None:
        """Give `length` bytes of an object from `start` on; fewer where it ends before."""
        if tag is None and length > 0 and not isinstance(self._store, MemoryStore):
            return self._get(key, RangeByteRequest(start, start + length))
        found = self.read_tagged(key)
        if found is None:
            return None
        check_tag(found[1], tag, key, self.url)
        return found[0][start : start + max(0, length)]

    def write(self, key: str, data: Data, *, durable: bool = False) -> None:  # noqa: ARG002 - as the store can
        """Put an object."""
        if not self.writable():
            raise read_only_error(key, self.url, "this kind of store takes no objects but its own")
        whole = data if isinstance(data, bytes) else b"".join(data)
        buffer = default_buffer_prototype().buffer.from_bytes(whole)
        self._ask("write", key, self._store.set(checked_key(key), buffer))

    def write_if(self, key: str, data: Data, tag: str | None, *, durable: bool = False) -> None:
        """Put an object if it still has this tag; safe within this process."""
        with self._lock:
            found = self.read_tagged(key)
            if (found and found[1]) != tag:
                raise changed_error("write", key, self.url)
            self.write(key, data, durable=durable)

    def write_file(self, key: str, path: Path) -> None:
        """Put a file's content."""
        self.write(key, file_pieces(path))

    def fetch_file(self, key: str, path: Path) -> None:
        """Get an object into a file, which appears whole or not at all."""
        data = self.read(key)
        if data is None:
            raise missing_error(key, self.url)
        place_file(path, [data])

    def delete(self, keys: Iterable[str]) -> None:
        """Take objects away; absent ones are fine."""
        for key in keys:
            if not self.writable():
                raise read_only_error(key, self.url, "this kind of store lets nobody delete")
            self._ask("delete", key, self._delete(checked_key(key)))

    async def _delete(self, key: str) -> None:
        if not isinstance(self._store, FsspecStore):
            await self._store.delete(key)
            return
        # zarr would have fsspec take '[', '*' and '?' of a key for a pattern.
        with suppress(*self._store.allowed_exceptions):
            await self._store.fs._rm_file(f"{self._store.path}/{key}")

    def list(self, prefix: str = "", after: str | None = None) -> Iterator[Found]:
        """List all objects in the folder `prefix` and below, by key; only those after `after`."""
        folder = checked_folder(prefix)
        begin = f"{folder}/" if folder else ""
        keys = self._collect(self._store.list_prefix(begin))
        wanted = [key for key in keys if key.startswith(begin) and key > (after or "")]
        for start in range(0, len(wanted), PAGE):
            page = wanted[start : start + PAGE]
            for key, size in zip(page, self._sizes(page), strict=True):
                if size is not None:
                    yield Found(key, size, None)

    def list_folder(self, path: str) -> Contents:
        """List one folder: the names of its folders, and its objects with names for keys."""
        folder = checked_folder(path)
        begin = f"{folder}/" if folder else ""
        names = [name for name in self._collect(self._store.list_dir(folder)) if name]
        sizes = self._sizes([begin + name for name in names])
        entries = list(zip(names, sizes, strict=True))
        objects = [Found(name, size, None) for name, size in entries if size is not None]
        return [name for name, size in entries if size is None], objects

    def _sizes(self, keys: Sequence[str]) -> Sequence[int | None]:
        async def sizes() -> Sequence[int | None]:
            return await asyncio.gather(*map(self._size, keys))

        return self._ask("list", "", sizes())

    async def _size(self, key: str) -> int | None:
        """Give an object's size; None for a folder."""
        if not self._may_hold(key):
            return None
        if isinstance(self._store, FsspecStore):
            info = await self._store.fs._info(f"{self._store.path}/{key}")
            return int(info["size"]) if info["type"] == "file" else None
        try:
            return await self._store.getsize(key)
        except FileNotFoundError:
            return None

    def lock(self) -> AbstractContextManager[None]:
        """Hold nobody off: `write_if` is all that these stores have."""
        return nullcontext()

    def clean_parts(self) -> int:
        """Do nothing."""
        return 0

    def zarr(self, *, read_only: bool = True) -> Store:
        """Give the store itself, read-only if it can be."""
        if not read_only and self._store.read_only:
            raise read_only_error("", self.url, "it was opened read-only")
        if not read_only or self._store.read_only:
            return self._store
        with suppress(NotImplementedError):
            return self._store.with_read_only(True)  # noqa: FBT003 - zarr's own signature
        return self._store


def unwrap(store: Store) -> "Store | Path | ObstoreStore":
    """Give what a store of zarr-python stands for, where we know that place ourselves."""
    match store:
        case LocalStore():
            return Path(store.root)
        case ObjectStore():
            return cast("ObstoreStore", store.store)
        case FsspecStore() if "file" in _protocols(store):
            return Path(store.path)
    return store


def _protocols(store: FsspecStore) -> tuple[str, ...]:
    fs = getattr(store.fs, "sync_fs", store.fs)
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)


def _url(store: Store) -> str:
    match store:
        case MemoryStore():
            return "memory://"
        case FsspecStore():
            return f"{_protocols(store)[0]}://{store.path.strip('/')}"
    # icechunk's stores have no name, but their state has.
    snapshot = getattr(getattr(store, "session", None), "snapshot_id", None)
    return f"icechunk://{snapshot}" if snapshot else str(store).rstrip("/")
