"""Where new entities go in a store that is there already."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from zarr_linked_data.errors import AmbiguousEntityError, InvalidInputError, InvalidJsonLdError
from zarr_linked_data.hierarchy import build_tree
from zarr_linked_data.hierarchy.containment import ByLinks, ByTypes, Containment, Links, matcher
from zarr_linked_data.hierarchy.places import child_path, name_node
from zarr_linked_data.index import Node
from zarr_linked_data.ingest.existing import Existing
from zarr_linked_data.jsonld import Entity, local_name

_STAND_IN = "zld-node:"
"""Begins the URIs of nodes that link to new entities: they may have none of their own."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What makes an entity contain another."""

    links: Sequence[str] = ()
    """Properties, as local names or IRIs; by default those whose local name begins with `has`."""
    hierarchy: Sequence[str] = ()
    """Types from the root down."""

    def apply(self, links: Links) -> Containment:
        """Give what these entities contain."""
        if self.hierarchy:
            return ByTypes(links, self.links, self.hierarchy)
        return ByLinks(links, self.links)

    def depths(self, types: Sequence[str]) -> list[int]:
        """Give the levels that an entity of these types may be at."""
        if not self.hierarchy:
            return [0]
        levels = [matcher(name) for name in self.hierarchy]
        return [depth for depth, is_level in enumerate(levels) if any(map(is_level, types))]


