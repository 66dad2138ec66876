"""Walk a store in a folder, on all processors when it is large.

Half of the time of reading is Python's own, under its global lock, so a second process doubles the
speed and threads do not (measured). Helpers are plain subprocesses that get their share of the
folders in a file and answer in another: nothing is forked from a process with threads, and nobody
waits at a pipe.
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
from itertools import cycle
from typing import IO

from zarr_linked_data.errors import StoreError
from zarr_linked_data.storage import FolderStorage
from zarr_linked_data.walk.folder import RACY_NS, FolderReader, Ground
from zarr_linked_data.walk.result import Known, Span, Walk

REPORT_EVERY = 2_000
"""Folders between two reports of progress."""

WORTH_HELP = 4_000
"""Folders waiting, from which on a helper pays for its start of 0.1 s."""

OUR_TURNS, THEIR_TURNS = 5, 4
"""Of the folders; a helper also has to start, and to pass on what it found."""

MOST_HELPERS = 3
"""More were not measured."""

REFUSED = b"refused: "
"""Begins the answer of a helper that met what it cannot read; a packed walk begins otherwise."""

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
            waiting.extend(reader.subfolders(folder))
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
    """Read what waits, each processor its share."""
    keys = sorted(known)
    shares = deal(folders, min(len(os.sched_getaffinity(0)) - 1, MOST_HELPERS))
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


def deal(folders: Sequence[str], helpers: int) -> list[list[str]]:
    """Deal out folders in turn, the first share to ourselves.

    >>> [len(share) for share in deal(["a"] * 9_000, 1)]
    [5000, 4000]
    """
    turns = [0] * OUR_TURNS + [1 + helper for helper in range(helpers) for _ in range(THEIR_TURNS)]
    shares: list[list[str]] = [[] for _ in range(1 + helpers)]
    for folder, turn in zip(folders, cycle(turns), strict=False):
        shares[turn].append(folder)
    return shares


def _known_below(
    folders: Iterable[str], keys: Sequence[str], known: Mapping[str, Known]
) -> dict[str, Known]:
    """Give what is known of the documents in these folders and below, of keys in order."""
    below: dict[str, Known] = {}
    if keys:
        for folder in folders:
            first = bisect_left(keys, folder)
            end = bisect_left(keys, folder[:-1] + "0", first)  # "0" follows "/"
            below.update((key, known[key]) for key in keys[first:end])
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
        answer = self._answers.read()
        if answer.startswith(REFUSED):
            raise StoreError(answer.removeprefix(REFUSED).decode())
        return Walk.unpacked(answer)

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

    def report(_done: int, _total: int | None) -> None:
        if os.getppid() != parent:
            sys.exit(1)

    try:
        visit_below(ground, deque(share), known, walk, report)
        answer = walk.packed()
    except StoreError as error:
        answer = REFUSED + str(error).encode()
    sys.stdout.buffer.write(answer)
    sys.stdout.flush()
