"""Reading and writing files by system calls, and what their errors mean to a user."""

# System calls, for pathlib would double the time of a small object.
# ruff: noqa: PTH105

import errno
import itertools
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from zarr_linked_data.errors import StoreError

PIECE = 8 * 2**20
"""Bytes of a file that are copied at once: enough for the number of calls not to count."""

_numbers = itertools.count()

FULL = "the disk is full", "Free some space and run it again; what was there before is unchanged."

CAUSES = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: ("your quota is used up", FULL[1]),
    errno.EFBIG: ("the file would be larger than the system allows", "Raise `ulimit -f`."),
    errno.EROFS: ("the file system is read-only", "Copy the store elsewhere with `zld copy`."),
    errno.ENAMETOOLONG: ("the name is too long for this file system", "Choose a shorter one."),
    errno.ENOTDIR: ("a file is where a folder should be", "Move that file out of the way."),
    errno.EISDIR: ("a folder has that name", "Move that folder out of the way."),
    errno.ELOOP: ("its links lead in a circle", "Remove the link that leads back up."),
    errno.EMFILE: ("too many files are open", "Raise `ulimit -n`."),
    errno.ENOENT: ("its folder was removed meanwhile", "Run it again."),
    errno.EXDEV: ("a link leads to another file system", "Keep a store on one file system."),
    errno.ENOLCK: ("this file system has no locks", "Use a folder on a local disk, or a bucket."),
}
CAUSES[errno.EOPNOTSUPP] = CAUSES[errno.ENOSYS] = CAUSES[errno.ENOLCK]
"""What was found, and what to do, by the number of the system's error."""


def file_error(verb: str, key: str, url: str, error: OSError) -> StoreError:
    """Say in one line what went wrong with a file, and what to do."""
    if error.errno in {errno.EACCES, errno.EPERM}:
        right = "read" if verb in {"read", "list", "lock"} else "write"
        found, advice = "permission is denied", f"Ask the folder's owner for the right to {right}."
    else:
        cause = f"the system says {(error.strerror or str(error))!r}"
        found, advice = CAUSES.get(error.errno or 0, (cause, "Check the disk and run it again."))
    what = f"{key!r} in {url!r}" if key else repr(url)
    return StoreError(f"Cannot {verb} {what}: {found}. {advice}")


def file_tag(found: os.stat_result) -> str:
    """Name the state of a file: a new file, a change of its size or of its times changes it."""
    return f"{found.st_ino:x}-{found.st_size:x}-{found.st_mtime_ns:x}-{found.st_ctime_ns:x}"


def read_all(file: int, size: int) -> bytes:
    """Read a descriptor to its end; one call where `size` is right."""
    data = os.read(file, size + 1)
    if len(data) == size:
        return data
    pieces = [data]
    # One call gives at most 2 GiB, and the file may have grown since its size was asked.
    while data := os.read(file, 2**30):
        pieces.append(data)
    return b"".join(pieces)


def write_all(file: int, pieces: Iterable[bytes]) -> None:
    """Write all bytes of all pieces to a descriptor."""
    for piece in pieces:
        done = os.write(file, piece)
        while done < len(piece):  # a full disk takes a part before it refuses the rest
            done += os.write(file, memoryview(piece)[done:])


def file_pieces(path: Path) -> Iterator[bytes]:
    """Read a file in pieces."""
    try:
        with path.open("rb", buffering=0) as file:
            while piece := file.read(PIECE):
                yield piece
    except OSError as error:
        raise file_error("read", path.name, str(path.parent), error) from error


def place_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file that appears whole or not at all; only a killed process leaves its `.part`."""
    part = path.with_name(f"{path.name}.{os.getpid()}-{next(_numbers)}.part")
    try:
        with part.open("wb", buffering=0) as file:
            write_all(file.fileno(), pieces)
        os.replace(part, path)
    except BaseException as error:
        with suppress(OSError):
            part.unlink()
        if isinstance(error, StoreError) or not isinstance(error, OSError):
            raise
        raise file_error("write", path.name, str(path.parent), error) from error


def sync_folder(path: str | Path) -> None:
    """Wait until the names in a folder are on the disk."""
    file = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