class Placing:
    """New entities, and the existing groups that contain them.

    Parameters
    ----------
    entities
        All of the file.
    wanted
        URIs beyond theirs whose links in the store are to be known: of arrays.
    """

    def __init__(
        self, existing: Existing, entities: Sequence[Entity], wanted: Iterable[str], rules: Rules
    ) -> None:
        self._existing = existing
        self._rules = rules
        self._defined = {entity.uri: entity for entity in entities}
        targets = {uri for entity in entities for _, uri in entity.links()}
        unknown = {*self._defined, *targets, *wanted} - existing.by_uri.keys()
        self._stand_ins = dict(_stand_ins(existing, unknown))
        self.links = Links([*entities, *self._stand_ins.values()], existing.dataset_link)
        self._containment = rules.apply(self.links)
        self.paths: dict[str, str] = {}
        """Of each new group, by its URI, parents before their children."""
        self._taken: dict[str, str] = {}

    def place(self, under: Node | None) -> Mapping[str, str]:
        """Give each new entity its path: below who contains it, else below `under`.

        Raises
        ------
        InvalidInputError
            It is not known where an entity is to go, or names clash.
        InvalidJsonLdError
            Links make a cycle, or Zarr forbids a name.
        """
        if not self._rules.hierarchy:
            self._containment.roots()  # refuses cycles
        for uri, path in self._containers():
            for depth in self._depths_of(uri):
                for child in self._children(uri, depth):
                    if self._is_top(child):
                        self._check_container(uri, child)
                        self._descend(child, path, depth + 1)
        for uri in self._new():
            if uri not in self.paths and self._is_top(uri):
                depths = self._depths_of(uri)
                self._descend(uri, self._path_under(under, uri), depths[0] if depths else -1)
        self._refuse_left()
        return self.paths

    def place_in_new_store(self) -> Mapping[str, str]:
        """Give each entity its path in a new store: the one that nothing contains is the root."""
        tree = build_tree(
            self._defined.values(),
            links=self._rules.links,
            hierarchy=self._rules.hierarchy,
            dataset_link=self._existing.dataset_link,
        )
        self.paths = {place.uri: place.path for place in tree}
        return self.paths

    def described_datasets(self) -> list[str]:
        """Give the new entities of the file that are the arrays of others."""
        return [uri for uri in self._defined if self._is_new(uri) and self._is_dataset(uri)]

    def owners(self, dataset: str) -> Iterator[str]:
        """Give the paths of the groups that point at an array, in the order of their entities."""
        for uri in self._owners.get(dataset, ()):
            if (path := self._path(uri)) is not None:
                yield path

    def path_of_group(self, uri: str) -> str | None:
        """Give the path of the group of this URI, new or not; None where there is none."""
        if uri in self.paths:
            return self.paths[uri]
        if uri in self._existing.by_uri and self._existing.find(uri).kind == "group":
            return self._existing.find(uri).path
        return None

    @cached_property
    def _owners(self) -> Mapping[str, list[str]]:
        """The entities that point at each array."""
        owners: dict[str, list[str]] = {}
        for uri, datasets in self.links.datasets.items():
            for dataset in datasets:
                owners.setdefault(dataset, []).append(uri)
        return owners

    def _containers(self) -> Iterator[tuple[str, str]]:
        """Give the existing groups that may contain new ones: those of the file first."""
        for uri in self._defined:
            for node in self._existing.by_uri.get(uri, ()):
                if node.kind == "group":
                    yield uri, node.path
        for uri in self._stand_ins:
            yield uri, uri.removeprefix(_STAND_IN)

    def _descend(self, top: str, above: str, depth: int) -> None:
        """Place an entity and all that it contains, depth first."""
        waiting = [(top, above, depth)]
        while waiting:
            uri, above, depth = waiting.pop()
            if uri in self.paths:
                continue
            path = self._take_path(uri, above)
            self._refuse_ancestors(uri, path)
            children = self._children(uri, depth)
            waiting += [(child, path, depth + 1) for child in reversed(children)]

    def _take_path(self, uri: str, above: str) -> str:
        path = child_path(above, name_node(uri))
        other = self._taken.setdefault(path, uri)
        if other != uri:
            raise clash(other, uri, path)
        self.paths[uri] = path
        return path

    def _children(self, uri: str, depth: int) -> list[str]:
        """Give what an entity contains and is not in the store yet."""
        return [child for child in self._containment.children(uri, depth) if self._is_new(child)]

    def _new(self) -> Iterator[str]:
        """Give the entities of the file that become groups."""
        return (uri for uri in self._defined if self._is_new(uri) and not self._is_dataset(uri))

    def _is_new(self, uri: str) -> bool:
        return uri not in self._existing.by_uri

    def _is_dataset(self, uri: str) -> bool:
        return uri in self.links.dataset_uris

    def _is_top(self, uri: str) -> bool:
        """Tell whether no new entity contains this one."""
        return uri not in self._contained

    @cached_property
    def _contained(self) -> set[str]:
        return {
            child
            for uri in self._new()
            for depth in self._depths_of(uri)
            for child in self._children(uri, depth)
        }

    def _depths_of(self, uri: str) -> list[int]:
        """Give the levels that an entity may be at, by its types in the file and in the store."""
        types = [name for node in self._existing.by_uri.get(uri, ()) for name in node.types]
        return self._rules.depths([*types, *self.links.entities[uri].types])

    def _path(self, uri: str) -> str | None:
        if uri.startswith(_STAND_IN):
            return uri.removeprefix(_STAND_IN)
        return self.path_of_group(uri)

    def _check_container(self, uri: str, child: str) -> None:
        """Refuse to choose between several nodes of the URI that contains an entity."""
        node = self._existing.by_path.get(uri.removeprefix(_STAND_IN))
        name = node.uri if node and uri.startswith(_STAND_IN) else uri
        nodes = self._existing.by_uri.get(name, ()) if name else ()
        if child not in self.paths and len(nodes) > 1:
            paths = ", ".join(repr(node.path) for node in nodes)
            raise AmbiguousEntityError(
                f"Cannot add {child!r}: {name!r}, which contains it, is at {len(nodes)} places: "
                f"{paths}. Give all but one of them another URI first."
            )

    def _path_under(self, under: Node | None, uri: str) -> str:
        if under is None:
            raise InvalidInputError(
                f"Cannot add {uri!r}: nothing in the file or in {self._existing.url!r} says what "
                "contains it. Name the group where it goes with --under URI."
            )
        return under.path

    def _refuse_ancestors(self, uri: str, path: str) -> None:
        """Refuse an entity that contains a group above it."""
        if self._rules.hierarchy:
            return  # by types nothing contains what is above it
        for target in self._containment.children(uri, 0):
            for node in self._existing.by_uri.get(target, ()):
                if f"{path}/".startswith(child_path(node.path, "")):
                    raise InvalidJsonLdError(
                        f"The links make a cycle: {uri!r} would be below {target!r}, which it "
                        "contains. A store is a tree: take this link out, or name the properties "
                        "that make the tree with --link."
                    )

    def _refuse_left(self) -> None:
        """Refuse entities that only contain each other."""
        left = [uri for uri in self._new() if uri not in self.paths]
        if left:
            raise InvalidJsonLdError(
                f"The links make a cycle in which {left[0]!r} is. A store is a tree: take one of "
                "these links out, or name the properties that make the tree with --link."
            )


def is_containing(links: Sequence[str], name: str) -> bool:
    """Tell whether a property says what an entity contains."""
    return matcher(*links)(name) if links else local_name(name).startswith("has")


def clash(one: str, other: str, path: str) -> InvalidInputError:
    """Say that two nodes would have one path."""
    return InvalidInputError(
        f"{one!r} and {other!r} would both be at {path!r}, for their last segments are alike. "
        "Give one of them another."
    )


def _stand_ins(existing: Existing, uris: set[str]) -> Iterator[tuple[str, Entity]]:
    """Give entities in place of the existing groups that link to these URIs, with these links."""
    for node, links in existing.linking_to(uris):
        uri = _STAND_IN + node.path
        yield uri, Entity(uri, node.types, links)
