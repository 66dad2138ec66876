"""The course of an addition: claim, plan, check, write what nobody sees, publish, consolidate."""

import errno
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from zarr_linked_data.consolidate.run import Consolidation, consolidate_locked
from zarr_linked_data.errors import ConcurrentUpdateError, StoreError, ZldError, ZldWarning
from zarr_linked_data.garbage import no_garbage_collection
from zarr_linked_data.ingest.plan import Plan, prove, refuse_occupied
from zarr_linked_data.journal import Claim, claimed
from zarr_linked_data.node import without_consolidated
from zarr_linked_data.progress import Progress
from zarr_linked_data.storage import FolderStorage, Storage, write_many
from zarr_linked_data.storage.files import file_error

Validate = Callable[[Mapping[str, bytes]], None]
"""Gets the metadata documents that are new or change, by object key; raises what it refuses."""

_TRIES = 20
"""Consolidations that are tried while others consolidate a store that has no lock."""

_PAUSE_S = 0.2
"""Between two of them."""


@dataclass(frozen=True)
class Addition:
    """What was added."""

    nodes: int
    """Groups and arrays that are new."""
    arrays: int
    replaced: int
    """Nodes that were there already and got other properties."""
    bytes: int
    """Of the arrays' values, or of the objects that were copied."""
    generation: str
    """Of the metadata, as consolidated thereafter."""
    seconds: float


class Request(Protocol):
    """What can be asked for."""

    @property
    def digest(self) -> str:
        """Tell it from other requests."""

    def plan(self, storage: Storage) -> Plan:
        """Find a place for all of it, and check it."""


def add(
    request: Request,
    storage: Storage,
    *,
    validate: Validate | None = None,
    progress: Progress | None = None,
) -> Addition:
    """Do what is asked for, whole or not at all; then consolidate."""
    started = time.perf_counter()
    with _made(storage), no_garbage_collection():
        _check_writable(storage)
        with claimed(storage, request.digest) as ours:
            done = [record for record in ours.finished if record.request == request.digest]
            if done:  # a killed run got so far that it was finished
                outcome = dict(done[0].outcome)
            else:
                plan = request.plan(storage)
                outcome = _write(plan, ours, validate, progress)
            with _told_that_it_was_added(ours):
                consolidated = _consolidate(storage)
    seconds = time.perf_counter() - started
    return Addition(**outcome, generation=consolidated.generation, seconds=seconds)


def _write(
    plan: Plan, ours: Claim, validate: Validate | None, progress: Progress | None
) -> dict[str, int]:
    """Check the plan, then write all of it."""
    storage = ours.storage
    refuse_occupied(plan, storage)
    prove(plan)
    if validate is not None:
        validate(plan.documents)
    total = sum(content.nbytes for content in plan.contents)
    outcome = {
        "nodes": len(plan.nodes),
        "arrays": sum(node.kind == "array" for node in plan.nodes),
        "replaced": len(plan.changed),
        "bytes": total,
    }
    if plan.documents:
        _warn_of_consolidated(plan)
        ours.write_ahead(plan.tops)
        _refuse_unwritable(plan, storage)
        report = _reporter(ours, total, progress)
        write_many(storage, plan.hidden.items())
        for content in plan.contents:
            content.write(storage, report)
        _refuse_changes(plan, storage)
        before = {key: stored for key, (stored, _) in plan.changed.items()}
        ours.publish(plan.visible, before, outcome)
    return outcome


def _reporter(ours: Claim, total: int, progress: Progress | None) -> Callable[[int], None]:
    """Give what is told of bytes that were written: it tells the user, and shows that we live."""
    done = 0

    def report(count: int) -> None:
        nonlocal done
        done += count
        ours.beat()
        if progress is not None:
            progress(done, total)

    return report


def _refuse_unwritable(plan: Plan, storage: Storage) -> None:
    """See on a folder that what is published last can be: then it is too late to take back."""
    if not isinstance(storage, FolderStorage):
        return
    for folder in plan.tops:
        try:
            (storage.root / folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise file_error("write", folder, storage.url, error) from error
    for key in plan.changed:
        if not os.access((storage.root / key).parent, os.W_OK | os.X_OK):
            denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            raise file_error("write", key, storage.url, denied)


def _refuse_changes(plan: Plan, storage: Storage) -> None:
    """Refuse to replace a document that is not any more what was planned with."""
    for key, (before, _) in plan.changed.items():
        if storage.read(key) != before:
            raise ConcurrentUpdateError(
                f"Cannot replace {key!r} in {storage.url!r}: somebody else changed it meanwhile. "
                "Nothing was added; run it again."
            )


def _warn_of_consolidated(plan: Plan) -> None:
    """Warn where other programs would go on reading the store as it was."""
    root = plan.existing.stored_root
    if root is not None and without_consolidated(root) != root:
        warnings.warn(
            f"The root of {plan.existing.url!r} has consolidated metadata of zarr-python, which do "
            "not know what is added. Renew them with zarr.consolidate_metadata.",
            ZldWarning,
            stacklevel=5,
        )


def _consolidate(storage: Storage) -> Consolidation:
    """Consolidate; where nobody can be made to wait, as often as others come in between."""
    for _ in range(_TRIES):
        try:
            return consolidate_locked(storage)
        except ConcurrentUpdateError:
            time.sleep(_PAUSE_S)
    return consolidate_locked(storage)


@contextmanager
def _told_that_it_was_added(ours: Claim) -> Iterator[None]:
    """Let an error say that only the consolidation is missing."""
    try:
        yield
    except ZldError as error:
        raise type(error)(
            f"{error} What was asked for is in the store all the same; `zld consolidate "
            f"{ours.storage.url}` makes it findable."
        ) from error


def _check_writable(storage: Storage) -> None:
    if not storage.writable():
        raise StoreError(
            f"Cannot add to {storage.url!r}: it may not be written to. Copy it to a place of yours "
            "with `zld copy`, or ask its owner for the right to write."
        )


@contextmanager
def _made(storage: Storage) -> Iterator[None]:
    """Make the folder of a new store; if nothing comes of it, it goes again."""
    made = False
    if isinstance(storage, FolderStorage):
        try:
            made = not storage.root.exists()
            storage.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise file_error("make", "", storage.url, error) from error
    try:
        yield
    except BaseException:
        if made:
            with suppress(OSError):  # something is in it after all
                Path(storage.url).rmdir()
        raise
