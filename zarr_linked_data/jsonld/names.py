"""What a URI is, the name at its end, and where expanded values hold one."""

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote

if TYPE_CHECKING:
    from pyoxigraph import NamedNode

JSON: TypeAlias = Any
"""A JSON value: dict, list, str, int, float, bool or None."""

DATASET_LINK = "hasDataset"
"""Local name of the property that points at an entity's arrays, if nothing else is said."""

_SEPARATORS = "/#:"


def local_name(iri: str) -> str:
    """Give the last segment of a URI: what follows its last '/', '#' or ':', percent-decoded.

    Separators at its end are ignored.

    >>> local_name("http://lab.example/campaign#sample1")
    'sample1'
    >>> local_name("http://lab.example/sample%201/")
    'sample 1'
    """
    start, end = _name_bounds(iri)
    name = iri[start:end]
    return unquote(name) if "%" in name else name


def with_suffix(iri: str, suffix: str) -> str:
    """Add a suffix to the last segment of a URI.

    >>> with_suffix("http://lab.example/sample1", "-2")
    'http://lab.example/sample1-2'
    >>> with_suffix("http://lab.example/sample1/", "-2")
    'http://lab.example/sample1-2/'
    """
    end = _name_bounds(iri)[1]
    return f"{iri[:end]}{suffix}{iri[end:]}"


def is_iri(text: str) -> bool:
    """Tell whether this is an absolute, valid IRI, which an RDF graph takes.

    >>> is_iri("http://lab.example/é"), is_iri("sample1"), is_iri("http://lab.example/a b")
    (True, False, False)
    """
    try:
        _named_node()(text)
    except ValueError:
        return False
    return True


def linked_uris(values: list[JSON]) -> list[str]:
    """Give the URIs that a property's expanded values point at; those in a list, too."""
    uris = []
    for value in values:
        if isinstance(value.get("@id"), str):
            uris.append(value["@id"])
        elif "@list" in value:
            uris += linked_uris(value["@list"])
    return uris


def _name_bounds(iri: str) -> tuple[int, int]:
    """Give where the last segment begins and ends."""
    end = len(iri.rstrip(_SEPARATORS))
    start = max(iri.rfind("/", 0, end), iri.rfind("#", 0, end), iri.rfind(":", 0, end)) + 1
    return start, end


@cache
def _named_node() -> "type[NamedNode]":
    """Give pyoxigraph's IRI, imported when the first URI is looked at: that costs 8 ms."""
    from pyoxigraph import NamedNode  # the reason is above

    return NamedNode
