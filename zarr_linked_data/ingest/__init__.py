"""Entities and measured arrays into a store; a store into a store.

First all is planned and checked, and nothing is written. Then it is added whole or not at all,
whatever is killed in between, and the store is consolidated.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from zarr_linked_data.errors import InvalidInputError
from zarr_linked_data.ingest.contribution import Contribution
from zarr_linked_data.ingest.entities import EntitiesRequest
from zarr_linked_data.ingest.placing import Rules
from zarr_linked_data.ingest.run import Addition, Validate, add
from zarr_linked_data.jsonld import Entity
from zarr_linked_data.progress import Progress
from zarr_linked_data.storage import Storage

__all__ = ["Addition", "Validate", "add_entities", "add_store"]


def add_entities(  # noqa: PLR0913 - each is an option of `zld add`
    entities: Sequence[Entity],
    storage: Storage,
    *,
    arrays: Mapping[str, Path] | None = None,
    under: str | None = None,
    links: Sequence[str] = (),
    hierarchy: Sequence[str] = (),
    overwrite: bool = False,
    zarr_format: int = 3,
    validate: Validate | None = None,
    progress: Progress | None = None,
) -> Addition:
    """Add entities and measured arrays to a store, be it new; then consolidate it.

    In a store that is there, an entity goes below the entity that contains it, in the JSON-LD or in
    the store; else below `under`. Each array is checked, then written in compressed chunks.

    Parameters
    ----------
    arrays
        Files of arrays, `.npy`, `.csv` or `.parquet`, by URI: the array's own, or its entity's.
    under
        The URI of the group below which all goes that nothing contains.
    links, hierarchy
        What makes an entity contain another, as for `build_tree`.
    overwrite
        Entities that are in the store already get the properties given; those of other names stay,
        and so do links. Without it they are refused. Arrays are never replaced.
    zarr_format
        Of a new store.
    validate
        Called before anything is written, with the metadata documents that are new or change.
    progress
        Called with the bytes of arrays written, and those of all.

    Raises
    ------
    InvalidInputError, EntityNotFoundError, ConcurrentUpdateError
        Something cannot be added as it is, `under` or the URI of an array is not known, or somebody
        else changed what was to be replaced; nothing was added.
    StoreError
        The store cannot be written. Either nothing was added, or the message says so.
    """
    if not entities and not arrays:
        raise InvalidInputError(
            f"Nothing to add to {storage.url!r}: the JSON-LD says nothing of any entity. Give one "
            "that does, or arrays with --array URI=FILE."
        )
    files = {uri: Path(path) for uri, path in (arrays or {}).items()}
    rules = Rules(links, hierarchy)
    request = EntitiesRequest(entities, files, under, rules, overwrite, zarr_format)
    return add(request, storage, validate=validate, progress=progress)


def add_store(
    other: Storage,
    storage: Storage,
    *,
    under: str,
    validate: Validate | None = None,
    progress: Progress | None = None,
) -> Addition:
    """Add a contributor's store to another, below one of its groups; then consolidate that.

    It is copied whole: groups, arrays, and what else lies in it; only what is of its own place
    stays there (`.all_metadata`, `__zld`, consolidated metadata of its root). Its root is named by
    the last segment of its URI, else of its URL. A context above its new place is kept from
    changing what its JSON-LD says.

    Parameters
    ----------
    under
        The URI of the group that it goes below.
    validate, progress
        As for `add_entities`.

    Raises
    ------
    InvalidInputError
        It is of another Zarr format, or has URIs that are there already; nothing was added.
    EntityNotFoundError, AmbiguousEntityError
        No group has the URI `under`, or several have it; nothing was added.
    ConcurrentUpdateError
        Somebody wrote in the other store meanwhile; nothing was added.
    StoreError
        One of the stores cannot be read or written. Either nothing was added, or the message says
        so.
    """
    return add(Contribution.read(other, under), storage, validate=validate, progress=progress)
