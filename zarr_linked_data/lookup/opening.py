"""Open a store's metadata, wherever they are kept."""

import hashlib
from pathlib import Path

from zarr_linked_data.errors import NotConsolidatedError
from zarr_linked_data.lookup.catalogue import Catalogue
from zarr_linked_data.metadata import METADATA_KEY, read_head
from zarr_linked_data.storage import Storage, cache_folder, open_storage


def open_catalogue(storage: Storage, cache: Path | None = None) -> Catalogue:
    """Open the store's metadata.

    Those of a store that cannot take ours are gathered in the user's cache first.

    Raises
    ------
    NotConsolidatedError
        Nobody has consolidated the store yet.
    """
    cache = cache or cache_folder()
    home, head = storage, read_head(storage)
    if head is None:
        if not storage.can_list():
            raise NotConsolidatedError(
                f"{storage.url!r} has no {METADATA_KEY!r}, and HTTP cannot list what is there. "
                "Ask its owner to run `zld consolidate`."
            )
        if storage.writable():
            raise NotConsolidatedError(
                f"{storage.url!r} has never been consolidated. Run `zld consolidate {storage.url}`."
            )
        home = _gather_in_cache(storage, cache)
    return Catalogue(storage, home, cache)


def _gather_in_cache(storage: Storage, cache: Path) -> Storage:
    """Keep the metadata of a store that cannot take our objects in the user's cache, up to date."""
    from zarr_linked_data.consolidate import consolidate  # noqa: PLC0415 - few stores need it

    name = hashlib.sha256(storage.url.encode()).hexdigest()[:32]
    home = open_storage(cache / "stores" / name, create=True)
    consolidate(storage, home=home, cache=cache)
    return home
