"""Listing an object store by key, going on where the connection broke off."""

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from zarr_linked_data.storage.base import Contents, Found, plain_tag
from zarr_linked_data.storage.object_errors import Tries, again, is_missing

if TYPE_CHECKING:
    from obstore import ObjectMeta

PAGE = 1000
"""How many keys S3 lists in one request."""

NO_PART = re.compile(r"^\.{0,2}$|[\x00-\x1f\x7f]")
"""What obstore takes for no part of a key."""


def list_objects(store: ObjectStore, folder: str, after: str) -> Iterator[Found]:
    """List all objects in a folder and below, by key, from the one after `after` on."""
    entries = _objects(store, folder, _offset(after))
    for found in _without_markers(store, entries):
        if found["path"] > after:
            yield Found(found["path"], found["size"], plain_tag(found["e_tag"]))


def _offset(after: str) -> str | None:
    """Give the last key up to `after` that obstore takes: not every text is a key."""
    good = list(takewhile(lambda part: not NO_PART.search(part), after.split("/")))
    return "/".join(good) or None


def _objects(store: ObjectStore, folder: str, after: str | None) -> "Iterator[ObjectMeta]":
    tries = Tries()
    while True:
        try:
            for page in obstore.list(store, folder or None, offset=after, chunk_size=PAGE):
                yield from page
                after, tries = page[-1]["path"], Tries()
        except BaseError as error:
            tries.fail(error)
        else:
            return


def _without_markers(store: ObjectStore, found: "Iterator[ObjectMeta]") -> "Iterator[ObjectMeta]":
    """Leave out the markers of folders, which some tools put: empty objects named 'folder/'.

    obstore takes the '/' off, so that they look like objects called 'folder'; they come right
    before the objects of that folder, or cannot be read by that name.
    """
    waiting: ObjectMeta | None = None
    for entry in found:
        if (
            waiting
            and not entry["path"].startswith(f"{waiting['path']}/")
            and _exists(store, waiting)
        ):
            yield waiting
        waiting = entry if entry["size"] == 0 else None
        if waiting is None:
            yield entry
    if waiting and _exists(store, waiting):
        yield waiting


def _is_in(entry: "ObjectMeta", folder: "ObjectMeta") -> bool:
    return entry["path"].startswith(f"{folder['path']}/")


def _exists(store: ObjectStore, entry: "ObjectMeta") -> bool:
    try:
        obstore.head(store, entry["path"])
    except FileNotFoundError as error:
        if is_missing(error):
            return False
        raise
    except ValueError:
        return False  # the marker of the listed folder itself, whose name is now empty
    return True


def list_contents(store: ObjectStore, folder: str) -> Contents:
    """List what one folder holds."""
    answer = again(lambda: obstore.list_with_delimiter(store, folder or None))
    skipped = len(folder) + 1 if folder else 0
    folders = sorted(path[skipped:] for path in answer["common_prefixes"])
    objects = [
        Found(entry["path"][skipped:], entry["size"], plain_tag(entry["e_tag"]))
        for entry in sorted(answer["objects"], key=lambda entry: entry["path"])
        if entry["path"] not in {folder, ""}  # the folder's own marker
    ]
    return folders, objects
