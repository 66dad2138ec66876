"""Many objects at once: from a server each costs a round trip, so that threads decide the speed."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from zarr_linked_data.storage.base import Storage

if TYPE_CHECKING:
    from concurrent.futures import Future

Item = TypeVar("Item")
Answer = TypeVar("Answer")

AHEAD = 4
"""How many objects a thread may be ahead of the reader: their number bounds the memory."""

MEMORY = 256 * 2**20
"""Bytes of objects that may wait to be sent: enough to keep many requests busy."""


def fitting_threads(storage: Storage, largest: int) -> int:
    """Give how many requests at once serve a place best, with objects up to this size in memory."""
    return min(storage.threads, max(1, MEMORY // (AHEAD * max(1, largest))))


def read_many(
    storage: Storage, keys: Iterable[str], *, threads: int | None = None
) -> Iterator[tuple[str, bytes | None, str | None]]:
    """Read objects, in the order of their keys: key, bytes (None: no such object), tag.

    Parameters
    ----------
    storage
        Where they are.
    keys
        Taken as needed, so that a listing may run beside the reading.
    threads
        How many requests at once; by default as many as serve this place best. Four times as many
        objects may lie in memory: fewer for large ones.
    """

    def read(key: str) -> tuple[str, bytes | None, str | None]:
        found = storage.read_tagged(key)
        return (key, *found) if found else (key, None, None)

    return _in_order(read, keys, storage.threads if threads is None else threads)


def write_many(
    storage: Storage, items: Iterable[tuple[str, bytes]], *, threads: int | None = None
) -> int:
    """Write objects, each whole or not at all, and tell how many; the first failure ends it."""

    def write(item: tuple[str, bytes]) -> None:
        storage.write(*item)

    return sum(1 for _ in _in_order(write, items, storage.threads if threads is None else threads))


def _in_order(
    work: Callable[[Item], Answer], items: Iterable[Item], threads: int
) -> Iterator[Answer]:
    if threads <= 1:
        yield from map(work, items)
        return
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - 5 ms, and no look-up needs it

    pool = ThreadPoolExecutor(threads, thread_name_prefix="zld-storage")
    waiting: deque[Future[Answer]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= threads * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
