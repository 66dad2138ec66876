"""Doing one thing for many objects in threads, with a bound on the bytes in memory."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Condition, Lock, Thread
from typing import Generic, TypeVar

from zarr_linked_data.storage import Found, Storage
from zarr_linked_data.transfer.checksums import LARGE

Item = TypeVar("Item")

BYTES_IN_FLIGHT = 256 * 2**20
"""Bytes of objects in memory at once: four of the largest that are read whole."""

WATCH_S = 0.05
"""How often the progress is told, and the number of threads reconsidered."""

FIRST_THREADS = 8
"""Enough for a server near by: with 128 threads it took twice the time, for they wait for each
other; for one 20 ms away 128 were best."""

WORTHWHILE = 1.5
"""More threads are tried as long as doubling them makes it faster by this."""

TRIAL = 4
"""Objects a thread must have done before its like are judged: connecting takes time, too."""


class Budget:
    """The bytes that may be in memory at once."""

    def __init__(self, total: int = BYTES_IN_FLIGHT) -> None:
        self._total = total
        self._free = total
        self._changed = Condition()

    @contextmanager
    def taken(self, size: int) -> Iterator[None]:
        """Wait until so many bytes are free, and use them while the block runs."""
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
    """Threads that take one item after the other; the first error stops them all.

    It begins with a few, and doubles them as long as that helps.
    """

    def __init__(self, task: Callable[[Item], None], items: Iterable[Item], most: int) -> None:
        self._task = task
        self._items = iter(items)
        self._guard = Lock()
        self._errors: list[BaseException] = []
        self._done = 0
        self._most = most
        self._limit = 0
        self._threads: list[Thread] = []
        self._best = 0.0
        self._settled = False
        self._stopped = False
        self._since = 0.0, 0

    def run(self, watch: Callable[[], None]) -> None:
        """Do all of it; `watch` is called now and then, from this thread."""
        self._grow(min(FIRST_THREADS, self._most))
        try:
            while thread := next((one for one in self._threads if one.is_alive()), None):
                thread.join(WATCH_S)
                self._reconsider()
                watch()
        finally:  # also when the user interrupts: nobody goes on behind the caller's back
            self._stopped = True
            for thread in self._threads:
                thread.join()
        if self._errors:
            raise self._errors[0]

    def _grow(self, limit: int) -> None:
        """Let so many threads work."""
        self._since = time.monotonic(), self._done
        self._limit = limit
        for number in range(len(self._threads), limit):
            thread = Thread(target=self._work, args=(number,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _reconsider(self) -> None:
        """Take twice as many threads if the last doubling helped, and half as many if it hurt."""
        start, before = self._since
        count = self._done - before
        if self._settled or count < TRIAL * self._limit:
            return
        speed = count / (time.monotonic() - start)
        self._settled = speed < WORTHWHILE * self._best or self._limit == self._most
        if not self._settled:
            self._best = speed
            self._grow(min(2 * self._limit, self._most))
        elif speed < self._best:
            self._limit //= 2  # the others end when they have done what they do

    def _work(self, number: int) -> None:
        try:
            while number < self._limit and (item := self._next()) is not None:
                self._task(item)
                self._done += 1  # a lost count only makes the speed a little wrong
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
    most = max(FIRST_THREADS // 2, *(storage.threads for storage in storages))
    budget = Budget()

    def within_budget(one: Found) -> None:
        # A large one goes in pieces; but to S3 up to 100 MiB of them in one request.
        with budget.taken(one.size if one.size <= LARGE else BYTES_IN_FLIGHT // 2):
            task(one)

    Crew(within_budget, found, min(most, len(found))).run(watch)
    watch()
