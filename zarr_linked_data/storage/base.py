"""What a place that holds a store's objects can do, whatever kind of place it is."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable
from urllib.parse import urlsplit

from zarr_linked_data.errors import ConcurrentUpdateError, InvalidInputError, StoreError

if TYPE_CHECKING:
    from zarr.abc.store import Store as ZarrStore

Data: TypeAlias = bytes | Iterable[bytes]
"""An object's bytes: whole, or in pieces, so that a large one never lies in memory whole."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object that a listing found: its key, its size in bytes and its tag.

    The tag (an ETag without quotes and `W/`) changes whenever the object does; None where the
    place has none.
    """

    key: str
    size: int
    tag: str | None


Contents: TypeAlias = tuple[list[str], list[Found]]
"""What one folder holds: the names of its folders, and its objects with names for keys."""


@runtime_checkable
class Storage(Protocol):
    """A place that holds objects under keys: a folder, a bucket, a web server, a Zarr store.

    Keys have '/' between their parts, none at either end, and no '.' or '..' as a part. All methods
    raise `StoreError` in one line when the place does not do what it is asked.
    """

    @property
    def url(self) -> str:
        """Where it is, as a user would write it; never with credentials."""

    @property
    def threads(self) -> int:
        """How many requests at once serve it best: 1 for a folder, many for a distant server."""

    def writable(self) -> bool:
        """Tell whether our objects may be put here."""

    def can_list(self) -> bool:
        """Tell whether the objects here can be listed; over plain HTTP they cannot."""

    def honours_conditions(self) -> bool:
        """Tell whether `write_if` is safe against others who write at the same moment."""

    def read(self, key: str) -> bytes | None:
        """Give an object's bytes; None where there is no such object."""

    def read_tagged(self, key: str) -> tuple[bytes, str | None] | None:
        """Give an object's bytes and its tag."""

    def read_start(self, key: str, length: int) -> tuple[bytes, Found] | None:
        """Give an object's first bytes, and what there is of it."""

    def read_range(
        self, key: str, start: int, length: int, *, tag: str | None = None
    ) -> bytes | None:
        """Give `length` bytes of an object from `start` on; fewer where it ends before.

        Raises
        ------
        ConcurrentUpdateError
            The object has another tag than the one given: the bytes would be of another state.
        """

    def write(self, key: str, data: Data, *, durable: bool = False) -> None:
        """Put an object: whoever reads sees the old one or the new one, never a part.

        With `durable` it comes back only when the object would outlive a loss of power.
        """

    def write_if(self, key: str, data: Data, tag: str | None, *, durable: bool = False) -> None:
        """Put an object if the one that is there still has this tag; with None, if there is none.

        Raises
        ------
        ConcurrentUpdateError
            Somebody else was faster. Nothing was written.
        """

    def write_file(self, key: str, path: Path) -> None:
        """Put a file's content."""

    def fetch_file(self, key: str, path: Path) -> None:
        """Get an object into a file, which appears whole or not at all."""

    def delete(self, keys: Iterable[str]) -> None:
        """Take objects away, and the folders that this leaves empty; absent ones are fine."""

    def list(self, prefix: str = "", after: str | None = None) -> Iterator[Found]:
        """List all objects in the folder `prefix` and below, by key; only those after `after`."""

    def list_folder(self, path: str) -> Contents:
        """List one folder: the names of its folders, and its objects with names for keys."""

    def lock(self) -> AbstractContextManager[None]:
        """Let others wait while the block runs, where the place can (a folder)."""

    def clean_parts(self) -> int:
        """Remove the unfinished objects of killed runs, and tell how many; call it under `lock`."""

    def zarr(self, *, read_only: bool = True) -> "ZarrStore":
        """Give the same place as a store of zarr-python."""


PATIENCE_S = 30.0
"""How long a request may take with all its tries before the user hears of it."""

OUR_FOLDER = "__zld"
"""The folder for what is ours in a store: Zarr leaves names with two underscores to others."""

MALFORMED = re.compile(r"(?:^|/)\.{0,2}(?=/|\Z)|\0|[\ud800-\udfff]")
"""An empty part, '.' or '..' (a way out of the store), NUL, or what is not Unicode text."""


def checked_key(key: str) -> str:
    """Refuse a key that is none, above all one that would lead out of the store.

    >>> checked_key("a/zarr.json")
    'a/zarr.json'
    """
    if MALFORMED.search(key):
        raise InvalidInputError(
            f"{key!r} is no key of an object: its parts are divided by single '/', and '', '.' and "
            "'..' are no parts. Correct the path."
        )
    return key


def checked_folder(path: str) -> str:
    """Give the path of a folder of a store without a '/' at its end; the root's is empty.

    >>> checked_folder("a/b/")
    'a/b'
    """
    return checked_key(path.removesuffix("/")) if path else ""


def cache_folder() -> Path:
    """Give the user's cache folder of this program; losing it loses time only."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says to ignore a path that is not absolute.
    return (Path(home) if home.startswith("/") else Path.home() / ".cache") / "zld"


def without_login(url: str) -> str:
    """Give an address without user and password, fit for messages.

    >>> without_login("ftp://me:secret@lab.org/x")
    'ftp://lab.org/x'
    """
    return re.sub(r"(?<=://)[^/]*@", "", url)


def public_url(url: str) -> str:
    """Give a web address without its password, its query and the '/' at its end.

    >>> public_url("https://me:secret@lab.org/data/lab.zarr/?token=1")
    'https://lab.org/data/lab.zarr'
    """
    parts = urlsplit(without_login(url))
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def plain_tag(tag: str | None) -> str | None:
    """Take quotes and `W/` off an ETag: rclone has them in answers to GET, not in listings.

    >>> plain_tag('W/"a1"')
    'a1'
    """
    return tag.removeprefix("W/").strip('"') if tag else None


def content_tag(data: bytes) -> str:
    """Make a tag of an object's content, for places that give none."""
    return f"sha256-{hashlib.sha256(data).hexdigest()}"


def read_only_error(key: str, url: str, why: str) -> StoreError:
    """Say that a place takes no objects."""
    return StoreError(
        f"Cannot write {key!r} in {url!r}: {why}. Copy the store to a folder or bucket of yours "
        "with `zld copy`."
    )


def changed_error(verb: str, key: str, url: str) -> ConcurrentUpdateError:
    """Say that somebody else was faster."""
    return ConcurrentUpdateError(
        f"Cannot {verb} {key!r} in {url!r}: somebody else changed it meanwhile. Nothing of theirs "
        "was overwritten; run it again, or open the store again."
    )


def check_tag(now: str | None, tag: str | None, key: str, url: str) -> None:
    """Refuse bytes of another state than the one that was asked for."""
    if tag is not None and now is not None and now != tag:
        raise changed_error("read", key, url)


def missing_error(key: str, url: str) -> StoreError:
    """Say that an object that must be there is not."""
    return StoreError(
        f"Cannot read {key!r} in {url!r}: there is no such object. Run `zld check` to see what "
        "else the store lacks."
    )
