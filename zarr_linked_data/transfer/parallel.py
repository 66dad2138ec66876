"""Doing one thing for many objects in threads, with a bound on the bytes in memory."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Condition, Lock, Thread
from typing import Generic, TypeVar

from zarr_linked_data.storage import Found, Storage
from zarr_linked_data.transfer.checksums import LARGE

Item = TypeVar("Item")

BYTES_IN_FLIGHT = 256 * 2**20
"""Bytes of objects in memory at once: four of the largest that are read whole."""

WATCH_S = 0.1
"""How often the progress is told."""

LOCAL_THREADS = 4
"""Between two folders: one thread computes a checksum or waits for the disk while another goes on."""


class Budget:
    """The bytes that may be in memory at once."""

    def __init__(self, total: int = BYTES_IN_FLIGHT) -> None:
        self._total = total
        self._free = total
        self._changed = Condition()

    @contextmanager
    def taken(self, size: int) -> Iterator[None]:
        """Wait until so many bytes are free, and use them while the block runs; too many count as all."""
        size = min(size, self._total)
        with self._changed:
            while self._free < size:
                self._changed.wait()
            self._free -= size
        try:
            yield
        finally:
            with self._changed:
                self._free += size
                self._changed.notify_all()


class Crew(Generic[Item]):
    """Threads that take one item after the other; the first error stops them all."""

    def __init__(self, task: Callable[[Item], None], items: Iterable[Item], threads: int) -> None:
        self._task = task
        self._items = iter(items)
        self._guard = Lock()
        self._errors: list[BaseException] = []
        self._stopped = False
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(threads)]

    def run(self, watch: Callable[[], None]) -> None:
        """Do all of it; `watch` is called now and then, from this thread."""
        for thread in self._threads:
            thread.start()
        try:
            for thread in self._threads:
                while thread.is_alive():
                    thread.join(WATCH_S)
                    watch()
        finally:  # also when the user interrupts: nobody goes on behind the caller's back
            self._stopped = True
            for thread in self._threads:
                thread.join()
        if self._errors:
            raise self._errors[0]

    def _work(self) -> None:
        try:
            while (item := self._next()) is not None:
                self._task(item)
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            self._errors.append(error)
            self._stopped = True

    def _next(self) -> Item | None:
        with self._guard:
            return None if self._stopped else next(self._items, None)


def in_parallel(
    task: Callable[[Found], None],
    found: list[Found],
    storages: tuple[Storage, Storage],
    watch: Callable[[], None],
) -> None:
    """Do the task for each object, in as many threads as serve the two places best.

    Parameters
    ----------
    watch
        Called now and then, from this thread.
    """
    threads = max(LOCAL_THREADS, *(storage.threads for storage in storages))
    budget = Budget()

    def within_budget(one: Found) -> None:
        # A large one goes in pieces, of which some wait to be sent.
        with budget.taken(min(one.size, LARGE)):
            task(one)

    Crew(within_budget, found, min(threads, len(found))).run(watch)
    watch()
