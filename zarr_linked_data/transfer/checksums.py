"""Whether two objects hold the same bytes: told by the ETags where these are checksums."""

import hashlib
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from zarr_linked_data.errors import StoreError
from zarr_linked_data.storage import FolderStorage, Found, Storage

LARGE = 64 * 2**20
"""Objects above this are never in memory whole."""

PIECE = 8 * 2**20
"""Bytes of a large object that are in memory at once."""

MIB = 2**20

PART_SIZES = tuple(count * MIB for count in (16, 8, 5, 10, 15, 32, 50, 64, 100, 128, 256, 512))
"""In what pieces programs upload large objects: ours first, then aws and boto3, rclone, s3cmd…"""

CHECKSUM = re.compile(r"[0-9a-f]{32}(-[0-9]+)?")
"""How S3 makes ETags: the MD5 of the whole, or of the pieces' MD5s and how many there are.

Encrypted buckets have ETags of the same form that are none: equal means equal, different means
nothing.
"""


class Checksum:
    """An ETag in the making; `part_size` 0 for an object that was uploaded in one piece.

    >>> checksum = Checksum(0)
    >>> checksum.update(b"abc")
    >>> checksum.tag()
    '900150983cd24fb0d6963f7d28e17f72'
    """

    def __init__(self, part_size: int) -> None:
        self._part_size = part_size
        self._parts: list[bytes] = []
        self._current = hashlib.md5(usedforsecurity=False)
        self._room = part_size

    def update(self, piece: bytes) -> None:
        """Take the next bytes."""
        view = memoryview(piece)
        while self._part_size and len(view) > self._room:
            self._current.update(view[: self._room])
            view = view[self._room :]
            self._parts.append(self._current.digest())
            self._current = hashlib.md5(usedforsecurity=False)
            self._room = self._part_size
        self._current.update(view)
        self._room -= len(view)

    def tag(self) -> str:
        """Give the ETag of all bytes taken."""
        if not self._part_size:
            return self._current.hexdigest()
        parts = [*self._parts, self._current.digest()]
        return f"{hashlib.md5(b''.join(parts), usedforsecurity=False).hexdigest()}-{len(parts)}"


def is_checksum(tag: str | None) -> bool:
    """Tell whether a tag has the form of a checksum."""
    return tag is not None and CHECKSUM.fullmatch(tag) is not None


def part_size(tag: str, size: int) -> int | None:
    """Guess in what pieces an object was uploaded; 0 for one piece, None where nobody knows.

    >>> part_size("900150983cd24fb0d6963f7d28e17f72-2", 20 * MIB) // MIB
    16
    """
    _, _, count = tag.partition("-")
    if not count:
        return 0
    return next((part for part in PART_SIZES if -(-size // part) == int(count)), None)


def checksum_like(tag: str | None, pieces: Iterable[bytes], size: int) -> str | None:
    """Give the ETag that these bytes would have if they had been uploaded as the tag's were."""
    part = part_size(tag, size) if tag is not None and is_checksum(tag) else None
    if part is None:
        return None
    checksum = Checksum(part)
    for piece in pieces:
        checksum.update(piece)
    return checksum.tag()


@contextmanager
def opened(storage: Storage, found: Found) -> Iterator[Iterator[bytes]]:
    """Give an object's bytes in pieces; a large one from a file, fetched in one go."""
    if found.size <= LARGE:
        data = storage.read(found.key)
        if data is None:
            raise gone_error(storage, found.key)
        yield iter((data,))
    elif isinstance(storage, FolderStorage):
        yield file_pieces(storage, found, storage.root / found.key)
    else:
        with tempfile.TemporaryDirectory(prefix="zld-") as folder:
            path = Path(folder) / "object"
            storage.fetch_file(found.key, path)
            yield file_pieces(storage, found, path)


def file_pieces(storage: Storage, found: Found, path: Path) -> Iterator[bytes]:
    """Read the file of a large object in pieces."""
    try:
        with path.open("rb", buffering=0) as file:
            while piece := file.read(PIECE):
                yield piece
    except FileNotFoundError as error:
        raise gone_error(storage, found.key) from error
    except OSError as error:
        raise StoreError(
            f"Cannot read {found.key!r} in {storage.url!r}: {error.strerror or error}. "
            "Check the disk and the permissions, and run it again."
        ) from error


def same_bytes(one: Iterator[bytes], other: Iterator[bytes]) -> bool:
    """Compare two objects piece by piece; the pieces need not be cut alike."""
    left = right = b""
    for piece in chain(one, (b"",)):
        left += piece
        while len(right) < len(left) and (more := next(other, b"")):
            right += more
        shared = min(len(left), len(right))
        if left[:shared] != right[:shared]:
            return False
        left, right = left[shared:], right[shared:]
    return not left and not right and not next(other, b"")


def gone_error(storage: Storage, key: str) -> StoreError:
    """Say that an object went away between the listing and the reading."""
    return StoreError(
        f"Cannot copy {key!r} of {storage.url!r}: it was removed while the store was copied. "
        "Run it again: what is already copied is not copied again."
    )
