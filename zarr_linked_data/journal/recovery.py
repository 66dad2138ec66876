"""Finishing, or taking back, what killed runs left."""

import hashlib
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace

from zarr_linked_data.errors import ConcurrentUpdateError, StoreError
from zarr_linked_data.journal.owner import Owner
from zarr_linked_data.journal.record import Record, read_records
from zarr_linked_data.storage import FolderStorage, Storage, read_many, write_many

SILENT_S = 15 * 60
"""A run on another machine that gave no sign of life for so long is taken for dead.

It gives one every `claim.BEAT_S`; clocks may differ by some minutes.
"""

live: set[str] = set()
"""The runs that this process is at."""


@contextmanager
def recovered(storage: Storage) -> Iterator[list[Record]]:
    """Finish or take back what killed runs left, before the block; call it under the store's lock.

    The block consolidates. Their journals go when it has ended well, so that whatever is killed,
    the next run knows.
    """
    finished = recover(storage)
    try:
        yield finished
        forget(storage, finished)
    finally:
        live.difference_update(record.run for record in finished)


def recover(storage: Storage) -> list[Record]:
    """Finish or take back what killed runs left; give the finished ones, whose journals stay."""
    finished: list[Record] = []
    try:
        for record, tag in list(read_records(storage)):
            if not _is_dead(storage, record) or not _take_over(storage, record, tag):
                continue
            if record.state == "publishing":
                live.add(record.run)
                finished.append(record)
                publish(storage, _unfinished(storage, record))
            else:
                take_back(storage, record)
    except BaseException:
        live.difference_update(record.run for record in finished)
        raise
    return finished


def _is_dead(storage: Storage, record: Record) -> bool:
    """Tell whether nobody is at it any more."""
    if record.run in live:
        return False
    if isinstance(storage, FolderStorage):
        return True  # or its owner would hold the lock that we hold
    if not record.owner.is_here():
        return time.time() - record.beat > SILENT_S
    return record.owner == Owner.this_process() or not record.owner.is_running()


def _take_over(storage: Storage, record: Record, tag: str | None) -> bool:
    """Make a dead run's journal ours; False where somebody else was faster.

    An owner that only slept finds on waking that the journal is not its own any more, and stops.
    """
    if isinstance(storage, FolderStorage):
        return True
    ours = replace(record.beating(), owner=Owner.this_process())
    try:
        storage.write_if(record.key, ours.encoded(), tag)
    except ConcurrentUpdateError:
        return False
    return True


def publish(storage: Storage, documents: Mapping[str, str]) -> None:
    """Write the documents that make all visible, the last one last; twice does no harm."""
    ordered = [(key, text.encode()) for key, text in documents.items()]
    write_many(storage, ordered[:-1])
    write_many(storage, ordered[-1:])


def _unfinished(storage: Storage, record: Record) -> dict[str, str]:
    """Give the documents that are as they were before; what somebody changed since is theirs."""
    left = {}
    for key, data, _ in read_many(storage, record.documents):
        if (None if data is None else digest(data)) == record.replaced.get(key):
            left[key] = record.documents[key]
    return left


def digest(data: bytes) -> str:
    """Tell one content of a document from others."""
    return hashlib.sha256(data).hexdigest()


def forget(storage: Storage, records: Iterable[Record]) -> None:
    """Remove the journals of runs that are done; if that fails, it is for the next run."""
    with suppress(StoreError):
        storage.delete([record.key for record in records])


def take_back(storage: Storage, record: Record) -> None:
    """Remove all that a run wrote, and its journal last."""
    for top, documents in record.tops.items():
        # Somebody else may have put a node there since.
        if all(storage.read_range(key, 0, 0) is None for key in documents):
            _remove(storage, top)
    storage.delete([record.key])


def _remove(storage: Storage, top: str) -> None:
    """Remove all objects below a path."""
    storage.delete([found.key for found in storage.list(top)])
    if isinstance(storage, FolderStorage):
        # Folders that a killed run made and left empty hold no object.
        shutil.rmtree(storage.root / top, ignore_errors=True)
