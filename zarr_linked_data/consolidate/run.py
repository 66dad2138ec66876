"""Consolidate a store: read what has changed, and commit one new generation."""

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from zarr_linked_data.consolidate.commit import Commit, settle
from zarr_linked_data.consolidate.previous import Previous, read_previous
from zarr_linked_data.errors import StoreError, ZldWarning
from zarr_linked_data.garbage import no_garbage_collection
from zarr_linked_data.journal import recovered
from zarr_linked_data.jsonld import DATASET_LINK, Context, describe, is_iri
from zarr_linked_data.node import read_node, sanitised, without_consolidated
from zarr_linked_data.storage import Storage, cache_folder
from zarr_linked_data.walk import Walk, walk_store

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Consolidation:
    """What a consolidation found and did."""

    generation: str
    nodes: int
    arrays: int
    changed: int
    """Nodes that are new or whose documents differ from the last generation's."""
    removed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Options:
    """How to consolidate, beside what the store itself says."""

    full: bool = False
    store_iri: str | None = None
    dataset_link: str | None = None


DEFAULT = Options()


def consolidate(
    storage: Storage,
    *,
    options: Options = DEFAULT,
    home: Storage | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Consolidation:
    """Gather every node's metadata in `.all_metadata`, and index it by URI.

    With nothing changed, nothing is written.

    Parameters
    ----------
    options
        `full` reads every document again; `store_iri` names the store (first the root's URI, else a
        new `urn:uuid:`, is kept from then on); `dataset_link` is the local name of the property by
        which groups point at their arrays.
    home
        Where our objects go instead of into the store itself, for a store that cannot take them.
    cache
        The user's cache folder.
    progress
        Called now and then with the documents seen so far.

    Raises
    ------
    ConcurrentUpdateError
        Somebody else committed in the meantime (only in object stores; on a folder the second
        waits).
    CorruptDocumentError, InvalidJsonLdError
        A node's document cannot be used; the store stays at its last generation.
    StoreError
        The store cannot be listed, read or written.
    """
    home = home or storage
    check_writable(home)
    with home.lock():
        home.clean_parts()
        return consolidate_locked(
            storage, options=options, home=home, cache=cache, progress=progress
        )


def consolidate_locked(
    storage: Storage,
    *,
    options: Options = Options(),
    home: Storage | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Consolidation:
    """Consolidate for a caller who holds the store's lock; see `consolidate`."""
    started = time.perf_counter()
    home = home or storage
    with recovered(home), no_garbage_collection():
        previous = read_previous(home, cache or cache_folder())
        known = {} if options.full else previous.known
        link = chosen_dataset_link(previous, options)
        walk = walk_store(storage, known=known, progress=progress, dataset_link=link)
        return commit_walk(walk, previous, options, started=started)


def check_writable(storage: Storage) -> None:
    """Refuse a store that cannot take our objects."""
    if not storage.writable():
        raise StoreError(
            f"Cannot consolidate {storage.url!r}: it cannot take our objects. It can be read all "
            "the same: its metadata are gathered in your cache when it is opened."
        )


def commit_walk(
    walk: Walk, previous: Previous, options: Options, *, started: float
) -> Consolidation:
    """Make the next generation of what a walk found."""
    read = {key: data for key, data in walk.documents.items() if data is not None}
    read |= {key: _clean(key, read[key]) for key in sorted(walk.unclean)}
    before = previous.read(read) if previous.known else previous.read_all()
    paths = {_path(key) for key in walk.documents}
    changed = paths
    if previous.index is not None:
        changed = {_path(key) for key, data in read.items() if before.get(key) != data}
    removed = {_path(key) for key in previous.known or before if key not in walk.documents}
    changed |= removed & paths  # a node that lost one of its documents, or has another kind
    link = chosen_dataset_link(previous, options)
    iri = options.store_iri or previous.iri

    summary = previous.index.summary if previous.index else None
    if (
        summary
        and not changed
        and not removed
        and (iri, link) == (summary.iri, summary.dataset_link)
    ):
        settle(walk, previous)
    else:
        documents = _merge(walk, read, previous, before)
        iri = iri or _root_uri(documents, link) or f"urn:uuid:{uuid4()}"
        summary = Commit(previous, documents, iri=iri, dataset_link=link).write(walk)
    return Consolidation(
        generation=summary.generation,
        nodes=summary.nodes,
        arrays=summary.arrays,
        changed=len(changed),
        removed=len(removed - paths),
        seconds=time.perf_counter() - started,
    )


def chosen_dataset_link(previous: Previous, options: Options) -> str:
    """Give the property by which groups point at their arrays: asked for, or kept."""
    return options.dataset_link or (previous.head.dataset_link if previous.head else DATASET_LINK)


def _path(key: str) -> str:
    """Give the node's path of a document's key."""
    return key[: key.rfind("/")] if "/" in key else ""


def _clean(key: str, data: bytes) -> bytes:
    """Make a document fit for the consolidated metadata: JSON, and without others' inside."""
    data, had_constants = sanitised(data)
    if had_constants:
        warnings.warn(
            f"The document {key!r} holds bare NaN or Infinity, which is not JSON; "
            "they are kept as strings.",
            ZldWarning,
            stacklevel=2,
        )
    return without_consolidated(data)


def _merge(
    walk: Walk, read: Mapping[str, bytes], previous: Previous, before: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Put documents read now and documents unchanged together, sorted by key."""
    unchanged = before
    if len(read) < len(walk.documents) and previous.known:
        unchanged = previous.read_all()
    return {key: read[key] if key in read else unchanged[key] for key in sorted(walk.documents)}


def _root_uri(documents: Mapping[str, bytes], dataset_link: str) -> str | None:
    """Give the root's own URI, if it has a valid one."""
    root = {key: data for key, data in documents.items() if "/" not in key}
    uri = describe(read_node(root, "").attributes, Context.NONE, dataset_link).uri
    return uri if uri is not None and is_iri(uri) else None
