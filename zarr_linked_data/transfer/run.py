"""The course of a copy: look, refuse, write, compare, commit."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import orjson

from zarr_linked_data.errors import CorruptDocumentError, InvalidInputError, StoreError
from zarr_linked_data.metadata import METADATA_KEY, Head, read_head
from zarr_linked_data.node import CONSOLIDATED_BY_OTHERS, DOCUMENTS
from zarr_linked_data.progress import Progress, silent
from zarr_linked_data.storage import OUR_FOLDER, FolderStorage, Found, Storage, read_many
from zarr_linked_data.transfer.copying import Copier, changed_error, refuse_changes
from zarr_linked_data.transfer.indexes import carry_index
from zarr_linked_data.transfer.order import is_ours, rounds
from zarr_linked_data.transfer.plan import (
    ROOT_DOCUMENTS,
    Listing,
    Plan,
    list_objects,
    make_plan,
    refuse_links,
    refuse_other_things,
    refuse_overwriting,
    refuse_same_place,
    refuse_strays,
)
from zarr_linked_data.walk import detect_format
from zarr_linked_data.walk.folder import says_array

MARKER = f"{OUR_FOLDER}/copying"
"""Says, until a copy is finished, of what: the next run may then replace what this one wrote."""


@dataclass(frozen=True)
class Copy:
    """What a copy did."""

    objects: int
    """Objects of the store written."""
    skipped: int
    """Objects that were there already, with the same content."""
    bytes: int
    """Bytes written."""
    seconds: float


def copy_store(
    source: Storage, target: Storage, *, overwrite: bool = False, progress: Progress | None = None
) -> Copy:
    """Copy a store; run again after any failure, it goes on where it was.

    Parameters
    ----------
    overwrite
        Make a target that holds something else equal to the source: what differs is replaced, what
        the source has not is removed. A place with other things than a Zarr store is refused all
        the same.
    progress
        Called now and then with the objects done so far, and their total.

    Raises
    ------
    StoreNotFoundError
        There is no Zarr store at the source.
    InvalidInputError
        The source cannot be listed, the target holds something else, or is the same place. Nothing
        was written.
    ConcurrentUpdateError
        Somebody changed the source meanwhile; the copy is not finished.
    StoreError
        One of the two places failed, or an object is not what was written; the copy is not
        finished.
    """
    started = time.perf_counter()
    _refuse_web(source, target)
    refuse_same_place(source, target)
    detect_format(source)
    with _locked(target):
        return _Run(source, target, progress or silent).run(started, overwrite=overwrite)


def _refuse_web(source: Storage, target: Storage) -> None:
    """Refuse what cannot be listed as a source, and what takes no objects as a target."""
    if not source.can_list():
        raise InvalidInputError(
            f"Cannot copy {source.url!r}: its objects cannot be listed, as everywhere on the web. "
            "Copy from the folder or bucket behind it."
        )
    if not target.can_list():
        raise InvalidInputError(
            f"Cannot copy to {target.url!r}: what can only be read takes no objects. "
            "Copy to a folder or bucket."
        )


@contextmanager
def _locked(target: Storage) -> Iterator[None]:
    """Keep others from writing the target, and clear away what a killed run left there."""
    if isinstance(target, FolderStorage):
        _make_folder(target)
    with target.lock():
        target.clean_parts()
        yield


def _make_folder(target: FolderStorage) -> None:
    try:
        target.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"Cannot make the folder {target.url!r}: {error.strerror or error}. "
            "Choose another target."
        ) from error


def read_marker(storage: Storage) -> str | None:
    """Tell of what a store is an unfinished copy; None where it is none."""
    data = storage.read(MARKER)
    try:
        return None if data is None else str(orjson.loads(data)["source"])
    except (ValueError, KeyError, TypeError):
        return ""


class _Run:
    """One copy."""

    def __init__(self, source: Storage, target: Storage, progress: Progress) -> None:
        self.source = source
        self.target = target
        self.names = source.url, target.url
        self.progress = progress

    def run(self, started: float, *, overwrite: bool) -> Copy:
        """Do all of it."""
        head = read_head(self.source)
        marker = read_marker(self.target)
        plan = self._look(marker)
        self._refuse(plan, marker, overwrite=overwrite)
        todo = [found for found in plan.todo if found.key != METADATA_KEY]
        copier = Copier(self.source, self.target, lambda done: self._report(plan, done))
        if todo or plan.extra:
            self._mark()
            self._make_room(plan)
            for objects in rounds(todo):
                copier.copy(objects)
            self._check(copier, plan)
        self._commit(plan, head)
        return Copy(
            objects=len(plan.todo),
            skipped=plan.same,
            bytes=sum(found.size for found in plan.todo),
            seconds=time.perf_counter() - started,
        )

    def _report(self, plan: Plan, done: int) -> None:
        self.progress(plan.same + done, len(plan.source))

    def _look(self, marker: str | None) -> Plan:
        """List both places and compare them."""
        source = list_objects(self.source)
        is_store = any(self.target.read(name) is not None for name in ROOT_DOCUMENTS)
        if is_store or marker is not None:
            target = list_objects(self.target)
        else:
            target = refuse_other_things(self.target, self.names, source)
        storages = self.source, self.target
        return make_plan(storages, source, target, lambda done: self.progress(done, len(source)))

    def _refuse(self, plan: Plan, marker: str | None, *, overwrite: bool) -> None:
        """Refuse what would lose something."""
        if not overwrite:
            refuse_overwriting(plan, self.names, resumed=marker == self.source.url)
        elif marker is None:
            refuse_strays(plan, self.target, self.names)
        refuse_links(plan, self.target)

    def _mark(self) -> None:
        """Say that the target is not finished."""
        self.target.write(MARKER, orjson.dumps({"source": self.source.url}))

    def _make_room(self, plan: Plan) -> None:
        """Remove what describes chunks that are about to change or go; then what has to go.

        This comes first, for chunks may stand where a folder is needed: `c/0` of an array that had
        one dimension.
        """
        describing = dict.fromkeys(self._describing(plan))
        self.target.delete(describing)
        self.target.delete([key for key in plan.extra if key not in describing])
        ours = [found.key for found in self.target.list(OUR_FOLDER)]
        self.target.delete([key for key in ours if is_ours(key) and key != MARKER])

    def _describing(self, plan: Plan) -> Iterator[str]:
        """Name the target's documents of arrays that change or go, and what repeats those."""
        changing = [*plan.extra, *sorted(plan.differing)]
        yield from (key for key in changing if key == METADATA_KEY)
        documents = [key for key in changing if key.rpartition("/")[2] in DOCUMENTS]
        contents = {key: data for key, data, _ in read_many(self.target, documents)}
        for key in changing:
            name = key.rpartition("/")[2]
            data = contents.get(key) or b""
            is_array = name == ".zarray" or (name == "zarr.json" and says_array(data))
            if is_array or name == CONSOLIDATED_BY_OTHERS or b'"consolidated_metadata"' in data:
                yield key

    def _check(self, copier: Copier, plan: Plan) -> None:
        """Compare the target with what was written, and the source with what it was."""
        copier.verify(plan.target, _without_metadata(plan.source))
        refuse_changes(self.source, plan.source, list_objects(self.source))

    def _commit(self, plan: Plan, head: Head | None) -> None:
        """Write `.all_metadata`, the very last."""
        carry_index(self.source, self.target, head)
        if self.target.read(MARKER) is not None:
            self.target.delete([MARKER])
        found = next((found for found in plan.todo if found.key == METADATA_KEY), None)
        if found is not None and head is not None:
            self._copy_metadata(found, head)
        self._report(plan, len(plan.todo))

    def _copy_metadata(self, found: Found, head: Head) -> None:
        """Copy `.all_metadata`, of the very state that was there at the beginning."""
        read = self.source.read_tagged(METADATA_KEY)
        if read is None or len(read[0]) != head.size or (head.tag or read[1]) != read[1]:
            raise changed_error(self.source, METADATA_KEY)
        self.target.write(METADATA_KEY, read[0], durable=True)
        now = read_head(self.target)
        if now is None or (now.size, now.generation) != (found.size, head.generation):
            raise CorruptDocumentError(
                f"The copy of {METADATA_KEY!r} in {self.target.url!r} is not what was written. "
                "Nobody else may write there meanwhile; run it again."
            )


def _without_metadata(listing: Listing) -> Listing:
    """Leave out `.all_metadata`, which is copied only when all else is right."""
    return {key: found for key, found in listing.items() if key != METADATA_KEY}
