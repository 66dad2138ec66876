"""Unfinished objects of a folder: written aside, then renamed; nobody ever sees a part of one."""

# System calls, for pathlib would double the time of a small object.
# ruff: noqa: PTH102, PTH103, PTH105, PTH106, PTH108, PTH120, PTH208

import fcntl
import itertools
import os
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from zarr_linked_data.storage.files import sync_folder, write_all

NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC

_numbers = itertools.count()


class Part(NamedTuple):
    """A file that is being written; its lock tells others that we live."""

    path: str
    file: int


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

    def write(self, pieces: Iterable[bytes], *, durable: bool) -> Part:
        """Write a whole object aside; on failure nothing stays."""
        part = self.new()
        try:
            write_all(part.file, pieces)
            if durable:
                os.fsync(part.file)
            else:  # network file systems tell at a descriptor's end that the disk is full
                os.close(os.dup(part.file))
        except BaseException:
            self.drop(part)
            raise
        return part

    def new(self) -> Part:
        """Begin a part."""
        while True:
            path = f"{self._stem}{os.getpid()}-{next(_numbers)}"
            try:
                file = os.open(path, NEW, 0o666)
            except FileExistsError:
                continue  # a killed run, or another machine, had the same process number
            except FileNotFoundError:
                if not self._folders:
                    raise
                self._make_folders()
                continue
            with suppress(OSError):  # a file system without locks
                fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file).st_nlink:
                return Part(path, file)
            os.close(file)  # cleaned away before it had its lock

    def _make_folders(self) -> None:
        outer, *inner = self._folders
        # Not the store's own folder: that one was removed, and is not to come back half empty.
        with suppress(FileExistsError):
            os.mkdir(outer)
        for folder in inner:
            with suppress(FileExistsError, FileNotFoundError):  # others tidy up meanwhile
                os.mkdir(folder)

    def publish(self, part: Part, path: str, *, durable: bool) -> bool:
        """Give a part its object's path; False where somebody cleaned the part away."""
        try:
            move(part.path, path)
        except BaseException as error:
            self.drop(part)
            if isinstance(error, FileNotFoundError):
                return False
            raise
        os.close(part.file)
        if durable:
            sync_folder(os.path.dirname(path))
        return True

    def drop(self, part: Part) -> None:
        """End a part: what did not become an object is removed."""
        with suppress(OSError):
            os.unlink(part.path)
        os.close(part.file)

    def clean(self) -> int:
        """Remove what killed runs left, and tell how many."""
        folder, _, stem = self._stem.rpartition("/")
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            return 0
        cleaned = sum(_remove_dead(f"{folder}/{name}") for name in names if name.startswith(stem))
        self.tidy()
        return cleaned

    def tidy(self) -> None:
        """Remove the folders of parts that are empty."""
        with suppress(OSError):
            for folder in reversed(self._folders):
                os.rmdir(folder)


def move(part: str, path: str) -> None:
    """Rename a file in one step, into folders made if need be."""
    try:
        os.replace(part, path)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.replace(part, path)


def _remove_dead(path: str) -> bool:
    """Remove a part unless somebody alive holds its lock."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)
    except (BlockingIOError, FileNotFoundError):
        return False
    finally:
        os.close(file)
    return True
