"""Walk a store in a folder, on all processors when it is large.

One process reads 80,000 documents a second, most of it Python's own time under its global lock, so
a second process doubles it; threads do not (measured). Helpers are plain subprocesses and get
folders over a pipe: nothing is forked from a process with threads, and a killed walker takes its
helpers along.
"""

import os
import pickle
import subprocess
import sys
import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Mapping
from typing import IO, Any, cast

from zarr_linked_data.storage import FolderStorage
from zarr_linked_data.walk.folder import RACY_NS, Ground, subfolders, walk_folders
from zarr_linked_data.walk.result import Known, Span, Walk

REPORT_EVERY = 2_000
"""Documents between two reports of progress."""

WORTH_HELP = 512
"""Folders waiting, from which on helpers pay for their start of 80 ms."""

SHARE = 64
"""Folders handed out at once."""

MOST_HELPERS = 3
"""More were not measured; the folder's own lock becomes the limit."""


def walk_folder(
    storage: FolderStorage,
    zarr_format: int,
    known: Mapping[str, Known],
    span: Span,
    report: Callable[[int, int | None], None],
    dataset_link: str,
) -> Walk:
    """Gather the documents of a store in a folder; see `walk_store`."""
    ground = Ground(
        dataset_link=dataset_link,
        root=f"{storage.root}/".replace("//", "/"),
        zarr_format=zarr_format,
        span=span,
        racy_from_ns=storage.clock_ns() - RACY_NS,
    )
    walk = Walk(zarr_format)
    waiting = deque(walk_folders(ground, [""], known, walk))
    due = REPORT_EVERY
    while waiting and len(waiting) < WORTH_HELP:
        # Broad first, so that what waits are many small subtrees rather than a few large ones.
        waiting.extend(walk_folders(ground, subfolders(ground, waiting.popleft()), known, walk))
        if len(walk.documents) >= due:
            report(len(walk.documents), None)
            due = len(walk.documents) + REPORT_EVERY
    if waiting:
        _Crew(ground, known, walk, waiting).work(report)
    return walk


def walk_below(ground: Ground, folders: list[str], known: Mapping[str, Known], walk: Walk) -> None:
    """Read everything below these groups into `walk`."""
    waiting = list(folders)
    while waiting:
        waiting.extend(walk_folders(ground, subfolders(ground, waiting.pop()), known, walk))


class _Crew:
    """A process and its helpers, each taking a share of the waiting folders after the other."""

    def __init__(
        self, ground: Ground, known: Mapping[str, Known], walk: Walk, waiting: deque[str]
    ) -> None:
        self.ground = ground
        self.known = known
        self.keys = sorted(known)
        self.walk = walk
        self.waiting = waiting
        self.failure: BaseException | None = None

    def work(self, report: Callable[[int, int | None], None]) -> None:
        """Read all that waits."""
        count = min(len(os.sched_getaffinity(0)) - 1, MOST_HELPERS)
        threads = [threading.Thread(target=self._lead_helper, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            self._work_here(report)
        except BaseException:
            self.waiting.clear()  # nobody needs the rest any more
            raise
        finally:
            for thread in threads:
                thread.join()
        if self.failure is not None:
            raise self.failure
        self._work_here(report)  # what a helper that was lost gave back

    def _work_here(self, report: Callable[[int, int | None], None]) -> None:
        """Take part in the reading."""
        while self.failure is None and (share := self._next_share()):
            mine = Walk(self.ground.zarr_format)
            walk_below(self.ground, share, self.known, mine)
            self.walk.update(mine)
            report(len(self.walk.documents), None)

    def _next_share(self) -> list[str]:
        """Take some of the waiting folders."""
        share: list[str] = []
        while len(share) < SHARE:
            try:
                share.append(self.waiting.popleft())
            except IndexError:
                break
        return share

    def _lead_helper(self) -> None:
        """Start a helper and hand it shares until none is left; runs in a thread of its own."""
        share: list[str] = []
        try:
            with _start_helper() as helper:
                requests, answers = (
                    cast("IO[bytes]", helper.stdin),
                    cast("IO[bytes]", helper.stdout),
                )
                _send(requests, self.ground)
                while share := self._next_share():
                    _send(requests, (share, self._known_below(share)))
                    answer = pickle.load(answers)  # noqa: S301 - from our own helper
                    if isinstance(answer, BaseException):
                        self.failure = answer
                        return
                    self.walk.update(answer)
                requests.close()
        except (OSError, EOFError, pickle.UnpicklingError):
            # No helper to be had, or it was killed: its share is done by the others.
            self.waiting.extend(share)

    def _known_below(self, share: list[str]) -> dict[str, Known]:
        """Give what is known of the documents below these folders."""
        known = {}
        for folder in share:
            first = bisect_left(self.keys, folder)
            end = bisect_left(self.keys, folder[:-1] + "0")  # "0" follows "/"
            known.update({key: self.known[key] for key in self.keys[first:end]})
        return known


def _start_helper() -> "subprocess.Popen[bytes]":
    """Start a Python that finds the same packages as this one."""
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; "
        "from zarr_linked_data.walk.crew import help_out; help_out()"
    )
    return subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-S", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def help_out() -> None:
    """Read shares of folders for another process, until it closes the pipe or ends."""
    import gc  # noqa: PLC0415

    gc.disable()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    ground: Ground = pickle.load(requests)  # noqa: S301 - from the process that started us
    while True:
        try:
            share, known = pickle.load(requests)  # noqa: S301 - from the process that started us
        except EOFError:
            return
        walk = Walk(ground.zarr_format)
        try:
            walk_below(ground, share, known, walk)
        except OSError as error:  # StoreError is one
            _send(answers, error)
            return
        _send(answers, walk)


def _send(pipe: IO[bytes], message: Any) -> None:
    """Write one message."""
    pickle.dump(message, pipe, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.flush()
