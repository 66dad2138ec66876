"""The right to add to a store: one request at a time has it."""

import ctypes
import os
import random
import time
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from zarr_linked_data.errors import ConcurrentUpdateError, StoreError, ZldWarning
from zarr_linked_data.journal.owner import Owner
from zarr_linked_data.journal.record import Record, read_records
from zarr_linked_data.journal.recovery import digest, forget, live, publish, recover, take_back
from zarr_linked_data.storage import FolderStorage, Storage

BEAT_S = 60.0
"""How often a run shows that it lives, where others cannot see it."""

_PAUSE_S = 0.1
"""How long to wait before looking again whether others are done; at random up to ten times this."""

_PATIENCE_S = 5.0
"""A user who waits longer than this wants to know for whom."""


class Claim:
    """The right of one request to add to a store, and the journal of what it does."""

    def __init__(self, storage: Storage, request: str) -> None:
        self.storage = storage
        self.record = Record(
            run=uuid.uuid4().hex,
            owner=Owner.this_process(),
            beat=time.time(),
            request=request,
        )
        self.finished: list[Record] = []
        """Killed runs that were finished; their journals go with ours."""
        self._tag: str | None = None

    def write_ahead(self, tops: Mapping[str, list[str]]) -> None:
        """Note what is going to be written, before anything is.

        Parameters
        ----------
        tops
            The paths of new subtrees, and the keys of the documents that make each visible.
        """
        self._write(replace(self.record.beating(), state="writing", tops=dict(tops)))

    def beat(self) -> None:
        """Show that this run lives; call it now and then.

        Raises
        ------
        ConcurrentUpdateError
            Somebody took this run for dead, and has taken back what it wrote.
        """
        if time.time() - self.record.beat > BEAT_S:
            self._write(self.record.beating())

    def publish(
        self,
        documents: Mapping[str, bytes],
        replaced: Mapping[str, bytes | None],
        outcome: Mapping[str, Any],
    ) -> None:
        """Make all visible. From the first write on, whatever happens, it is going to be.

        Parameters
        ----------
        documents
            Those by which all becomes visible, the last one last, by key.
        replaced
            Of those that are there, what they hold now.
        outcome
            What to tell who asks for the same again.
        """
        _settle(self.storage)
        self._write(
            replace(
                self.record.beating(),
                state="publishing",
                documents={key: data.decode() for key, data in documents.items()},
                replaced={key: digest(data) for key, data in replaced.items() if data is not None},
                outcome=outcome,
            )
        )
        publish(self.storage, self.record.documents)

    def _write(self, record: Record) -> None:
        """Write the journal; where there is no lock, only if it is still ours."""
        data = record.encoded()
        if isinstance(self.storage, FolderStorage):
            self.storage.write(record.key, data, durable=True)
        else:
            try:
                self.storage.write_if(record.key, data, self._tag)
            except ConcurrentUpdateError:
                self._lose()
            found = self.storage.read_tagged(record.key)
            if found is None or found[0] != data:
                self._lose()
            else:
                self._tag = found[1]
        self.record = record

    def _lose(self) -> None:
        """Say that somebody else took over; what they do with the journal is their affair."""
        raise ConcurrentUpdateError(
            f"Cannot add to {self.storage.url!r}: this run gave no sign of life for so long that "
            "another one took back what it had written. Run it again."
        )

    def wait(self) -> None:
        """Come back when nobody else adds to the store; killed runs are finished or taken back.

        Each who sees another waits; so that not all do so for ever, only the first by name stays in
        line, and the others come back later. On a folder the lock has seen to that.
        """
        if isinstance(self.storage, FolderStorage):
            self.finished += recover(self.storage)
            return
        self._write(self.record)
        started = time.monotonic()
        told = False
        while others := self._others():
            if not told and time.monotonic() - started > _PATIENCE_S:
                told = True
                _tell(self.storage, others[0])
            if any(other.run < self.record.run for other in others):
                self.withdraw()
                time.sleep(random.uniform(1, 10) * _PAUSE_S)  # noqa: S311 - no secret
                self._write(self.record.beating())
            else:
                time.sleep(_PAUSE_S)
                self.beat()

    def _others(self) -> list[Record]:
        """Give the runs that add to the store now."""
        self.finished += recover(self.storage)
        ours = {self.record.run, *(record.run for record in self.finished)}
        return [record for record, _ in read_records(self.storage) if record.run not in ours]

    def withdraw(self) -> None:
        """Take our journal away."""
        self.storage.delete([self.record.key])
        self._tag = None

    def give_up(self) -> None:
        """Take back what was written, unless it was published: the journal in the store decides."""
        data = self.storage.read(self.record.key)
        if data is not None:
            record = Record.from_bytes(data)
            if record.owner == self.record.owner and record.state != "publishing":
                take_back(self.storage, record)


@contextmanager
def claimed(storage: Storage, request: str) -> Iterator[Claim]:
    """Hold the right to add to a store while the block runs; others wait.

    If the block fails before it has published, all that it wrote is taken back.

    Parameters
    ----------
    request
        A hash of what is asked for; a killed run of the same is among the claim's `finished` ones.
    """
    with storage.lock():
        storage.clean_parts()
        ours = Claim(storage, request)
        live.add(ours.record.run)
        try:
            ours.wait()
            yield ours
            _settle(storage)
            forget(storage, [ours.record, *ours.finished])
        except BaseException:
            # What cannot be taken back now is by the next run: the journal says what.
            with suppress(StoreError):
                ours.give_up()
            raise
        finally:
            live.discard(ours.record.run)
            live.difference_update(record.run for record in ours.finished)


def _tell(storage: Storage, other: Record) -> None:
    """Tell for whom we wait."""
    warnings.warn(
        f"Waiting: another run adds to {storage.url!r} (process {other.owner.process} on "
        f"{other.owner.host!r}).",
        ZldWarning,
        stacklevel=7,
    )


def _settle(storage: Storage) -> None:
    """Let a folder's files reach the disk: what is published would else be lost with the power."""
    if not isinstance(storage, FolderStorage):
        return
    folder = os.open(storage.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # Linux's, of this disk alone; `os.sync` waits for all disks.
        ctypes.CDLL(None).syncfs(folder)
    except AttributeError:
        os.sync()
    finally:
        os.close(folder)
