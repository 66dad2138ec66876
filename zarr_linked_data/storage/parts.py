"""Unfinished objects of a folder: written aside, then renamed; nobody ever sees a part of one."""

# System calls, for pathlib would double the time of a small object.
# ruff: noqa: PTH102, PTH103, PTH105, PTH106, PTH108, PTH120, PTH208

import itertools
import os
from collections.abc import Iterable
from contextlib import suppress

from zarr_linked_data.storage.files import sync_folder, write_all

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC

_numbers = itertools.count()
_live: set[str] = set()
"""The parts that threads of this process write now."""


class Parts:
    """The unfinished objects of one folder.

    Parameters
    ----------
    root
        The folder, with '/' at its end.
    stem
        How their paths in it begin; with a '/' they have a folder of their own.
    """

    def __init__(self, root: str, stem: str) -> None:
        self._stem = root + stem
        # From the outermost to the innermost.
        depth = stem.count("/")
        self._folders = [root + stem.rsplit("/", n)[0] for n in range(depth, 0, -1)]

    def write(self, pieces: Iterable[bytes], *, durable: bool) -> str:
        """Write a whole object aside, and give the path of its file; on failure nothing stays."""
        path, file = self._new()
        _live.add(path)
        try:
            try:
                write_all(file, pieces)
                if durable:
                    os.fsync(file)
            finally:
                os.close(file)  # may fail too: network file systems tell only now of a full disk
        except BaseException:
            self.drop(path)
            raise
        return path

    def _new(self) -> tuple[str, int]:
        while True:
            path = f"{self._stem}{os.getpid()}-{next(_numbers)}"
            try:
                return path, os.open(path, NEW, 0o666)
            except FileExistsError:
                continue  # a killed run, or another machine, had the same process number
            except FileNotFoundError:
                if not self._folders:
                    raise
                self._make_folders()

    def _make_folders(self) -> None:
        # Never the store's own folder: that one was removed, and is not to come back half empty.
        for folder in self._folders:
            with suppress(FileExistsError):
                os.mkdir(folder)

    def reserve(self) -> str:
        """Give the path of a new, empty part."""
        path, file = self._new()
        os.close(file)
        _live.add(path)
        return path

    def publish(self, part: str, path: str, *, durable: bool) -> bool:
        """Rename a part to its object's path; False where somebody cleaned the part away."""
        try:
            self._replace(part, path)
        except FileNotFoundError:
            self.drop(part)
            return False
        except BaseException:
            self.drop(part)
            raise
        _live.discard(part)
        if durable:
            sync_folder(os.path.dirname(path))
        return True

    def _replace(self, part: str, path: str) -> None:
        try:
            os.replace(part, path)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.replace(part, path)

    def drop(self, part: str) -> None:
        """Remove a part that is not to become an object."""
        with suppress(OSError):
            os.unlink(part)
        _live.discard(part)

    def clean(self) -> int:
        """Remove what killed runs left, and tell how many."""
        folder, _, stem = self._stem.rpartition("/")
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            return 0
        paths = (f"{folder}/{name}" for name in names if name.startswith(stem))
        left = [path for path in paths if path not in _live]
        for path in left:
            with suppress(FileNotFoundError):
                os.unlink(path)
        self.tidy()
        return len(left)

    def tidy(self) -> None:
        """Remove the folders of parts that are empty."""
        with suppress(OSError):
            for folder in reversed(self._folders):
                os.rmdir(folder)
