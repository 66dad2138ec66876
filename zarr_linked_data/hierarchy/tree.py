"""Entities → the tree of their places: from the root down, each entity once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from zarr_linked_data.errors import InvalidJsonLdError
from zarr_linked_data.hierarchy.containment import (
    ByLinks,
    ByTypes,
    Containment,
    Links,
    find_root,
    matcher,
    show_types,
    shown,
)
from zarr_linked_data.hierarchy.copies import copy_places
from zarr_linked_data.hierarchy.places import ArrayPlace, Place, child_path, name_node
from zarr_linked_data.jsonld import DATASET_LINK, JSON, Entity, with_suffix


@dataclass(frozen=True)
class Tree:
    """Where each entity lies: the root first, parents before their children."""

    places: tuple[Place, ...]
    unplaced: tuple[Entity, ...]
    """Datasets that the JSON-LD describes, of entities that get no array."""
    linked_datasets: frozenset[str]
    """URIs at which entities below the root point as their datasets."""

    def __iter__(self) -> Iterator[Place]:
        return iter(self.places)

    def count(self, copies: int = 1) -> int:
        """Give how many groups and arrays it has, with this many copies."""
        root, *below = self.places
        return 1 + len(root.arrays) + copies * sum(1 + len(place.arrays) for place in below)

    def copied(self, copies: int) -> Iterator[Place]:
        """Give the places, with all below the root repeated.

        From the second copy on, names, URIs and the links between them end in `-2`, `-3` and so
        on; the root points at all copies. The places are made as they are asked for, and their
        documents share what does not differ.

        Raises
        ------
        InvalidJsonLdError
            An entity is named already as a copy of another would be.
        """
        return copy_places(self.places, self.linked_datasets, copies)


def build_tree(
    entities: Iterable[Entity],
    *,
    links: Sequence[str] = (),
    hierarchy: Sequence[str] = (),
    dataset_link: str = DATASET_LINK,
    has_array: Callable[[Entity], bool] = lambda _: False,
) -> Tree:
    """Place entities in a tree: the one that nothing points at is the root, the others below.

    A node is named by the last segment of its URI. What several entities contain is placed at the
    first, depth first. What is pointed at but not described gets a group with its URI only.

    Parameters
    ----------
    links
        Properties that say what an entity contains, as local names or IRIs; by default those whose
        local name begins with `has`.
    hierarchy
        Types from the root down, as local names or IRIs: an entity contains those of the next type
        at which it points, by `links` or else by any property.
    dataset_link
        The property that points at an entity's arrays, as local name or IRI.
    has_array
        Tells which entities get their arrays; `select_level` makes one. An array is named by the
        last segment of its URI; where an entity points at none, it gets `<name>Dataset`.

    Raises
    ------
    InvalidJsonLdError
        The entities make no tree: a cycle, no root or several, an entity at no place; or names
        clash, or Zarr forbids one.
    """
    known = Links(entities, dataset_link)
    containment: Containment = (
        ByTypes(known, links, hierarchy) if hierarchy else ByLinks(known, links)
    )
    return _Builder(known, containment, has_array).build()


def select_level(entities: Iterable[Entity], level: str) -> Callable[[Entity], bool]:
    """Give a test for the entities of a type, which is given by its local name or IRI.

    Raises
    ------
    InvalidJsonLdError
        No entity is of this type.
    """
    is_level = matcher(level)

    def is_at_level(entity: Entity) -> bool:
        return any(map(is_level, entity.types))

    known = list(entities)
    if not any(map(is_at_level, known)):
        raise InvalidJsonLdError(
            f"No entity is of the type {level!r}. The types found are {show_types(known)}: "
            "give one of these as the level."
        )
    return is_at_level


class _Builder:
    """A tree in the making."""

    def __init__(
        self, links: Links, containment: Containment, has_array: Callable[[Entity], bool]
    ) -> None:
        self._links = links
        self._containment = containment
        self._has_array = has_array
        self._uris: dict[str, str] = {}  # by path
        self._groups: dict[str, Place] = {}
        self._arrays: set[str] = set()

    def build(self) -> Tree:
        """Place all entities, depth first, and see that none is left."""
        root = find_root(self._links, self._containment)
        waiting = [(root, "", 0)]
        while waiting:
            uri, above, depth = waiting.pop()
            if uri in self._groups:
                continue
            if uri in self._arrays:
                raise _taken(uri)
            path = self._take_path(uri, above) if depth else ""
            self._groups[uri] = self._place(uri, path)
            children = self._containment.children(uri, depth)
            waiting += [(child, path, depth + 1) for child in reversed(children)]
        unplaced = self._unplaced()
        below = self._groups.keys() - {root}
        datasets = {uri for group in below for uri in self._links.datasets.get(group, ())}
        datasets.difference_update(self._links.datasets.get(root, ()))
        return Tree(tuple(self._groups.values()), unplaced, frozenset(datasets))

    def _place(self, uri: str, path: str) -> Place:
        """Give the place of an entity and of its arrays."""
        entity = self._links.entities.get(uri)
        arrays = self._place_arrays(uri, path) if entity and self._has_array(entity) else ()
        return Place(path, uri, self._document(uri), tuple(arrays))

    def _place_arrays(self, group: str, path: str) -> Iterator[ArrayPlace]:
        """Give the places of an entity's arrays; one that several share lies at the first."""
        linked = self._links.datasets.get(group)
        for uri in linked or [self._default_uri(group)]:
            if uri not in self._arrays:
                self._arrays.add(uri)
                yield ArrayPlace(self._take_path(uri, path), uri, self._document(uri))

    def _default_uri(self, group: str) -> str:
        """Give the URI of an array at which its entity does not point."""
        uri = with_suffix(group, "Dataset")
        others = (self._links.entities, self._links.dataset_uris, self._groups)
        if any(uri in uris for uris in others):
            raise _taken(uri)
        return uri

    def _take_path(self, uri: str, above: str) -> str:
        """Give the path of a node below another, for this node alone."""
        path = child_path(above, name_node(uri))
        if path in self._uris:
            raise InvalidJsonLdError(
                f"{self._uris[path]!r} and {uri!r} would both be at {path!r}, for their last "
                "segments are alike. Give one of them another."
            )
        self._uris[path] = uri
        return path

    def _document(self, uri: str) -> dict[str, JSON]:
        """Give the JSON-LD of an entity; its `@id` alone where nothing is said of it."""
        entity = self._links.entities.get(uri)
        return entity.document() if entity else {"@id": uri}

    def _unplaced(self) -> tuple[Entity, ...]:
        """Give the datasets without array; any other entity that is left is refused."""
        left = self._links.entities.keys() - self._groups.keys() - self._arrays
        datasets = {uri for group in self._groups for uri in self._links.datasets.get(group, ())}
        lost = [uri for uri in self._links.entities if uri in left and uri not in datasets]
        if lost:
            raise InvalidJsonLdError(
                f"The tree has no place for {len(lost)} of {len(self._links.entities)} entities: "
                f"{shown(lost)}. Add their types to --hierarchy, or links to them, or leave them "
                "out of the JSON-LD."
            )
        return tuple(self._links.entities[uri] for uri in self._links.entities if uri in left)


def _taken(uri: str) -> InvalidJsonLdError:
    """Say that an array, at which its entity does not point, would get another thing's URI."""
    return InvalidJsonLdError(
        f"An array would get the URI {uri!r}, after its entity, and something else has it. "
        "Let the entity point at its array, as with hasDataset."
    )
