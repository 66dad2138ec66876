"""Which entity contains which: by its links, or by the order of types."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeAlias

from zarr_linked_data.errors import InvalidJsonLdError
from zarr_linked_data.jsonld import Entity, local_name

_SHOWN = 5
"""URIs that an error names before it counts the rest."""

_SHOWN_OF_CYCLE = 8
"""URIs of a cycle that an error names; a longer one is shown from both ends."""

_ADVICE = "Name the properties that make the tree with --link, or its types with --hierarchy."

Test: TypeAlias = Callable[[str], bool]


class Links:
    """The links between entities: those to arrays by themselves, for they contain nothing."""

    def __init__(self, entities: Iterable[Entity], dataset_link: str) -> None:
        self.entities = {entity.uri: entity for entity in entities}
        self.datasets: dict[str, list[str]] = {}
        """The URIs of each entity's arrays."""
        is_dataset = matcher(dataset_link)
        others: dict[str, list[tuple[str, str]]] = {}
        for uri, entity in self.entities.items():
            others[uri] = []
            for name, target in entity.links():
                if is_dataset(name):
                    self.datasets.setdefault(uri, []).append(target)
                else:
                    others[uri].append((name, target))
        self.dataset_uris = {target for targets in self.datasets.values() for target in targets}
        self._others = others

    def groups(self) -> Iterator[str]:
        """Give the defined entities that are no arrays."""
        return (uri for uri in self.entities if uri not in self.dataset_uris)

    def of(self, uri: str) -> Iterator[tuple[str, str]]:
        """Give property and target of an entity's links, none to an array."""
        for name, target in self._others.get(uri, ()):
            if target not in self.dataset_uris:
                yield name, target


class Containment(Protocol):
    """A way to tell what an entity contains."""

    def children(self, uri: str, depth: int) -> list[str]:
        """Give what an entity at this depth of the tree contains, in order, each once."""

    def roots(self) -> list[str]:
        """Give the entities that may be the root: nothing contains them."""


class ByLinks:
    """An entity contains what its properties of these names point at.

    Without names, those whose local name begins with `has`.
    """

    def __init__(self, links: Links, names: Sequence[str]) -> None:
        self._links = links
        self._contains = matcher(*names) if names else _says_has

    def children(self, uri: str, depth: int) -> list[str]:  # noqa: ARG002  # as the protocol has it
        """Give what an entity contains, in order, each once."""
        links = self._links.of(uri)
        return list(dict.fromkeys(target for name, target in links if self._contains(name)))

    def roots(self) -> list[str]:
        """Give the entities at which none of these links points.

        Raises
        ------
        InvalidJsonLdError
            Links make a cycle.
        """
        children = {uri: self.children(uri, 0) for uri in self._links.groups()}
        cycle = _find_cycle(children)
        if cycle:
            raise InvalidJsonLdError(
                f"The links make a cycle: {_show_cycle(cycle)}. A store is a tree: take one of "
                "these links out, or name the properties that make the tree with --link."
            )
        contained = {target for targets in children.values() for target in targets}
        return [uri for uri in children if uri not in contained]


class ByTypes:
    """An entity contains those of the next type at which it points, and what is not defined."""

    def __init__(self, links: Links, names: Sequence[str], hierarchy: Sequence[str]) -> None:
        self._links = links
        self._is_named = matcher(*names) if names else _any_property
        self._contains = matcher(*names) if names else _says_has
        levels = [matcher(name) for name in hierarchy]
        self._depths = {
            uri: {
                depth for depth, is_level in enumerate(levels) if any(map(is_level, entity.types))
            }
            for uri, entity in links.entities.items()
        }

    def children(self, uri: str, depth: int) -> list[str]:
        """Give what an entity of this level contains, in order, each once."""
        return list(
            dict.fromkeys(
                target
                for name, target in self._links.of(uri)
                if self._contains_target(name, target, depth)
            )
        )

    def roots(self) -> list[str]:
        """Give the entities of the first type that none of the type before theirs points at."""
        contained = {
            target
            for uri in self._links.groups()
            for depth in self._depths[uri]
            for target in self.children(uri, depth)
        }
        groups = self._links.groups()
        return [uri for uri in groups if 0 in self._depths[uri] and uri not in contained]

    def _contains_target(self, name: str, target: str, depth: int) -> bool:
        """Tell whether a link from this depth contains its target."""
        if target in self._links.entities:
            return self._is_named(name) and depth + 1 in self._depths[target]
        return self._contains(name)


def find_root(links: Links, containment: Containment) -> str:
    """Give the URI of the one entity that nothing contains.

    Raises
    ------
    InvalidJsonLdError
        There is none, there are several, or links make a cycle.
    """
    if not links.entities:
        raise InvalidJsonLdError(
            "No entity was found, and a store needs one at its root. "
            "Give JSON-LD that describes entities."
        )
    roots = containment.roots()
    if not roots:
        raise InvalidJsonLdError(
            "No entity can be the root: nothing points at it, it is no dataset, and it has the "
            "first type of --hierarchy, where that is given. The types found are "
            f"{show_types(links.entities.values())}."
        )
    if len(roots) > 1:
        raise InvalidJsonLdError(
            f"A store has one root, and nothing points at {len(roots)} entities: {shown(roots)}. "
            f"{_ADVICE}"
        )
    return roots[0]


def matcher(*names: str) -> Test:
    """Give a test for IRIs: whether they are, or their local names are, among these names."""
    wanted = set(names)
    known: dict[str, bool] = {}

    def matches(iri: str) -> bool:
        if iri not in known:
            known[iri] = iri in wanted or local_name(iri) in wanted
        return known[iri]

    return matches


def shown(uris: Sequence[str]) -> str:
    """Name some URIs, and count the rest."""
    named = ", ".join(map(repr, uris[:_SHOWN]))
    return f"{named} and {len(uris) - _SHOWN} more" if len(uris) > _SHOWN else named


def show_types(entities: Iterable[Entity]) -> str:
    """Name the types of entities by their local names."""
    names = dict.fromkeys(local_name(iri) for entity in entities for iri in entity.types)
    return shown(list(names)) if names else "none"


def _says_has(name: str) -> bool:
    """Tell whether a property says what an entity contains, as `hasSample` does."""
    return local_name(name).startswith("has")


def _any_property(name: str) -> bool:  # noqa: ARG001  # a test like the others
    return True


def _find_cycle(children: Mapping[str, Sequence[str]]) -> list[str]:
    """Give the URIs along a cycle, the first again at the end; without one, nothing."""
    done: set[str] = set()
    for start in children:
        trail = {start: iter(children[start])} if start not in done else {}
        while trail:
            uri, rest = next(reversed(trail.items()))
            target = next((child for child in rest if child not in done), None)
            if target is None:
                done.add(uri)
                trail.popitem()
            elif target in trail:
                uris = list(trail)
                return [*uris[uris.index(target) :], target]
            else:
                trail[target] = iter(children.get(target, ()))
    return []


def _show_cycle(uris: Sequence[str]) -> str:
    """Name the URIs of a cycle; of a long one, the ends."""
    if len(uris) > _SHOWN_OF_CYCLE:
        half = _SHOWN_OF_CYCLE // 2
        left_out = f"({len(uris) - 2 * half} more)"
        uris = [*uris[:half], left_out, *uris[-half:]]
    return " → ".join(uris)
