"""Write a new generation: the index, `.all_metadata` (the commit), then what only saves time."""

import tempfile
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from zarr_linked_data.consolidate.previous import Previous
from zarr_linked_data.consolidate.signatures import write_signatures
from zarr_linked_data.errors import ConcurrentUpdateError, ZldWarning
from zarr_linked_data.index import (
    INDEX_PREFIX,
    Summary,
    store_index,
    summarise,
    write_index,
)
from zarr_linked_data.index.entries import derive_nodes
from zarr_linked_data.metadata import METADATA_KEY, Encoded, Head, read_head
from zarr_linked_data.storage import OUR_FOLDER, FolderStorage, Storage
from zarr_linked_data.walk import Walk

SETTLED_WORTH_WRITING = 1_000
"""Signatures that became known though nothing else changed are kept only when there are so many.

Documents written less than 2 s before a consolidation are read again by the next (see
`walk.folder.RACY_NS`). To read a few again each time costs less than to write all signatures anew,
and a store in which nothing changed stays as it is.
"""


class Commit:
    """One new generation of a store."""

    def __init__(
        self, previous: Previous, documents: Mapping[str, bytes], *, iri: str, dataset_link: str
    ) -> None:
        self.previous = previous
        self.storage = previous.storage
        self.encoded = Encoded(iri, documents, dataset_link)

    def write(self, walk: Walk) -> Summary:
        """Write everything, in an order in which readers and crashes meet whole objects only."""
        encoded, storage = self.encoded, self.storage
        with ThreadPoolExecutor(1) as beside, part_of(storage) as part:
            # Hashing, writing and waiting for the disk leave the interpreter to the index.
            prepared = beside.submit(self._prepare, part)
            nodes = derive_nodes(
                encoded.documents, encoded.offsets(), encoded.dataset_link, walk.facts
            )
            prepared.result()
            head = Head(encoded.size, None, encoded.generation, encoded.iri, encoded.dataset_link)
            summary = summarise(nodes, head, encoded.generation, walk.zarr_format)
            with part_of(storage) as index:
                write_index(index, nodes, summary)
                store_index(storage, index, encoded.generation)
            self._commit(part)
        groups = {node.path for node in nodes if node.kind == "group"}
        known = walk.known(self.previous.known, groups)
        write_signatures(storage, encoded.generation, known)
        self._remove_old_indexes()
        return summary

    def _prepare(self, part: Path) -> None:
        """Name the generation, and on a folder write its metadata aside."""
        if isinstance(self.storage, FolderStorage):
            self.storage.write_part(part, self.encoded.pieces())
        else:
            _ = self.encoded.generation

    def _commit(self, part: Path) -> None:
        """Put the metadata in their place, unless somebody else has done so since we read them."""
        storage, encoded = self.storage, self.encoded
        if isinstance(storage, FolderStorage):  # we hold its lock
            storage.adopt(part, METADATA_KEY)
            return
        conditional = storage.honours_conditions()
        before = self.previous.head.tag if self.previous.head else None
        if not conditional:
            self._warn_and_look(before)
        try:
            storage.write_if(METADATA_KEY, encoded.pieces(), before)
        except ConcurrentUpdateError:
            # A retry may meet its own first try, and somebody else may have made the same state.
            if self._is_committed():
                return
            raise self._lost() from None
        if not conditional and not self._is_committed():
            raise self._lost()

    def _warn_and_look(self, before: str | None) -> None:
        """Look once more, as late as possible, where the server would overwrite without asking."""
        warnings.warn(
            f"The server of {self.storage.url!r} ignores If-Match, so two consolidations at once "
            "can overwrite each other. Run one at a time there.",
            ZldWarning,
            stacklevel=2,
        )
        head = read_head(self.storage)
        if (head.tag if head else None) != before and not self._is_committed():
            raise self._lost()

    def _is_committed(self) -> bool:
        """Tell whether the store is at our generation."""
        head = read_head(self.storage)
        return head is not None and head.generation == self.encoded.generation

    def _lost(self) -> ConcurrentUpdateError:
        """Say that somebody else was faster."""
        return ConcurrentUpdateError(
            f"Somebody else consolidated {self.storage.url!r} at the same time. "
            "Nothing of theirs was overwritten; run it again."
        )

    def _remove_old_indexes(self) -> None:
        """Remove all indexes but the new one and the one before it."""
        kept = {self.encoded.generation}
        if self.previous.head is not None and self.previous.head.generation is not None:
            kept.add(self.previous.head.generation)
        _, objects = self.storage.list_folder(OUR_FOLDER)
        keys = [f"{OUR_FOLDER}/{found.key}" for found in objects]
        self.storage.delete(
            key
            for key in keys
            if key.startswith(INDEX_PREFIX)
            and key[len(INDEX_PREFIX) :].partition(".")[0] not in kept
        )


def settle(walk: Walk, previous: Previous) -> None:
    """Keep signatures that can be told only now, where that saves more than it costs."""
    known = previous.known
    settled = sum(
        signature is not None and (key not in known or known[key][0] is None)
        for key, signature in walk.signatures.items()
    )
    if previous.index is not None and (not known or settled >= SETTLED_WORTH_WRITING):
        groups = {node.path for node in previous.index.nodes() if node.kind == "group"}
        generation = previous.index.summary.generation
        write_signatures(previous.storage, generation, walk.known(known, groups))


@contextmanager
def part_of(storage: Storage) -> Iterator[Path]:
    """Give a place to write a file aside: in the store's folder, from where it can be moved."""
    if isinstance(storage, FolderStorage):
        with storage.part() as part:
            yield part
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder) / "part"
