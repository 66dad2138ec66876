"""Every metadata document of a store, with a signature that tells later whether it has changed.

Chunks are never read, and below an array nothing is looked at. A folder is walked by itself; an
object store is listed flat, or descended in parallel when flat listing would see too many chunks.
"""

from collections.abc import Callable, Mapping

from zarr_linked_data.errors import StoreError, StoreNotFoundError
from zarr_linked_data.jsonld import DATASET_LINK
from zarr_linked_data.storage import FolderStorage, Storage
from zarr_linked_data.walk.crew import walk_folder
from zarr_linked_data.walk.facts import Facts, read_facts
from zarr_linked_data.walk.objects import drop_unreachable, walk_objects
from zarr_linked_data.walk.result import (
    EVERYTHING,
    FORMAT_3,
    SIGNATURE_LENGTH,
    Known,
    Signature,
    Span,
    Walk,
)

__all__ = [
    "EVERYTHING",
    "FORMAT_3",
    "SIGNATURE_LENGTH",
    "Facts",
    "Known",
    "Signature",
    "Span",
    "Walk",
    "detect_format",
    "drop_unreachable",
    "read_facts",
    "walk_store",
]

Progress = Callable[[int, int | None], None]


def detect_format(storage: Storage) -> int:
    """Tell whether a store is of Zarr format 2 or 3; where it is both, 3 as for zarr-python.

    Raises
    ------
    StoreNotFoundError
        There is no Zarr group or array at the root.
    """
    if storage.read("zarr.json") is not None:
        return 3
    if storage.read(".zgroup") is not None or storage.read(".zarray") is not None:
        return 2
    raise StoreNotFoundError(
        f"No Zarr store at {storage.url!r}: it has no zarr.json, .zgroup or .zarray at its root. "
        "Check the path, or make a store with `zld fake` or `zld add`."
    )


def walk_store(
    storage: Storage,
    *,
    known: Mapping[str, Known] | None = None,
    span: Span = EVERYTHING,
    progress: Progress | None = None,
    dataset_link: str = DATASET_LINK,
) -> Walk:
    """Gather every metadata document of a store, reading only those that may have changed.

    Parameters
    ----------
    known
        Of each document seen before, by its key, the signature and whether it is a group.
    span
        The range of keys to gather, for several walkers of one store.
    dataset_link
        Local name of the property by which groups point at their arrays.
    progress
        Called now and then with the documents seen so far, and None for their unknown total.

    Raises
    ------
    StoreNotFoundError
        There is no Zarr group or array at the root.
    StoreError
        A folder cannot be listed or a document cannot be read: what is not seen is never taken for
        removed.
    """
    zarr_format = detect_format(storage)
    report = progress or _silent
    if isinstance(storage, FolderStorage):
        walk = walk_folder(storage, zarr_format, known or {}, span, report, dataset_link)
    else:
        walk = walk_objects(storage, zarr_format, known or {}, span, report)
        if span == EVERYTHING:
            drop_unreachable(walk, known or {})
    _check_names(walk, storage)
    return walk


def _silent(_done: int, _total: int | None) -> None:
    """Report nothing."""


def _check_names(walk: Walk, storage: Storage) -> None:
    """Refuse names that are not Unicode: no JSON document can hold them as keys."""
    try:
        "".join(walk.documents).encode()
    except UnicodeEncodeError as error:
        bad = next(key for key in walk.documents if _is_broken(key))
        raise StoreError(
            f"The name {bad!r} in {storage.url!r} is not UTF-8. "
            "Rename that folder and consolidate again."
        ) from error


def _is_broken(key: str) -> bool:
    """Tell whether the key has bytes that are not UTF-8 (Python keeps them as lone surrogates)."""
    return any("\ud800" <= character <= "\udfff" for character in key)
