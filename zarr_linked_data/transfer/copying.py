"""Copying single objects, and comparing what lies in the target with what was written."""

from collections.abc import Callable, Iterable, Iterator
from hashlib import md5
from pathlib import Path

from zarr_linked_data.errors import ConcurrentUpdateError, StoreError
from zarr_linked_data.storage import FolderStorage, Found, Storage
from zarr_linked_data.transfer.checksums import (
    LARGE,
    PART_SIZES,
    Checksum,
    file_pieces,
    gone_error,
    opened,
)
from zarr_linked_data.transfer.parallel import in_parallel
from zarr_linked_data.transfer.plan import Listing

Written = tuple[str, ...]
"""The checksums of what was written: of the whole and, if large, of its pieces."""


class Copier:
    """Copies objects from one place to another, and remembers the checksum of each.

    Parameters
    ----------
    watch
        Told now and then how many objects are copied.
    """

    def __init__(self, source: Storage, target: Storage, watch: Callable[[int], None]) -> None:
        self.source = source
        self.target = target
        self.written: dict[str, Written] = {}
        self._watch = watch

    def copy(self, found: list[Found]) -> None:
        """Copy these objects, in any order, and come back when all are there."""
        storages = self.source, self.target
        in_parallel(self._copy_one, found, storages, lambda: self._watch(len(self.written)))

    def _copy_one(self, found: Found) -> None:
        if found.size > LARGE:
            self.written[found.key] = self._copy_large(found)
            return
        data = self.source.read(found.key)
        if data is None:
            raise gone_error(self.source, found.key)
        if len(data) != found.size:
            raise changed_error(self.source, found.key)
        self.target.write(found.key, data)
        self.written[found.key] = (md5(data, usedforsecurity=False).hexdigest(),)

    def _copy_large(self, found: Found) -> Written:
        """Copy an object that is too large for the memory."""
        seen = _Seen()
        if isinstance(self.target, FolderStorage) and not isinstance(self.source, FolderStorage):
            with self.target.part() as part:  # to where it stays: no second copy on the disk
                self.source.fetch_file(found.key, part)
                seen.take_all(file_pieces(self.source, found, Path(part)))
                self.target.adopt(part, found.key)
        else:
            with opened(self.source, found) as pieces:
                self.target.write(found.key, seen.taking(pieces))
        return seen.checksums()

    def verify(self, plan_target: Listing, source: Listing) -> None:
        """Compare each object of the target with what was written, by a new listing.

        Parameters
        ----------
        plan_target
            What the target held before; what was found to be the same must still be that.
        source
            What the target must hold.

        Raises
        ------
        StoreError
            An object is missing or differs.
        """
        now = {found.key: found for found in self.target.list() if found.key in source}
        unproved = []
        for key, found in source.items():
            other = now.get(key)
            if other is None or other.size != found.size:
                raise self._mismatch(key, "is missing" if other is None else "has another size")
            if key not in self.written:
                if other.tag != plan_target[key].tag:
                    raise self._mismatch(key, "was changed by somebody else")
            elif other.tag not in self.written[key]:
                unproved.append(other)
        in_parallel(self._read_back, unproved, (self.target, self.target), lambda: None)

    def _read_back(self, found: Found) -> None:
        """Compare by content, where the tag is no checksum or was made in another way."""
        checksum = Checksum(0)
        with opened(self.target, found) as pieces:
            for piece in pieces:
                checksum.update(piece)
        if checksum.tag() != self.written[found.key][0]:
            raise self._mismatch(found.key, "has another content")

    def _mismatch(self, key: str, found: str) -> StoreError:
        return StoreError(
            f"The copy of {key!r} in {self.target.url!r} {found}: it is not what was written. "
            "Nobody else may write there meanwhile; run it again, and it is copied anew."
        )


class _Seen:
    """The checksums of bytes that pass by."""

    def __init__(self) -> None:
        self._checksums = (Checksum(0), Checksum(PART_SIZES[0]))

    def taking(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Hand on all pieces."""
        for piece in pieces:
            for checksum in self._checksums:
                checksum.update(piece)
            yield piece

    def take_all(self, pieces: Iterable[bytes]) -> None:
        """Take all pieces."""
        for _ in self.taking(pieces):
            pass

    def checksums(self) -> Written:
        """Give the checksums of all that passed."""
        return tuple(checksum.tag() for checksum in self._checksums)


def refuse_changes(source: Storage, before: Listing, after: Listing) -> None:
    """Refuse to call it a copy when the source is not what it was at the beginning."""
    for key in sorted({*before, *after}):
        one, other = before.get(key), after.get(key)
        if one is None or other is None or (one.size, one.tag) != (other.size, other.tag):
            raise changed_error(source, key)


def changed_error(source: Storage, key: str) -> ConcurrentUpdateError:
    """Say that the source is being written."""
    return ConcurrentUpdateError(
        f"Somebody changed {key!r} of {source.url!r} while it was copied, so that the copy is of "
        "no one state. Run it again: only what has changed is copied."
    )
