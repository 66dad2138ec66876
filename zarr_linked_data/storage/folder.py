"""A folder of a file system as a place for objects, by direct calls of the operating system."""

# System calls, for pathlib would double the time of a small object.
# ruff: noqa: PTH100, PTH106, PTH108, PTH110, PTH116, PTH120

import errno
import fcntl
import os
import stat
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from zarr_linked_data.errors import StoreError
from zarr_linked_data.storage.base import (
    OUR_FOLDER,
    Contents,
    Data,
    Found,
    changed_error,
    check_tag,
    checked_folder,
    checked_key,
    missing_error,
    read_only_error,
)
from zarr_linked_data.storage.files import (
    file_error,
    file_pieces,
    file_tag,
    place_file,
    read_all,
    write_all,
)
from zarr_linked_data.storage.folder_listing import FolderListing
from zarr_linked_data.storage.parts import Parts, move

if TYPE_CHECKING:
    from zarr.storage import LocalStore

Answer = TypeVar("Answer")

ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG}
"""What the system says when there is no such object: it may be a folder, or below a file."""

READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
"""Not blocking, for a pipe of that name would otherwise wait for its writer."""

PARTS = f"{OUR_FOLDER}/parts/"
"""How the paths of unfinished objects begin."""

ATTEMPTS = 3
"""Parts that a cleaning of killed runs took away by mistake are written again so often."""


