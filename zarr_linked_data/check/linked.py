"""What is wrong with the URIs and the links of a store, told when all nodes are known."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from zarr_linked_data.check.finding import SHOWN, Finding, some
from zarr_linked_data.jsonld import is_iri, local_name


@dataclass(slots=True)
class Family:
    """The arrays directly in one group, and the group's links to datasets."""

    links: tuple[str, ...] = ()
    arrays: list[str] = field(default_factory=list)
    nameless: dict[str, bool] = field(default_factory=dict)
    """The paths of arrays without a URI of their own, and whether they have properties."""


class Uris:
    """The URIs of all nodes, and the links between them."""

    def __init__(self) -> None:
        self._paths: defaultdict[str, list[str]] = defaultdict(list)
        self._families: defaultdict[str, Family] = defaultdict(Family)
        self._nameless: list[str] = []
        self._links: list[tuple[str, str | None, str, str]] = []
        self._invalid: list[Finding] = []

    def add_group(
        self, path: str, uri: str | None, links: tuple[str, ...], *, has_properties: bool
    ) -> None:
        """Take note of a group, and of the datasets at which it points."""
        if uri is not None:
            self._own(path, uri)
        elif has_properties:
            self._nameless.append(path)
        if links:
            self._families[path].links = links

    def add_array(self, path: str, uri: str | None, *, has_properties: bool) -> None:
        """Take note of an array."""
        family = self._families[path.rpartition("/")[0]] if path else Family()
        family.arrays.append(path)
        if uri is not None:
            self._own(path, uri)
        elif path:
            family.nameless[path] = has_properties
        elif has_properties:
            self._nameless.append(path)

    def add_link(self, path: str, uri: str | None, name: str, target: str) -> None:
        """Take note of a link, unless it is already known to lead to a node."""
        if target not in self._paths:
            self._links.append((path, uri, name, target))

    def _own(self, path: str, uri: str) -> None:
        self._paths[uri].append(path)
        if not is_iri(uri):
            self._invalid.append(
                Finding(
                    "invalid-iri",
                    path,
                    uri,
                    f"The URI {uri!r} is no absolute, valid IRI: the node cannot be found by it. "
                    "Correct its @id, or give its prefix or @base in a @context.",
                )
            )

    def findings(self, dataset_link: str) -> Iterator[Finding]:
        """Tell all that is wrong."""
        self._name_arrays()
        yield from self._invalid
        yield from self._duplicates()
        yield from self._dangling(dataset_link)
        yield from map(_no_uri, self._nameless)

    def _name_arrays(self) -> None:
        """Give arrays without a URI that by which their group points at them, as look-ups do."""
        owned = set(self._paths)
        for family in self._families.values():
            by_name = {local_name(uri): uri for uri in reversed(family.links)}
            only = family.links[0] if len(family.links) == len(family.arrays) == 1 else None
            for path, has_properties in family.nameless.items():
                uri = by_name.get(path.rpartition("/")[2])
                if uri is None and only not in owned:
                    uri = only
                if uri is not None:
                    self._own(path, uri)
                elif has_properties:
                    self._nameless.append(path)

    def _duplicates(self) -> Iterator[Finding]:
        """Name each node whose URI others have, too."""
        for uri, paths in self._paths.items():
            if len(paths) > 1:
                paths.sort()
                for path in paths:
                    others = [other for other in paths[: SHOWN + 1] if other != path]
                    message = (
                        f"The URI {uri!r} is also that of {some(others, len(paths) - 1)}: who asks "
                        "for it gets none of them. Give each node a URI of its own."
                    )
                    yield Finding("duplicate-uri", path, uri, message)

    def _dangling(self, dataset_link: str) -> Iterator[Finding]:
        """Name each link that leads nowhere; one to another site's things is none of those."""
        sites = {_site(uri) for uri in self._paths}
        for path, uri, name, target in self._links:
            if target in self._paths or not (name == dataset_link or _site(target) in sites):
                continue
            message = (
                f"The link {name!r} points at {target!r}, and no node has that URI. "
                "Correct it, or add what it names."
            )
            yield Finding("dangling-link", path, uri, message)


def _site(uri: str) -> str:
    """Tell whose a URI is: the host of a web address, the namespace of a URN.

    >>> _site("https://lab.example/sample1"), _site("urn:uuid:1b4e")
    ('lab.example', 'urn:uuid')
    """
    scheme, _, rest = uri.partition(":")
    if rest.startswith("//"):
        return rest[2:].partition("/")[0].partition("#")[0].lower()
    return f"{scheme}:{rest.partition(':')[0]}" if ":" in rest else scheme


def _no_uri(path: str) -> Finding:
    return Finding(
        "no-uri",
        path,
        None,
        "The node has properties, but no @id: nothing can find it by a URI. Give it an @id.",
    )
