"""Copies of all below the root, made one node at a time, so that a large store needs no memory."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from zarr_linked_data.errors import InvalidInputError, InvalidJsonLdError
from zarr_linked_data.hierarchy.places import ArrayPlace, Place, is_too_long
from zarr_linked_data.jsonld import JSON, with_suffix

_NUMBERED = re.compile(r"(.+)-([1-9][0-9]*)", re.DOTALL)

_MARK = "\0"
"""A suffix that no URI has."""


def copy_places(places: Sequence[Place], datasets: Collection[str], copies: int) -> Iterator[Place]:
    """Give the places, and those below the root again for each further copy.

    Parameters
    ----------
    datasets
        URIs of arrays that may not be placed, and whose copies have their own.

    Raises
    ------
    InvalidJsonLdError
        An entity is named already as a copy of another would be.
    """
    root, *below = places
    uris = {place.uri for place in below} | set(datasets)
    uris.update(array.uri for place in below for array in place.arrays)
    _check_names(root, below, uris, copies)
    return _make_places(root, below, uris, copies)


def _make_places(
    root: Place, below: Sequence[Place], uris: Collection[str], copies: int
) -> Iterator[Place]:
    """Make one place at a time."""
    yield _link_copies(root, uris, copies)
    yield from below
    patterns = [_PlacePattern(place, uris) for place in below] if copies > 1 else []
    for number in range(2, copies + 1):
        suffix = f"-{number}"
        for pattern in patterns:
            yield pattern.copied(suffix)


def _link_copies(root: Place, uris: Collection[str], copies: int) -> Place:
    """Let the root point at every copy of what it points at."""
    suffixes = [f"-{number}" for number in range(2, copies + 1)]
    document = {
        name: values if name.startswith("@") else _add_copies(values, uris, suffixes)
        for name, values in root.document.items()
    }
    return root._replace(document=document)


def _add_copies(values: list[JSON], uris: Collection[str], suffixes: Sequence[str]) -> list[JSON]:
    """Add links to the copies of what these values point at."""
    links = [value["@id"] for value in values if value.get("@id") in uris]
    return [
        {"@list": _add_copies(value["@list"], uris, suffixes)} if "@list" in value else value
        for value in values
    ] + [{"@id": with_suffix(uri, suffix)} for suffix in suffixes for uri in links]


class _PlacePattern:
    """A group and its arrays, of which copies are made."""

    __slots__ = ("_arrays", "_node")

    def __init__(self, place: Place, uris: Collection[str]) -> None:
        self._node = _NodePattern(place, uris)
        self._arrays = [_NodePattern(array, uris) for array in place.arrays]

    def copied(self, suffix: str) -> Place:
        """Make one copy."""
        arrays = [ArrayPlace(*array.copied(suffix)) for array in self._arrays]
        return Place(*self._node.copied(suffix), tuple(arrays))


class _NodePattern:
    """A node's path, URI and document, cut where a copy's suffix goes."""

    __slots__ = ("_document", "_links", "_nested", "_path", "_uri", "_uris")

    def __init__(self, place: Place | ArrayPlace, uris: Collection[str]) -> None:
        self._path = place.path
        self._uri = _cut(place.uri)
        self._document = place.document
        self._links: list[tuple[str, list[tuple[str, str]]]] = []
        self._nested: list[tuple[str, list[JSON]]] = []
        for name, values in place.document.items():
            if name == "@id" or _rename(values, uris, "-2") == values:
                continue
            if all(value.get("@id") in uris for value in values):
                self._links.append((name, [_cut(value["@id"]) for value in values]))
            else:
                self._nested.append((name, values))
        self._uris = uris

    def copied(self, suffix: str) -> tuple[str, str, dict[str, JSON]]:
        """Make path, URI and document of one copy."""
        start, end = self._uri
        uri = start + suffix + end
        document = self._document.copy()
        document["@id"] = uri
        for name, links in self._links:
            document[name] = [{"@id": start + suffix + end} for start, end in links]
        for name, values in self._nested:
            document[name] = _rename(values, self._uris, suffix)
        return self._path.replace("/", suffix + "/") + suffix, uri, document


def _cut(uri: str) -> tuple[str, str]:
    """Give what stands before and after a copy's suffix."""
    start, _, end = with_suffix(uri, _MARK).partition(_MARK)
    return start, end


def _rename(value: JSON, uris: Collection[str], suffix: str) -> JSON:
    """Give a value with its links to copied entities turned to their copies."""
    if isinstance(value, list):
        return [_rename(item, uris, suffix) for item in value]
    if not isinstance(value, dict) or "@value" in value:
        return value
    return {
        key: with_suffix(content, suffix)
        if key == "@id" and content in uris
        else _rename(content, uris, suffix)
        for key, content in value.items()
    }


def _check_names(root: Place, below: Sequence[Place], uris: Collection[str], copies: int) -> None:
    """Refuse copies whose names or URIs something else has."""
    if copies < 1:
        raise InvalidInputError(f"{copies} copies were asked for. Ask for one or more.")
    kept = {root.uri, *(array.uri for array in root.arrays)}
    _check_free({_cut(uri)[0]: uri for uri in uris}, {_cut(uri)[0] for uri in kept}, copies)
    children = {place.path: place.uri for place in below if "/" not in place.path}
    _check_free(children, {array.path for array in root.arrays}, copies)
    suffix = f"-{copies}" if copies > 1 else ""
    nodes: list[Place | ArrayPlace] = list(below)
    nodes += [array for place in below for array in place.arrays]
    for node in nodes:
        if is_too_long(node.path.rpartition("/")[2], suffix):
            raise InvalidJsonLdError(
                f"The names of the copies of {node.uri!r} would be too long. "
                "Give it a shorter last segment."
            )


def _check_free(copied: Mapping[str, str], kept: Collection[str], copies: int) -> None:
    """Refuse a name that a copy of another gets; `copied` gives the URI of each that is copied."""
    for name in (*copied, *kept):
        match = _NUMBERED.fullmatch(name)
        if match and match[1] in copied and 1 < int(match[2]) <= copies:
            raise InvalidJsonLdError(
                f"A copy of {copied[match[1]]!r} would be named like {copied.get(name, name)!r}. "
                "Give one of them another last segment, or ask for fewer copies."
            )
