"""Consolidate a store by several readers, each of one range of keys; one commits them all."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from zarr_linked_data.consolidate.previous import Previous, read_previous
from zarr_linked_data.consolidate.run import (
    DEFAULT,
    Consolidation,
    check_writable,
    chosen_dataset_link,
    commit_walk,
)
from zarr_linked_data.errors import InvalidInputError
from zarr_linked_data.garbage import no_garbage_collection
from zarr_linked_data.journal import recovered
from zarr_linked_data.node import DOCUMENT_NAMES
from zarr_linked_data.storage import Storage, cache_folder
from zarr_linked_data.walk import Span, Walk, detect_format, drop_unreachable, walk_store


@dataclass(frozen=True, slots=True)
class Shard:
    """The documents of one range of keys, and the generation that "unchanged" refers to."""

    span: Span
    walk: Walk
    before: str | None


def plan_shards(storage: Storage, count: int, *, cache: Path | None = None) -> list[Span]:
    """Cut the store into ranges of document keys with as many documents each, never an empty one.

    The keys are those of the last consolidation; the first time, those that a listing finds.
    """
    if count < 1:
        raise InvalidInputError(f"Cannot make {count} shards: ask for 1 or more.")
    check_writable(storage)
    previous = read_previous(storage, cache or cache_folder())
    names = DOCUMENT_NAMES[detect_format(storage)]
    keys = sorted(previous.known) or [
        found.key for found in storage.list() if found.key.rpartition("/")[2] in names
    ]
    count = max(1, min(count, len(keys)))
    cuts = [keys[len(keys) * number // count] for number in range(1, count)]
    return [Span(first, end) for first, end in zip(["", *cuts], [*cuts, None], strict=True)]


def read_shard(storage: Storage, span: Span, *, cache: Path | None = None) -> Shard:
    """Read the documents of one range that have changed since the last consolidation."""
    previous = read_previous(storage, cache or cache_folder())
    with no_garbage_collection():
        return Shard(span, _walk_span(storage, previous, span), previous.generation)


def _walk_span(storage: Storage, previous: Previous, span: Span) -> Walk:
    """Read one range."""
    link = chosen_dataset_link(previous, DEFAULT)
    return walk_store(storage, known=previous.known, span=span, dataset_link=link)


def consolidate_shards(
    storage: Storage,
    shards: Iterable[Shard],
    *,
    cache: Path | None = None,
) -> Consolidation:
    """Commit what several readers read as one generation.

    A range whose reader compared with another generation than the store is at now is read again
    here.
    """
    started = time.perf_counter()
    cache = cache or cache_folder()
    check_writable(storage)
    ordered = sorted(shards, key=lambda shard: shard.span.first)
    _check_complete([shard.span for shard in ordered])
    with storage.lock(), recovered(storage) as finished, no_garbage_collection():
        storage.clean_parts()
        previous = read_previous(storage, cache)
        whole = Walk(detect_format(storage))
        for shard in ordered:
            # What a killed `add` left and was finished just now, no reader has seen.
            fits = shard.before == previous.generation and not finished
            whole.update(shard.walk if fits else _walk_span(storage, previous, shard.span))
        drop_unreachable(whole, previous.known)
        return commit_walk(whole, previous, DEFAULT, started=started)


def _check_complete(spans: Sequence[Span]) -> None:
    """Refuse ranges that leave out a part of the store: it would be taken for removed."""
    expected: str | None = ""
    for span in spans:
        if span.first != expected:
            break
        expected = span.end
    if expected is not None or not spans:
        found = ", ".join(f"{span.first!r} to {span.end!r}" for span in spans) or "none"
        raise InvalidInputError(
            f"The shards do not cover the whole store: found {found}. "
            "Commit all that `plan_shards` gave."
        )
