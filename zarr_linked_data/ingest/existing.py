"""A store as it is before something is added: its nodes, their JSON-LD, and who links to whom."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from zarr_linked_data.consolidate.previous import read_previous
from zarr_linked_data.errors import AmbiguousEntityError, EntityNotFoundError, InvalidInputError
from zarr_linked_data.hierarchy.places import child_path
from zarr_linked_data.index import Node
from zarr_linked_data.index.entries import derive_nodes, group_keys
from zarr_linked_data.ingest.nearest import did_you_mean
from zarr_linked_data.jsonld import DATASET_LINK, JSON, Context, child_context, describe
from zarr_linked_data.jsonld.contexts import ABSOLUTE
from zarr_linked_data.jsonld.names import linked_uris
from zarr_linked_data.metadata import read_head
from zarr_linked_data.node import without_consolidated
from zarr_linked_data.storage import Storage, cache_folder
from zarr_linked_data.walk import FORMAT_3, walk_store

_TAIL = re.compile(rb'([^"\\:/?#\[\]@]*)"')
"""How a string of a JSON document ends: what a prefix, a base or nothing at all was put before."""

_FEW = 50
"""Up to so many names are looked for one by one, which takes less than to look at all strings."""

_CONTEXT = b'"@context"'


@dataclass(frozen=True)
class Existing:
    """The nodes of a store, and what their documents say.

    Of a place where no store is yet, there are none.
    """

    url: str
    zarr_format: int
    documents: Mapping[str, bytes] = field(default_factory=dict)
    """By object key; the root's without consolidated metadata of others in it."""
    dataset_link: str = DATASET_LINK
    stored_root: bytes | None = None
    """The root's `zarr.json` as it is stored."""

    @classmethod
    def read(cls, storage: Storage) -> Self:
        """Read a store, from what the last consolidation left as far as that still holds.

        Raises
        ------
        StoreNotFoundError
            There is none.
        CorruptDocumentError
            A document is not what its name says.
        """
        previous = read_previous(storage, cache_folder())
        link = previous.head.dataset_link if previous.head else DATASET_LINK
        walk = walk_store(storage, known=previous.known, dataset_link=link)
        unchanged = previous.read_all() if None in walk.documents.values() else {}
        documents = {
            key: unchanged[key] if data is None else data for key, data in walk.documents.items()
        }
        return cls._of(storage, walk.zarr_format, documents, link)

    @classmethod
    def read_afresh(cls, storage: Storage) -> Self:
        """Read every document of a store that is not ours to write in."""
        head = read_head(storage)
        link = head.dataset_link if head else DATASET_LINK
        walk = walk_store(storage, dataset_link=link)
        documents = {key: data for key, data in walk.documents.items() if data is not None}
        return cls._of(storage, walk.zarr_format, documents, link)

    @classmethod
    def _of(
        cls, storage: Storage, zarr_format: int, documents: dict[str, bytes], link: str
    ) -> Self:
        stored_root = documents.get("zarr.json")
        if stored_root is not None:
            documents["zarr.json"] = without_consolidated(stored_root)
        ordered = {key: documents[key] for key in sorted(documents)}
        return cls(storage.url, zarr_format, ordered, link, stored_root)

    @cached_property
    def nodes(self) -> list[Node]:
        """All nodes, by path."""
        return list_nodes(self.documents, self.dataset_link)

    @cached_property
    def by_path(self) -> Mapping[str, Node]:
        """The nodes by their paths."""
        return {node.path: node for node in self.nodes}

    @cached_property
    def by_uri(self) -> Mapping[str, list[Node]]:
        """The nodes by their URIs, each list by path."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            if node.uri is not None:
                found.setdefault(node.uri, []).append(node)
        return found

    @cached_property
    def _keys(self) -> Mapping[str, list[str]]:
        return group_keys(self.documents)

    def documents_around(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Give the documents of these groups, of the groups above them, and of their own arrays."""
        around: set[str] = set()
        for path in set(paths):
            around.update(node.path for node in self.arrays.get(path, ()))
            parts = path.split("/")
            around.update("/".join(parts[:depth]) for depth in range(len(parts) + 1))
        return {key: self.documents[key] for path in around for key in self._keys.get(path, ())}

    def find(self, uri: str) -> Node:
        """Find the one node with this URI.

        Raises
        ------
        EntityNotFoundError
            None has it.
        AmbiguousEntityError
            Several have it.
        """
        nodes = self.by_uri.get(uri, ())
        if len(nodes) == 1:
            return nodes[0]
        if nodes:
            paths = ", ".join(repr(node.path) for node in nodes)
            raise AmbiguousEntityError(
                f"{len(nodes)} nodes of {self.url!r} are {uri!r}: {paths}. Give all but one of "
                "them another URI first."
            )
        raise EntityNotFoundError(
            f"No entity {uri!r} in {self.url!r}. {did_you_mean(uri, self.by_uri)}"
        )

    def find_group(self, uri: str) -> Node:
        """Find the one group with this URI."""
        node = self.find(uri)
        if node.kind != "group":
            raise InvalidInputError(
                f"Cannot add below {uri!r}: it is an array, and only groups have nodes below. Name "
                "a group with --under."
            )
        return node

    def attributes_key(self, path: str) -> str:
        """Name the document that holds a node's attributes, whether it is there or not."""
        return child_path(path, "zarr.json" if self.zarr_format == FORMAT_3 else ".zattrs")

    def attributes(self, path: str) -> dict[str, JSON]:
        """Give a node's attributes; numbers exactly as they are written."""
        data = self.documents.get(self.attributes_key(path))
        document = {} if data is None else json.loads(data, parse_constant=str)
        return document.get("attributes") or {} if self.zarr_format == FORMAT_3 else document

    def context_above(self, path: str) -> Context:
        """Give the context in which a node's own attributes are read."""
        return self.context_below(path.rpartition("/")[0]) if path else Context.NONE

    def context_below(self, path: str) -> Context:
        """Give the context that holds for the nodes below a group."""
        known = self._contexts.get(path)
        if known is None:
            known = self.context_above(path)
            if _CONTEXT in self.documents.get(self.attributes_key(path), b""):
                known = child_context(self.attributes(path), known)
            self._contexts[path] = known
        return known

    @cached_property
    def _contexts(self) -> dict[str, Context]:
        return {}

    def datasets(self, path: str) -> tuple[str, ...]:
        """Give the URIs at which a group points as its arrays."""
        return describe(self.attributes(path), self.context_above(path), self.dataset_link).links

    @cached_property
    def arrays(self) -> Mapping[str, list[Node]]:
        """The arrays directly in each group that has some, by its path."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            if node.kind == "array" and node.path:
                found.setdefault(node.path.rpartition("/")[0], []).append(node)
        return found

    def linking_to(self, uris: Iterable[str]) -> Iterator[tuple[Node, dict[str, list[JSON]]]]:
        """Find the groups that link to one of these URIs, by path; and these links of theirs.

        A quick look at the strings of each document tells which few need to be read.
        """
        wanted = set(uris)
        may_link = _look_for(wanted)
        for path in self._keys if wanted else ():
            if not may_link(self.documents.get(self.attributes_key(path), b"")):
                continue
            links: dict[str, list[JSON]] = {}
            for name, uri in self._links(path):
                if uri in wanted:
                    links.setdefault(name, []).append({"@id": uri})
            if links and self.by_path[path].kind == "group":
                yield self.by_path[path], links

    def _links(self, path: str) -> Iterator[tuple[str, str]]:
        """Give property and target of a node's links."""
        attributes, context = self.attributes(path), self.context_above(path)
        if context is Context.NONE and "@context" not in attributes:
            properties = {key: _as_list(value) for key, value in attributes.items()}
        else:
            properties = context.processed().expand_node(attributes)
        for name, values in properties.items():
            if ABSOLUTE.match(name):
                yield from ((name, uri) for uri in linked_uris(_objects(values)))


def _look_for(uris: set[str]) -> Callable[[bytes], bool]:
    """Give a quick test for documents: whether one may name one of these URIs."""
    tails = {_TAIL.findall(uri.encode() + b'"')[0] for uri in uris}
    if len(tails) > _FEW:
        return lambda data: b"\\" in data or not tails.isdisjoint(_TAIL.findall(data))
    ends = [tail + b'"' for tail in tails]
    return lambda data: b"\\" in data or any(end in data for end in ends)


def list_nodes(documents: Mapping[str, bytes], dataset_link: str) -> list[Node]:
    """Give the nodes of metadata documents, by path."""
    return derive_nodes(documents, dict.fromkeys(documents, 0), dataset_link)


def _as_list(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else [value]


def _objects(values: list[JSON]) -> list[JSON]:
    """Give the objects among values, in lists too: a document without context may hold anything."""
    return [
        {"@list": _objects(_as_list(value["@list"]))} if "@list" in value else value
        for value in values
        if isinstance(value, dict)
    ]
