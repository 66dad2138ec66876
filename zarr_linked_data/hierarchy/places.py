"""Where a group or an array lies in a store, and the names that Zarr allows there."""

from typing import NamedTuple

from zarr_linked_data.errors import InvalidJsonLdError
from zarr_linked_data.jsonld import JSON, local_name

_LONGEST_NAME = 255
"""Bytes in the name of a folder on Linux; object stores take more."""

_DOCUMENTS = frozenset(
    {"zarr.json", ".zgroup", ".zarray", ".zattrs", ".zmetadata", ".all_metadata"}
)

_SEPARATORS = "/\\\0"
"""Zarr-python reads '\\' as '/', and no file system takes NUL."""


class ArrayPlace(NamedTuple):
    """Where an array lies, its URI, and the JSON-LD to be written there."""

    path: str
    uri: str
    document: dict[str, JSON]


class Place(NamedTuple):
    """Where an entity's group lies, its URI, the JSON-LD to be written there, and its arrays."""

    path: str
    uri: str
    document: dict[str, JSON]
    arrays: tuple[ArrayPlace, ...] = ()


def child_path(above: str, name: str) -> str:
    """Give the path of what has this name directly below a node; the root's path is empty."""
    return f"{above}/{name}" if above else name


def name_node(uri: str) -> str:
    """Give the name of an entity's node: the last segment of its URI.

    Raises
    ------
    InvalidJsonLdError
        Zarr allows no node of this name.
    """
    name = local_name(uri)
    reason = _fault(name)
    if reason:
        raise InvalidJsonLdError(
            f"The entity {uri!r} cannot be a node of a store: its name would be {name!r}, which "
            f"{reason}. Give it another last segment."
        )
    return name


def _fault(name: str) -> str | None:
    """Tell why Zarr allows no node of this name; None where it does."""
    if not name.strip("."):
        return "is empty or has nothing but dots"
    if name.startswith("__"):
        return "begins with '__', which Zarr keeps for extensions"
    if name in _DOCUMENTS:
        return "is the name of a metadata document"
    if any(character in name for character in _SEPARATORS):
        return "contains a character that ends a name ('/', '\\' or NUL)"
    return "is too long" if is_too_long(name) else None


def is_too_long(name: str, suffix: str = "") -> bool:
    """Tell whether no file can have this name."""
    return len(name.encode(errors="surrogatepass")) + len(suffix) > _LONGEST_NAME
