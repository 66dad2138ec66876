"""A new store in a folder: built beside its place, which it then takes in one step."""

# System calls, for pathlib would double the time of a small file.
# ruff: noqa: PTH102, PTH104, PTH116

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zarr_linked_data.errors import ConcurrentUpdateError, StoreError
from zarr_linked_data.fake.objects import MARK, MARK_TEXT, ROOT_DOCUMENTS, NewNode
from zarr_linked_data.storage import FolderStorage
from zarr_linked_data.storage.files import file_error

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC

_AT_FDCWD = -100  # Linux's number for "paths are relative to the working folder"
_RENAME_EXCHANGE = 2


def write_folder(
    storage: FolderStorage, nodes: Iterator[NewNode], *, needed: int, replace: bool
) -> None:
    """Write a new store into a folder, which has none before it is whole.

    Parameters
    ----------
    needed
        The size of its arrays in bytes.
    replace
        Take the place of what is there.
    """
    target = storage.root.resolve()
    try:
        _check_space(target, needed)
        if _can_build_beside(target):
            with _built_beside(storage, target, replace=replace) as folder:
                _write_files(folder, nodes)
        else:
            target.mkdir(parents=True, exist_ok=True)
            with storage.lock():
                storage.write(MARK, MARK_TEXT)
                _clear(target)
                _write_files(str(target), nodes)
                storage.delete([MARK])
    except StoreError:
        raise
    except OSError as error:
        raise file_error("write", "", storage.url, error) from error


def _check_space(target: Path, needed: int) -> None:
    """Refuse what would fill the disk, before it does."""
    free = shutil.disk_usage(_existing(target)).free
    if needed > free:
        raise StoreError(
            f"Cannot write a store to {str(target)!r}: its arrays need {needed / 1e9:.1f} GB, and "
            f"{free / 1e9:.1f} GB are free there. Ask for smaller arrays or fewer copies, or "
            "choose another place."
        )


def _existing(folder: Path) -> Path:
    """Give the folder, or the first above it that is there."""
    while not folder.exists():
        folder = folder.parent
    return folder


def _can_build_beside(target: Path) -> bool:
    """Tell whether a new folder can take this place: not where a disk is mounted or we work."""
    if os.path.ismount(target) or Path.cwd().is_relative_to(target):
        return False
    return os.access(_existing(target.parent), os.W_OK | os.X_OK)


def _write_files(folder: str, nodes: Iterator[NewNode]) -> None:
    """Write a new store's nodes into a folder without any, the root's documents last."""
    root = next(nodes)
    for node in nodes:
        place = f"{folder}/{node.path}/"
        os.mkdir(place)
        for name, data in node.documents.items():
            _write_file(place + name, data)
        for name, data in node.chunks:
            _make_folders(place, name)
            _write_file(place + name, data)
    for name, data in root.documents.items():
        _write_file(f"{folder}/{name}", data)


def _write_file(path: str, data: bytes) -> None:
    """Write a file that is not there yet."""
    file = os.open(path, _NEW, 0o666)
    try:
        done = os.write(file, data)
        while done < len(data):  # a full disk takes a part before it refuses the rest
            done += os.write(file, memoryview(data)[done:])
    finally:
        os.close(file)


def _make_folders(place: str, name: str) -> None:
    """Make the folders that a chunk's name has."""
    cut = name.find("/")
    while cut > 0:
        with suppress(FileExistsError):
            os.mkdir(place + name[:cut])
        cut = name.find("/", cut + 1)


def _clear(target: Path) -> None:
    """Remove all from a folder save the mark; the root's documents first, so no store is left."""
    for name in ROOT_DOCUMENTS:
        (target / name).unlink(missing_ok=True)
    mark = target / MARK
    _empty(target, keep={mark.parent.name, "lost+found"})
    _empty(mark.parent, keep={mark.name})


@contextmanager
def _built_beside(storage: FolderStorage, target: Path, *, replace: bool) -> Iterator[str]:
    """Give a folder to build in, which takes the target's place when the block has ended well.

    A killed run leaves it, and the next one clears it away.

    Raises
    ------
    ConcurrentUpdateError
        Another run builds a store for the same place, or was there first.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.zld-new")
    with _held(beside, target):
        try:
            _empty(beside)  # of what a killed run left
            yield str(beside)
            if target.exists():
                shutil.copymode(target, beside)
            try:
                os.rename(beside, target)
            except OSError as error:
                if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                    raise
                if not replace:
                    raise _someone_else(target) from error
                _exchange(storage, beside, target)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise


@contextmanager
def _held(folder: Path, target: Path) -> Iterator[None]:
    """Hold a folder, made if need be, against other runs; the kernel frees it if we are killed."""
    file = None
    while file is None:
        with suppress(FileExistsError):
            os.mkdir(folder)
        with suppress(FileNotFoundError):  # another run has just moved it away
            file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        if file is not None:
            file = _locked(file, folder, target)
    try:
        yield
    finally:
        os.close(file)


def _locked(file: int, folder: Path, target: Path) -> int | None:
    """Lock a folder; None where it is not there any more."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(file), os.stat(folder)):
            return file
    except BlockingIOError as error:
        os.close(file)
        raise _someone_else(target) from error
    except FileNotFoundError:
        pass
    os.close(file)
    return None


def _empty(folder: Path, keep: Collection[str] = ()) -> None:
    """Remove what is in a folder, save some names."""
    for path in list(folder.iterdir()):
        if path.name in keep:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _exchange(storage: FolderStorage, new: Path, old: Path) -> None:
    """Put the new folder in the old one's place, and remove the old one."""
    with storage.lock():  # who consolidates the old one ends first
        if not _exchange_at_once(new, old):
            away = old.with_name(f".{old.name}.zld-old")
            shutil.rmtree(away, ignore_errors=True)
            os.rename(old, away)
            os.rename(new, old)
            os.rename(away, new)
        shutil.rmtree(new, ignore_errors=True)


def _exchange_at_once(new: Path, old: Path) -> bool:
    """Let two folders change places in one step; False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    names = os.fsencode(new), os.fsencode(old)
    return bool(rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0)


def _someone_else(target: Path) -> ConcurrentUpdateError:
    """Say that another run is at the same place."""
    return ConcurrentUpdateError(
        f"Cannot write a store to {str(target)!r}: another run writes one there. "
        "Wait until it has ended, or choose another place."
    )
