"""An object store (S3, memory, whatever obstore knows) as a place for objects."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import HTTPStore, MemoryStore, ObjectStore

from zarr_linked_data.storage.base import (
    Contents,
    Data,
    Found,
    cache_folder,
    changed_error,
    check_tag,
    checked_folder,
    missing_error,
    read_only_error,
)
from zarr_linked_data.storage.conditions import Conditions, State, memory_file
from zarr_linked_data.storage.files import PIECE, file_pieces, place_file
from zarr_linked_data.storage.object_errors import again, is_broken_off
from zarr_linked_data.storage.object_listing import PAGE, list_contents, list_objects
from zarr_linked_data.storage.object_reading import ObjectReader
from zarr_linked_data.storage.s3 import UPLOAD_S, S3Place

if TYPE_CHECKING:
    from obstore import ObjectMeta, PutMode, UpdateVersion
    from zarr.storage import ObjectStore as ZarrObjectStore

SMALL = 2**20
"""Up to here an upload has no longer than any other request."""

SINGLE_PUT = 100 * 2**20
"""Up to here an object goes in one request: one round trip, and nothing hidden stays behind."""

MULTIPART_PIECE = 16 * 2**20
"""S3 takes 10,000 pieces: so objects may have 160 GB."""


class ObjectStorage:
    """A store in a bucket, in memory, or in whatever else obstore knows.

    It calls obstore's functions that block: from many threads they are faster than the
    asynchronous ones, which moreover abort the interpreter at its end now and then.
    """

    def __init__(
        self,
        store: ObjectStore,
        url: str,
        *,
        place: S3Place | None = None,
        cache: Path | None = None,
        read_only: bool = False,
    ) -> None:
        self.url = url
        self.store = store
        self.threads = 1 if isinstance(store, MemoryStore) else 128
        self._place = place
        self._read_only = read_only
        self._reader = ObjectReader(store, url, place.server if place else "the server")
        self._conditions = _conditions(store, place, cache)

    def __repr__(self) -> str:
        return f"ObjectStorage({self.url!r})"

    def writable(self) -> bool:
        """Tell whether objects may be put here; where nobody knows yet, by putting one."""
        return not self._read_only and self._state() != "denied"

    def can_list(self) -> bool:
        """Tell whether the objects here can be listed."""
        return not isinstance(self.store, HTTPStore)

    def honours_conditions(self) -> bool:
        """Tell whether the server refuses a write whose condition does not hold; not all do."""
        return self._state() == "honoured"

    def _state(self) -> State:
        return self._reader.ask("write", "__zld/probe", lambda _: self._conditions.state())

    @cached_property
    def _uploads(self) -> ObjectStore:
        """The store as large objects go into it, with the time that this takes."""
        return self._place.store(answer_s=UPLOAD_S) if self._place else self.store

    def read(self, key: str) -> bytes | None:
        """Give an object's bytes; None where there is no such object."""
        return self._reader.read(key)

    def read_tagged(self, key: str) -> tuple[bytes, str | None] | None:
        """Give an object's bytes and its tag: its ETag, else one made of its content."""
        return self._reader.read_tagged(key)

    def read_start(self, key: str, length: int) -> tuple[bytes, Found] | None:
        """Give an object's first bytes, and what there is of it."""
        return self._reader.slice(key, 0, length)

    def read_range(
        self, key: str, start: int, length: int, *, tag: str | None = None
    ) -> bytes | None:
        """Give `length` bytes of an object from `start` on; fewer where it ends before."""
        answer = self._reader.slice(key, start, length)
        if answer is None:
            return None
        check_tag(answer[1].tag, tag, key, self.url)
        return answer[0]

    def write(self, key: str, data: Data, *, durable: bool = False) -> None:  # noqa: ARG002 - it always is
        """Put an object; above 100 MiB in pieces.

        A killed upload in pieces shows no object, but its pieces stay in the bucket, unseen and
        paid for, until the bucket's lifecycle rule for incomplete uploads removes them.
        """
        self._check_writable(key)
        head, rest = _split(data)
        self._reader.ask("write", key, lambda key: self._put(key, head, rest))

    def _put(self, key: str, head: list[bytes], rest: Iterator[bytes]) -> None:
        size = sum(map(len, head))
        if size <= SINGLE_PUT:
            whole = b"".join(head)
            again(lambda: self._put_whole(key, whole, "overwrite"))
            return
        obstore.put(
            self._uploads,
            key,
            _taken_apart(chain(head, rest)),
            use_multipart=True,
            chunk_size=MULTIPART_PIECE,
            max_concurrency=4,
        )

    def _put_whole(self, key: str, data: bytes, mode: "PutMode") -> None:
        store = self.store if len(data) <= SMALL else self._uploads
        obstore.put(store, key, data, mode=mode, use_multipart=False)

    def write_if(
        self,
        key: str,
        data: Data,
        tag: str | None,
        *,
        durable: bool = False,  # noqa: ARG002 - it always is
    ) -> None:
        """Put an object if it still has this tag; where the server cannot, after a look only."""
        self._check_writable(key)
        whole = data if isinstance(data, bytes) else b"".join(data)
        conditional = self.honours_conditions()
        found = self._reader.head(key)
        if (self._reader.found(found).tag if found else None) != tag:
            raise changed_error("write", key, self.url)
        mode: PutMode = "overwrite"
        if conditional:
            mode = _condition(found) if found else "create"
        self._reader.ask("write", key, lambda key: self._put_if(key, whole, mode))

    def _put_if(self, key: str, data: bytes, mode: "PutMode") -> None:
        try:
            again(lambda: self._put_whole(key, data, mode))
        except BaseError as error:
            # The answer to the first try may have got lost: then the next one met our own object.
            lost = isinstance(error, PreconditionError | AlreadyExistsError) or is_broken_off(error)
            if not lost or self.read(key) != data:
                raise

    def _check_writable(self, key: str) -> None:
        if self._read_only:
            raise read_only_error(key, self.url, "it was opened read-only")

    def write_file(self, key: str, path: Path) -> None:
        """Put a file's content."""
        self.write(key, file_pieces(path))

    def fetch_file(self, key: str, path: Path) -> None:
        """Get an object into a file, which appears whole or not at all."""

        def fetch(key: str) -> bool:
            pieces = obstore.get(self.store, key).stream(min_chunk_size=PIECE)
            place_file(path, map(bytes, pieces))
            return True

        if not self._reader.seek(key, fetch):
            raise missing_error(key, self.url)

    def delete(self, keys: Iterable[str]) -> None:
        """Take objects away; absent ones are fine."""
        waiting = iter(keys)
        while page := list(islice(waiting, PAGE)):
            self._delete(page)

    def _delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._reader.check_key("delete", key)
            self._check_writable(key)
        self._reader.ask(
            "delete", keys[0], lambda _: again(lambda: obstore.delete(self.store, keys))
        )

    def list(self, prefix: str = "", after: str | None = None) -> Iterator[Found]:
        """List all objects in the folder `prefix` and below, by key; only those after `after`."""
        folder = checked_folder(prefix)
        try:
            yield from list_objects(self.store, folder, after or "")
        except (BaseError, OSError) as error:
            raise self._reader.error("list", folder, error) from error

    def list_folder(self, path: str) -> Contents:
        """List one folder: the names of its folders, and its objects with names for keys."""
        folder = checked_folder(path)
        try:
            return list_contents(self.store, folder)
        except (BaseError, OSError) as error:
            raise self._reader.error("list", folder, error) from error

    def lock(self) -> AbstractContextManager[None]:
        """Hold nobody off: object stores have no locks, but `write_if`."""
        return nullcontext()

    def clean_parts(self) -> int:
        """Do nothing: an unfinished upload shows no object."""
        return 0

    def zarr(self, *, read_only: bool = True) -> "ZarrObjectStore[ObjectStore]":
        """Give the same place as a store of zarr-python."""
        from zarr.storage import ObjectStore as ZarrObjectStore

        return ZarrObjectStore(self.store, read_only=read_only or self._read_only)


