"""Another store → what is to be written: all of it, below a group of this one."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

import orjson

from zarr_linked_data.errors import ConcurrentUpdateError, InvalidInputError
from zarr_linked_data.hierarchy.places import child_path, name_node
from zarr_linked_data.index.entries import group_keys
from zarr_linked_data.ingest.existing import Existing
from zarr_linked_data.ingest.merging import with_attributes
from zarr_linked_data.ingest.plan import NewNode, Plan, Report, reset_context
from zarr_linked_data.jsonld import Context
from zarr_linked_data.metadata import METADATA_KEY
from zarr_linked_data.node import CONSOLIDATED_BY_OTHERS
from zarr_linked_data.storage import (
    OUR_FOLDER,
    Found,
    Storage,
    describe_overlap,
    fitting_threads,
    read_many,
    write_many,
)

_LARGE = 64 * 2**20
"""Objects above this are never in memory whole."""

_PIECE = 8 * 2**20
"""Bytes of a large object that are in memory at once."""


@dataclass(frozen=True)
class Contribution:
    """A store that is to be added below a group of another."""

    other: Storage
    theirs: Existing
    objects: Sequence[Found]
    """All that it holds, save the documents of its nodes and what is of its place only."""
    under: str

    @classmethod
    def read(cls, other: Storage, under: str) -> Self:
        """Read what another store holds.

        Raises
        ------
        InvalidInputError
            It cannot be listed.
        StoreNotFoundError
            There is no store.
        """
        if not other.can_list():
            raise InvalidInputError(
                f"Cannot add {other.url!r}: a web server cannot be asked for a list of its "
                "objects. Copy the store from the folder or bucket that it serves."
            )
        theirs = Existing.read_afresh(other)
        objects = [
            found
            for found in other.list()
            if found.key not in theirs.documents
            and found.key not in {METADATA_KEY, CONSOLIDATED_BY_OTHERS}
            and not found.key.startswith(f"{OUR_FOLDER}/")
        ]
        return cls(other, theirs, objects, under)

    @property
    def digest(self) -> str:
        """Tell it from other requests: the same store with the same content."""
        found = hashlib.sha256(f"store\0{self.other.url}\0{self.under}".encode())
        for key, data in self.theirs.documents.items():
            found.update(b"%b\0%b\0" % (key.encode(), data))
        found.update(orjson.dumps([(one.key, one.size, one.tag) for one in self.objects]))
        return found.hexdigest()

    def plan(self, storage: Storage) -> Plan:
        """Find its place, and check all of it.

        Raises
        ------
        EntityNotFoundError, AmbiguousEntityError
            The group where it goes is not there, or there are several.
        InvalidInputError
            It is of another format, has URIs that are there, or is the same place.
        """
        _refuse_same_place(self.other, storage)
        existing = Existing.read(storage)
        _refuse_other_format(existing, self.theirs)
        group = existing.find_group(self.under)
        _refuse_there_already(existing, self.theirs)
        path = child_path(group.path, self._name())
        nodes = list(_new_nodes(self.theirs, path, existing.context_below(group.path)))
        return Plan(existing, nodes, [CopiedObjects(self.other, path, self.objects)])

    def _name(self) -> str:
        """Give the name of its root in the new place."""
        uri = self.theirs.by_path[""].uri
        if uri is not None:
            return name_node(uri)
        # Quoted, for a folder's name may have what divides or encodes a URI.
        return name_node(quote(self.other.url.rstrip("/").rpartition("/")[2], safe=""))


@dataclass(frozen=True)
class CopiedObjects:
    """The objects of another store, save the documents of its nodes."""

    source: Storage
    path: str
    objects: Sequence[Found]

    @property
    def nbytes(self) -> int:
        """Tell how many bytes they are."""
        return sum(found.size for found in self.objects)

    def write(self, storage: Storage, report: Report) -> None:
        """Copy them; large ones in pieces."""
        large = [found for found in self.objects if found.size > _LARGE]
        for found in large:
            storage.write(child_path(self.path, found.key), self._pieces(found, report))
        small = {found.key: found for found in self.objects if found.size <= _LARGE}
        largest = max((found.size for found in small.values()), default=1)
        read = read_many(self.source, small, threads=fitting_threads(self.source, largest))
        objects = self._checked(read, small, report)
        write_many(storage, objects, threads=fitting_threads(storage, largest))

    def _checked(
        self,
        read: Iterator[tuple[str, bytes | None, str | None]],
        expected: Mapping[str, Found],
        report: Report,
    ) -> Iterator[tuple[str, bytes]]:
        for key, data, _ in read:
            if data is None or len(data) != expected[key].size:
                raise self._changed(key)
            yield child_path(self.path, key), data
            report(len(data))

    def _pieces(self, found: Found, report: Report) -> Iterator[bytes]:
        for start in range(0, found.size, _PIECE):
            length = min(_PIECE, found.size - start)
            data = self.source.read_range(found.key, start, length, tag=found.tag)
            if data is None or len(data) != length:
                raise self._changed(found.key)
            yield data
            report(length)

    def _changed(self, key: str) -> ConcurrentUpdateError:
        return ConcurrentUpdateError(
            f"Cannot add {self.source.url!r}: its object {key!r} changed meanwhile. Run it again "
            "when nobody writes there."
        )


def _new_nodes(theirs: Existing, path: str, above: Context) -> Iterator[NewNode]:
    """Give the nodes of the other store in their new place."""
    for own, keys in group_keys(theirs.documents).items():
        node = theirs.by_path[own]
        documents = {key.rpartition("/")[2]: theirs.documents[key] for key in keys}
        if not own and above is not Context.NONE:
            name = theirs.attributes_key("").rpartition("/")[2]
            attributes = reset_context(theirs.attributes(""), above)
            documents[name] = with_attributes(
                documents.get(name), attributes, zarr_format=theirs.zarr_format
            )
        yield NewNode(child_path(path, own) if own else path, node.uri, node.kind, documents)


def _refuse_same_place(other: Storage, storage: Storage) -> None:
    """Refuse to copy a store into itself, or from one that lies inside it."""
    if overlap := describe_overlap(other, storage):
        raise InvalidInputError(
            f"Cannot add {other.url!r} to {storage.url!r}: they {overlap}. Copy it elsewhere first."
        )


def _refuse_other_format(existing: Existing, theirs: Existing) -> None:
    if existing.zarr_format != theirs.zarr_format:
        raise InvalidInputError(
            f"Cannot add {theirs.url!r}: it is of Zarr format {theirs.zarr_format}, and "
            f"{existing.url!r} is of format {existing.zarr_format}. Convert it first; from 2 to 3 "
            "`zarr migrate` does so."
        )


def _refuse_there_already(existing: Existing, theirs: Existing) -> None:
    """Refuse URIs that are in the store, and a root that would get no name."""
    there = [node for node in theirs.nodes if node.uri in existing.by_uri]
    if there:
        first = there[0]
        more = f", and so are {len(there) - 1} more of its URIs" if len(there) > 1 else ""
        raise InvalidInputError(
            f"Cannot add {theirs.url!r}: {first.uri!r} is in {existing.url!r} already, at "
            f"{existing.by_uri[str(first.uri)][0].path!r}{more}. Nothing is overwritten: give them "
            "other URIs, or take them out."
        )
