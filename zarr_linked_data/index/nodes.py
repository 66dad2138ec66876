"""An entry of the index."""

from typing import NamedTuple


class Place(NamedTuple):
    """Where a document lies in the consolidated metadata, in bytes."""

    offset: int
    length: int


class Node(NamedTuple):
    """One group or array: what it is and where."""

    uri: str | None
    path: str
    kind: str
    shape: tuple[int, ...] | None
    dtype: str | None
    types: tuple[str, ...]
    document: Place
    """Its `zarr.json`, `.zarray` or `.zgroup`."""
    attributes: Place | None
    """Its `.zattrs` in format 2; in format 3 the attributes are in the document."""
