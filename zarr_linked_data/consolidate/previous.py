"""The generation that a store is at before it is consolidated: what was known of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from zarr_linked_data.consolidate.signatures import read_signatures
from zarr_linked_data.errors import ConcurrentUpdateError, CorruptDocumentError
from zarr_linked_data.index import Index, Node, Place, open_index, remembered_iri
from zarr_linked_data.metadata import METADATA_KEY, Head, read_head
from zarr_linked_data.storage import Storage
from zarr_linked_data.walk import FORMAT_3, Known

RANGED_READS = 64
"""Up to so many documents are read each by its range; for more the whole object is read once."""


@dataclass(frozen=True, slots=True)
class Previous:
    """What the last consolidation left in the store."""

    storage: Storage
    head: Head | None
    index: Index | None
    """None where there was none, or its metadata are not whole."""
    known: Mapping[str, Known]
    """Signatures by key; none where they are lost."""
    iri: str | None = None
    """The store's own, even where only a left-over index remembers it."""

    @property
    def generation(self) -> str | None:
        """Give the generation that the store is at, None where it is not usable."""
        return self.index.summary.generation if self.index else None

    def read(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Read these documents as they were; without those that were not there."""
        wanted = list(keys)
        if self.index is None or not wanted:
            return {}
        if len(wanted) > RANGED_READS:
            everything = self.read_all()
            return {key: everything[key] for key in wanted if key in everything}
        found = {}
        for key in wanted:
            node = self.index.at(key.rpartition("/")[0])
            place = dict(_places(node, self.index.summary.zarr_format)).get(key) if node else None
            data = self.storage.read_range(METADATA_KEY, *place) if place else None
            if data is not None:
                found[key] = data
        return found

    def read_all(self) -> dict[str, bytes]:
        """Read every document as it was."""
        if self.index is None or self.head is None:
            return {}
        data = self.storage.read(METADATA_KEY)
        if data is None or len(data) != self.head.size:
            raise ConcurrentUpdateError(
                f"{METADATA_KEY!r} of {self.storage.url!r} changed while it was read. "
                "Somebody else consolidates the store; run it again when they are done."
            )
        zarr_format = self.index.summary.zarr_format
        return {
            key: data[place.offset : place.offset + place.length]
            for node in self.index.nodes()
            for key, place in _places(node, zarr_format)
        }


def _places(node: Node, zarr_format: int) -> Iterator[tuple[str, Place]]:
    """Give keys and places of one node's documents."""
    folder = f"{node.path}/" if node.path else ""
    if zarr_format == FORMAT_3:
        yield f"{folder}zarr.json", node.document
        return
    yield f"{folder}{'.zarray' if node.kind == 'array' else '.zgroup'}", node.document
    if node.attributes is not None:
        yield f"{folder}.zattrs", node.attributes


def read_previous(storage: Storage, cache: Path) -> Previous:
    """Find out what the last consolidation left; broken leavings count as none."""
    head = read_head(storage)
    if head is None or head.generation is None:
        return Previous(storage, head, None, {}, remembered_iri(storage))
    try:
        index = open_index(storage, head, cache)
    except CorruptDocumentError:
        return Previous(storage, head, None, {}, head.iri)
    return Previous(storage, head, index, read_signatures(storage, head.generation), head.iri)