class FolderStorage:
    """A store in a folder; `root` is its path."""

    threads = 1

    def __init__(self, root: Path, *, read_only: bool = False, parts: str = PARTS) -> None:
        self.root = Path(os.path.abspath(root))
        self.url = str(self.root)
        self._prefix = self.url.rstrip("/") + "/"
        self._read_only = read_only
        self._parts = Parts(self._prefix, parts)
        self._listing = FolderListing(self.url, self._prefix)
        if not read_only:
            weakref.finalize(self, self._parts.tidy)

    def __repr__(self) -> str:
        return f"FolderStorage({self.url!r})"

    def writable(self) -> bool:
        """Tell whether this user may put objects in the folder."""
        ours = self._prefix + OUR_FOLDER
        places = [self.url, ours] if os.path.exists(ours) else [self.url]
        return not self._read_only and all(_may_write(place) for place in places)

    def can_list(self) -> bool:
        """Tell that the objects here can be listed."""
        return True

    def honours_conditions(self) -> bool:
        """Tell that `write_if` is safe against all who write under `lock`."""
        return True

    def read(self, key: str) -> bytes | None:
        """Give an object's bytes; None where there is no such object."""
        return self._with(key, lambda file, found: read_all(file, found.st_size))

    def read_tagged(self, key: str) -> tuple[bytes, str | None] | None:
        """Give an object's bytes and its tag, made of its file's inode, size and times."""
        return self._with(key, lambda file, found: (read_all(file, found.st_size), file_tag(found)))

    def read_start(self, key: str, length: int) -> tuple[bytes, Found] | None:
        """Give an object's first bytes, and what there is of it."""
        return self._with(
            key,
            lambda file, found: (
                os.pread(file, length, 0),
                Found(key, found.st_size, file_tag(found)),
            ),
        )

    def read_range(
        self, key: str, start: int, length: int, *, tag: str | None = None
    ) -> bytes | None:
        """Give `length` bytes of an object from `start` on; fewer where it ends before."""

        def read(file: int, found: os.stat_result) -> bytes:
            check_tag(file_tag(found), tag, key, self.url)
            return os.pread(file, max(0, length), start)

        return self._with(key, read)

    def _with(self, key: str, use: Callable[[int, os.stat_result], Answer]) -> Answer | None:
        """Use the object's open file; None where there is none."""
        try:
            file = os.open(self._prefix + checked_key(key), READ)
            try:
                found = os.fstat(file)
                return use(file, found) if stat.S_ISREG(found.st_mode) else None
            finally:
                os.close(file)
        except StoreError:
            raise
        except OSError as error:
            if error.errno in ABSENT:
                return None
            raise file_error("read", key, self.url, error) from error

    def write(self, key: str, data: Data, *, durable: bool = False) -> None:
        """Put an object, by renaming a whole file; killed at any moment, it leaves the old one."""
        whole = isinstance(data, bytes)
        pieces: Iterable[bytes] = (data,) if isinstance(data, bytes) else data
        self._write(key, lambda: pieces, durable=durable, attempts=ATTEMPTS if whole else 1)

    def _write(
        self,
        key: str,
        pieces: Callable[[], Iterable[bytes]],
        *,
        durable: bool = False,
        attempts: int = ATTEMPTS,
    ) -> None:
        path = self._prefix + checked_key(key)
        if self._read_only:
            raise read_only_error(key, self.url, "it was opened read-only")
        try:
            for _ in range(attempts):
                part = self._parts.write(pieces(), durable=durable)
                if self._parts.publish(part, path, durable=durable):
                    return
        except StoreError:
            raise  # of the place that the pieces come from
        except OSError as error:
            raise file_error("write", key, self.url, error) from error
        raise file_error("write", key, self.url, FileNotFoundError(errno.ENOENT, ""))

    def write_if(self, key: str, data: Data, tag: str | None, *, durable: bool = False) -> None:
        """Put an object if it still has this tag; safe against all who write under `lock`."""
        try:
            now: str | None = file_tag(os.stat(self._prefix + checked_key(key)))
        except (FileNotFoundError, NotADirectoryError):
            now = None
        except OSError as error:
            raise file_error("write", key, self.url, error) from error
        if now != tag:
            raise changed_error("write", key, self.url)
        self.write(key, data, durable=durable)

    @contextmanager
    def part(self) -> Iterator[Path]:
        """Give an empty file to write aside, for `adopt`; it is gone when the block ends."""
        try:
            part = self._parts.new()
        except OSError as error:
            raise file_error("write", OUR_FOLDER, self.url, error) from error
        try:
            yield Path(part.path)
        finally:
            self._parts.drop(part)

    def write_part(self, part: Path, pieces: Iterable[bytes]) -> None:
        """Write a part, and wait until it would outlive a loss of power."""
        try:
            file = os.open(part, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
            try:
                write_all(file, pieces)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise file_error("write", OUR_FOLDER, self.url, error) from error

    def adopt(self, part: Path, key: str) -> None:
        """Make a part the object of this key, in one step."""
        try:
            move(str(part), self._prefix + checked_key(key))
        except OSError as error:
            raise file_error("write", key, self.url, error) from error

    def clock_ns(self) -> int:
        """Tell the time by the clock of the file system, which may be another machine's."""
        if self.writable():
            with self.part() as part:
                return part.stat().st_mtime_ns
        return time.time_ns()

    def write_file(self, key: str, path: Path) -> None:
        """Put a file's content."""
        self._write(key, lambda: file_pieces(path))

    def fetch_file(self, key: str, path: Path) -> None:
        """Get an object into a file, which appears whole or not at all."""
        if self.read_range(key, 0, 0) is None:
            raise missing_error(key, self.url)
        place_file(path, file_pieces(Path(self._prefix + key)))

    def delete(self, keys: Iterable[str]) -> None:
        """Take objects away, and the folders that this leaves empty, save the store's own."""
        folders = set()
        for key in keys:
            folders.add(os.path.dirname(checked_key(key)))
            try:
                os.unlink(self._prefix + key)
            except OSError as error:
                if error.errno not in ABSENT:
                    raise file_error("delete", key, self.url, error) from error
        for folder in folders:
            self._remove_empty(folder)

    def _remove_empty(self, folder: str) -> None:
        with suppress(OSError):  # it holds something, or somebody else removed it
            while folder:
                os.rmdir(self._prefix + folder)
                folder = os.path.dirname(folder)

    def list(self, prefix: str = "", after: str | None = None) -> Iterator[Found]:
        """List all objects in the folder `prefix` and below, by key; only those after `after`."""
        folder = checked_folder(prefix)
        return self._listing.objects(f"{folder}/" if folder else "", after or "")

    def list_folder(self, path: str) -> Contents:
        """List one folder: the names of its folders, and its objects with names for keys."""
        folder = checked_folder(path)
        return self._listing.contents(f"{folder}/" if folder else "")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the store's lock while the block runs; who comes second waits.

        It is the kernel's lock on the folder itself: it makes no file, and a killed process
        frees it. The folder of unfinished objects goes when it is freed.
        """
        file = self._locked()
        try:
            yield
        finally:
            self._parts.tidy()
            os.close(file)

    def _locked(self) -> int:
        """Open and lock the folder that has its path now: while we wait, another may take it."""
        try:
            while True:
                file = os.open(self.url, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                try:
                    fcntl.flock(file, fcntl.LOCK_EX)
                    if os.path.samestat(os.fstat(file), os.stat(self.url)):
                        return file
                except BaseException:
                    os.close(file)
                    raise
                os.close(file)
        except OSError as error:
            raise file_error("lock", "", self.url, error) from error

    def clean_parts(self) -> int:
        """Remove the unfinished objects of killed runs, and tell how many; call it under `lock`."""
        return self._parts.clean()

    def zarr(self, *, read_only: bool = True) -> "LocalStore":
        """Give the folder as a store of zarr-python."""
        from zarr.storage import LocalStore

        self._parts.tidy()  # zarr would warn of a folder that it does not know
        return LocalStore(self.root, read_only=read_only or self._read_only)


def _may_write(folder: str) -> bool:
    effective = os.access in os.supports_effective_ids
    return os.access(folder, os.R_OK | os.W_OK | os.X_OK, effective_ids=effective)
