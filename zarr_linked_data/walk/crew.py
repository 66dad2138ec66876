"""Walk a store in a folder, on all processors when it is large.

One process reads 80,000 documents a second. Half of that is Python's own time under its global
lock, so a second process doubles it and threads do not (measured). Helpers are plain subprocesses
that get their share of the folders in a file and answer in another: nothing is forked from a
process with threads, and nobody waits at a pipe.
"""

import gc
import os
import pickle
import subprocess
import sys
import tempfile
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import IO

from zarr_linked_data.errors import StoreError
from zarr_linked_data.storage import FolderStorage
from zarr_linked_data.walk.folder import RACY_NS, FolderReader, Ground, subfolders
from zarr_linked_data.walk.result import Known, Span, Walk

REPORT_EVERY = 2_000
"""Folders between two reports of progress."""

WORTH_HELP = 4_000
"""Folders waiting, from which on a helper pays for its start of 0.1 s."""

MOST_HELPERS = 3
"""More were not measured."""

Report = Callable[[int, int | None], None]


def walk_folder(
    storage: FolderStorage,
    zarr_format: int,
    known: Mapping[str, Known],
    span: Span,
    report: Report,
    dataset_link: str,
) -> Walk:
    """Gather the documents of a store in a folder; see `walk_store`."""
    ground = Ground(
        root=f"{storage.root}/".replace("//", "/"),
        zarr_format=zarr_format,
        span=span,
        racy_from_ns=storage.clock_ns() - RACY_NS,
        dataset_link=dataset_link,
    )
    walk = Walk(zarr_format)
    waiting = deque([""])
    # Broad first, so that what waits are many small subtrees rather than a few large ones.
    visit_below(ground, waiting, known, walk, report, until=WORTH_HELP)
    if waiting:
        _share_out(ground, list(waiting), known, walk, report)
    return walk


def visit_below(
    ground: Ground,
    waiting: deque[str],
    known: Mapping[str, Known],
    walk: Walk,
    report: Report,
    *,
    until: int | None = None,
) -> None:
    """Read these folders and all below them into `walk`, or until so many folders wait."""
    reader = FolderReader(ground, known, walk)
    visited = 0
    while waiting and (until is None or len(waiting) < until):
        folder = waiting.popleft()
        if reader.visit(folder):
            waiting.extend(subfolders(ground, folder))
        visited += 1
        if visited % REPORT_EVERY == 0:
            report(len(walk.documents), None)


def _share_out(
    ground: Ground,
    folders: Sequence[str],
    known: Mapping[str, Known],
    walk: Walk,
    report: Report,
) -> None:
    """Read what waits, each processor every so manieth folder."""
    count = 1 + min(len(os.sched_getaffinity(0)) - 1, MOST_HELPERS)
    keys = sorted(known)
    shares = [folders[number::count] for number in range(count)]
    helpers = [Helper(ground, share, _known_below(share, keys, known)) for share in shares[1:]]
    try:
        visit_below(ground, deque(shares[0]), known, walk, report)
        for helper, share in zip(helpers, shares[1:], strict=True):
            found = helper.answer()
            if found is None:  # it was killed, or there was no room for its files
                visit_below(ground, deque(share), known, walk, report)
            else:
                walk.update(found)
                report(len(walk.documents), None)
    finally:
        for helper in helpers:
            helper.close()


def _known_below(
    folders: Iterable[str], keys: Sequence[str], known: Mapping[str, Known]
) -> dict[str, Known]:
    """Give what is known of the documents in these folders and below, of keys in order."""
    below: dict[str, Known] = {}
    if keys:
        for folder in folders:
            first = bisect_left(keys, folder)
            end = bisect_left(keys, folder[:-1] + "0", first)  # "0" follows "/"
            below.update((key, known[key]) for key in islice(keys, first, end))
    return below


class Helper:
    """Another process that reads a share of the folders."""

    def __init__(self, ground: Ground, share: Sequence[str], known: Mapping[str, Known]) -> None:
        self._answers: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._process: subprocess.Popen[bytes] | None = None
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            "from zarr_linked_data.walk.crew import help_out; help_out()"
        )
        with suppress(OSError), tempfile.TemporaryFile() as requests:
            pickle.dump((ground, list(share), known, os.getpid()), requests)
            requests.seek(0)
            self._process = subprocess.Popen(  # noqa: S603 - our own code
                [sys.executable, "-S", "-c", code],
                stdin=requests,
                stdout=self._answers,
                stderr=subprocess.DEVNULL,
            )

    def answer(self) -> Walk | None:
        """Wait for what it found; None where it could not do its work.

        Raises
        ------
        StoreError
            What stood in its way stands in everybody's.
        """
        if self._process is None or self._process.wait() != 0:
            return None
        self._answers.seek(0)
        found = pickle.load(self._answers)  # noqa: S301 - from our own helper
        if isinstance(found, StoreError):
            raise found
        return found if isinstance(found, Walk) else None

    def close(self) -> None:
        """End it, if it still works, and drop its files."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._answers.close()


def help_out() -> None:
    """Read a share of the folders for another process; stop when that one is gone."""
    gc.disable()
    ground, share, known, parent = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our parent
    walk = Walk(ground.zarr_format)
    found: Walk | StoreError = walk

    def report(_done: int, _total: int | None) -> None:
        if os.getppid() != parent:
            sys.exit(1)

    try:
        visit_below(ground, deque(share), known, walk, report)
    except StoreError as error:
        found = error
    pickle.dump(found, sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)
    sys.stdout.flush()
