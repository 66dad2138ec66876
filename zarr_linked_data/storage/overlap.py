"""Whether two storages are one place, or lie one inside the other."""

from zarr_linked_data.storage.base import Storage
from zarr_linked_data.storage.folder import FolderStorage


def describe_overlap(one: Storage, other: Storage) -> str | None:
    """Say how two places share objects; None where they share none."""
    here, there = _parts(one), _parts(other)
    shared = min(len(here), len(there))
    if here[:shared] != there[:shared]:
        return None
    return "are the same place" if here == there else "lie one inside the other"


def _parts(storage: Storage) -> tuple[str, ...]:
    """Name a place by its parts, so that places inside others begin alike."""
    if isinstance(storage, FolderStorage):
        return ("folder", *storage.root.resolve().parts)
    scheme, _, path = storage.url.partition("://")
    store = getattr(storage, "store", None)
    parts = [part for part in path.split("/") if part]
    if not parts:  # in memory: one URL stands for many places
        return (scheme, str(id(store or storage)))
    # Two servers may have buckets of one name.
    return (scheme, str(getattr(store, "config", {}).get("endpoint")), *parts)