def _conditions(store: ObjectStore, place: S3Place | None, cache: Path | None) -> Conditions:
    if place is None:
        return Conditions(lambda: store)
    file = memory_file(cache or cache_folder(), f"{place.endpoint}\0{place.url}")
    # A server that knows no conditions may answer 501, which obstore would retry long.
    tries_s = min(3.0, place.patience_s)
    # MinIO closes a connection where it refused a write; the next one on it would be lost, and
    # `kubectl port-forward` ends at such a one (measured: half of them).
    return Conditions(
        lambda: place.store(
            answer_s=place.patience_s / 3, patience_s=tries_s, keeps_connections=False
        ),
        file,
    )


def _condition(found: "ObjectMeta") -> "UpdateVersion":
    """Say which state of an object is to be replaced; obstore takes no None."""
    condition: UpdateVersion = {}
    if found["e_tag"]:
        condition["e_tag"] = found["e_tag"]
    if found["version"]:
        condition["version"] = found["version"]
    return condition


def _split(data: Data) -> tuple[list[bytes], Iterator[bytes]]:
    """Take what fits in one request, and one piece more where it does not."""
    if isinstance(data, bytes):
        return [data], iter(())
    head, size, rest = [], 0, iter(data)
    for piece in rest:
        head.append(piece)
        size += len(piece)
        if size > SINGLE_PUT:
            break
    return head, rest


def _taken_apart(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Take each piece in another thread: obstore panics when it is asked from within obstore."""
    with ThreadPoolExecutor(1) as pool:
        while (piece := pool.submit(next, pieces, None).result()) is not None:
            yield piece
