"""A store at one generation of its metadata: every node by URI or path, and its documents."""

import os
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import orjson

from zarr_linked_data.errors import (
    AmbiguousArrayError,
    AmbiguousEntityError,
    ArrayNotFoundError,
    ConcurrentUpdateError,
    CorruptDocumentError,
    EntityNotFoundError,
)
from zarr_linked_data.index import Index, Node, Place, UnusableIndexError, open_index
from zarr_linked_data.jsonld import JSON, local_name
from zarr_linked_data.lookup.nearest import nearest_uris
from zarr_linked_data.lookup.pinning import ATTEMPTS, pin
from zarr_linked_data.metadata import METADATA_KEY, read_head
from zarr_linked_data.node import DOCUMENT_NAMES, sanitised
from zarr_linked_data.storage import Storage

T = TypeVar("T")

_NAMED = 5
"""Paths that a message names."""


class Catalogue:
    """Every node of a store, by URI or path, as of one generation.

    The generation's own file stays open on a folder, and is asked for by its ETag elsewhere, so
    that a consolidation in between never mixes two generations. Where the old one is gone (a remote
    store keeps none), the catalogue goes on to the new one by itself.
    """

    def __init__(self, storage: Storage, home: Storage, cache: Path) -> None:
        self.storage = storage
        self.home = home
        self.cache = cache
        self.reopen()

    def reopen(self) -> None:
        """Take up the store's newest generation."""
        for attempt in range(1, ATTEMPTS + 1):
            self.head, self._descriptor = pin(self.home)
            try:
                self.index = open_index(self.home, self.head, self.cache)
            except ConcurrentUpdateError:  # somebody consolidates right now
                if attempt == ATTEMPTS:
                    raise
            else:
                break
        if self._descriptor is not None:
            weakref.finalize(self, os.close, self._descriptor)

    @property
    def url(self) -> str:
        """Name the store as a user would."""
        return self.storage.url

    @property
    def zarr_format(self) -> int:
        """Tell the store's Zarr format, 2 or 3."""
        return self.index.summary.zarr_format

    def is_current(self) -> bool:
        """Tell whether the store is still at this generation."""
        head = read_head(self.home)
        return head is not None and (head.generation, head.size) == (
            self.head.generation,
            self.head.size,
        )

    def find(self, uri: str) -> Node:
        """Find the one node with this URI.

        Raises
        ------
        EntityNotFoundError
            None has it; the message names the nearest known URIs.
        AmbiguousEntityError
            Several have it; the message names their paths.
        """
        nodes = self.find_all(uri)
        if len(nodes) == 1:
            return nodes[0]
        if nodes:
            paths = ", ".join(repr(node.path or "(root)") for node in nodes[:_NAMED])
            more = f" and {len(nodes) - _NAMED} more" if len(nodes) > _NAMED else ""
            raise AmbiguousEntityError(
                f"{len(nodes)} nodes of {self.url!r} are {uri!r}: {paths}{more}. "
                "Take one by its path, or all with `zld find --all`."
            )
        raise EntityNotFoundError(self.say_unknown(uri))

    def say_unknown(self, uri: str) -> str:
        """Say that no node has this URI, and which have one like it."""
        near = nearest_uris(self.index, uri)
        if near:
            advice = f"Did you mean {' or '.join(map(repr, near))}?"
        else:
            advice = "List what is there with `zld ls`, or run `zld consolidate` if it is new."
        return f"No entity {uri!r} in {self.url!r}. {advice}"

    def find_all(self, uri: str) -> list[Node]:
        """Find every node with this URI, by path; none is an empty list."""
        return self._ask(lambda index: index.find(uri))

    def at(self, path: str) -> Node:
        """Give the node at this path; the root's is empty."""
        node = self._ask(lambda index: index.at(path.strip("/")))
        if node is None:
            raise EntityNotFoundError(
                f"Nothing is at {path!r} in {self.url!r}. List what is there with `zld tree`."
            )
        return node

    def nodes(
        self, *, below: str = "", depth: int | None = None, kind: str | None = None
    ) -> Iterator[Node]:
        """Give the nodes by path: those below this path and the node there, down to a depth."""
        below = below.strip("/")
        top = self._ask(lambda index: index.at(below))
        if top is not None and kind in (None, top.kind):
            yield top
        if depth is None or depth > 0:
            for node in self.index.below(below, depth=depth):
                if kind in (None, node.kind):
                    yield node

    def array_of(self, node: Node, name: str | None = None) -> Node:
        """Give the array that this node is or holds.

        Parameters
        ----------
        name
            Name or URI of the array, where a group holds several.

        Raises
        ------
        ArrayNotFoundError, AmbiguousArrayError
            The group holds none of that name; or several, and no name was given.
        """
        if node.kind == "array":
            return node
        arrays = list(self.nodes(below=node.path, depth=1, kind="array"))
        chosen = [a for a in arrays if name in (None, a.uri, a.path.rpartition("/")[2])]
        if len(chosen) == 1:
            return chosen[0]
        what = node.uri or node.path or "(root)"
        if not arrays:
            raise ArrayNotFoundError(
                f"{what!r} at {node.path!r} of {self.url!r} is a group without an array. "
                "See what is below it with `zld tree`."
            )
        names = ", ".join(f"{a.path.rpartition('/')[2]!r} ({a.uri or 'no URI'})" for a in arrays)
        if not chosen:
            raise ArrayNotFoundError(f"{what!r} has no array {name!r}. It has {names}.")
        raise AmbiguousArrayError(
            f"{what!r} has {len(arrays)} arrays: {names}. "
            "Choose one by its URI, or with `--array NAME`."
        )

    def document(self, node: Node) -> dict[str, JSON]:
        """Read the node's `zarr.json`, `.zarray` or `.zgroup`."""
        return self._read(node, lambda node: node.document)

    def attributes(self, node: Node) -> dict[str, JSON]:
        """Read the node's attributes: its JSON-LD, as it is stored."""
        if ".zattrs" in DOCUMENT_NAMES[self.zarr_format]:
            return self._read(node, lambda node: node.attributes)
        attributes: dict[str, JSON] = self.document(node).get("attributes", {})
        return attributes

    def _read(self, node: Node, place_of: Callable[[Node], Place | None]) -> dict[str, JSON]:
        """Read one of the node's documents; of the newest generation, where its own is gone."""
        place = place_of(node)
        if place is None:
            return {}
        try:
            return self._parse(node, self.read_place(place))
        except ConcurrentUpdateError:
            self.reopen()
            place = place_of(self.at(node.path))
            return {} if place is None else self._parse(node, self.read_place(place))

    def search(self, *, type_name: str | None = None, text: str | None = None) -> Iterator[Node]:
        """Give the nodes of a type whose metadata or URI hold a text, case ignored.

        Parameters
        ----------
        type_name
            A local name or an IRI.
        """
        wanted = None if text is None else text.casefold()
        for node in self.nodes():
            if type_name is not None and not is_of_type(node, type_name):
                continue
            if (
                wanted is None
                or wanted in (node.uri or "").casefold()
                or wanted in self._text(node)
            ):
                yield node

    def _text(self, node: Node) -> str:
        """Give what a node's metadata say, to be searched."""
        return orjson.dumps(self.attributes(node)).decode().casefold()

    def _parse(self, node: Node, data: bytes) -> dict[str, JSON]:
        """Read one document's text."""
        try:
            document = orjson.loads(data)
        except orjson.JSONDecodeError:
            document = orjson.loads(sanitised(data)[0])  # metadata by others may hold bare NaN
        if not isinstance(document, dict):
            raise CorruptDocumentError(
                f"The document of {node.path!r} in {self.url!r} is not a JSON object. "
                "Run `zld consolidate`."
            )
        return document

    def read_place(self, place: Place) -> bytes:
        """Read one document's bytes."""
        if self._descriptor is not None:
            data: bytes | None = os.pread(self._descriptor, place.length, place.offset)
        else:
            data = self.home.read_range(METADATA_KEY, *place, tag=self.head.tag)
        if data is None or len(data) != place.length:
            raise CorruptDocumentError(
                f"{METADATA_KEY!r} of {self.url!r} is cut off: "
                f"nothing whole at byte {place.offset}. Write it anew with `zld consolidate`."
            )
        return data

    def _ask(self, question: Callable[[Index], T]) -> T:
        """Ask the index; once more of a new one, where the file turns out to be broken."""
        try:
            return question(self.index)
        except UnusableIndexError:
            self.index.discard()
            self.index = open_index(self.home, self.head, self.cache)
            return question(self.index)


def is_of_type(node: Node, name: str) -> bool:
    """Tell whether the node has this type, given by local name or IRI."""
    return any(name in (iri, local_name(iri)) for iri in node.types)
