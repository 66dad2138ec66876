"""How far a long verb is, for whom watches it."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE_S = 1.0
"""Nobody needs a bar for what is done sooner."""

REFRESH_S = 0.1
"""Faster than this no eye follows."""


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int | None], None]]:
    """Give the function that the library calls as `progress(done, total)` while the block runs.

    The bar appears on standard error, after a second, on a terminal; in a pipe there is none.

    Examples
    --------
    >>> with progress_bar("Reading metadata") as progress:
    ...     progress(500, 1000)  # the total may be None: not known
    """
    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda done, total: None  # noqa: ARG005 - nobody watches
        return
    bar = Bar(title)
    try:
        yield bar.move
    finally:
        bar.close()


class Bar:
    """A bar that comes when its time has come, and leaves nothing behind."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.next_s = time.monotonic() + PATIENCE_S
        self.shown: Progress | None = None

    def move(self, done: int, total: int | None) -> None:
        """Show how much is done; called as often as one likes."""
        now = time.monotonic()
        if now < self.next_s:
            return
        self.next_s = now + REFRESH_S
        if self.shown is None:
            self.shown = _start(self.title)
        self.shown.update(self.shown.task_ids[0], completed=done, total=total)

    def close(self) -> None:
        """Take the bar away."""
        if self.shown is not None:
            self.shown.stop()


def _start(title: str) -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    progress = Progress(*columns, TimeElapsedColumn(), console=console, transient=True)
    progress.add_task(title, total=None)
    progress.start()
    return progress
