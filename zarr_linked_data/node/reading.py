"""What a node's metadata documents say."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson

from zarr_linked_data.errors import CorruptDocumentError
from zarr_linked_data.node.dtypes import name_of_format_2, name_of_format_3
from zarr_linked_data.node.text import sanitised

JSON = Any
"""A value of a JSON document."""

_SHOWN = 60
"""Characters of a wrong value that a message shows."""


class NodeDocument(NamedTuple):
    """What a group's or an array's metadata documents say."""

    kind: Literal["group", "array"]
    attributes: dict[str, JSON]
    """Integers beyond 64 bits come as floats; the document's bytes hold them exactly."""
    shape: tuple[int, ...] | None = None
    """None for a group."""
    dtype: str | None = None
    """As numpy prints it, or by its own name where numpy has none; None for a group."""
    is_clean: bool = True
    """Whether its `zarr.json` is JSON, and has no metadata of other nodes inside."""


def read_node(documents: Mapping[str, bytes], path: str) -> NodeDocument:
    """Read a node from its metadata documents.

    Where several kinds are present, `zarr.json` goes before format 2, and an array before a group,
    as in zarr-python.

    Parameters
    ----------
    documents
        The bytes of each, by its name: `zarr.json`, or `.zarray`, `.zgroup`, `.zattrs`.
    path
        The node's path in its store, for messages.

    Raises
    ------
    CorruptDocumentError
        A document is not JSON, or does not say what it must.
    """
    data = documents.get("zarr.json")
    if data is not None:
        return _read_format_3(data, path)
    attributes = documents.get(".zattrs")
    data = documents.get(".zarray")
    if data is not None:
        return _read_array_2(data, attributes, path)
    data = documents.get(".zgroup")
    if data is not None:
        _check_format(_parse(data, path, ".zgroup")[0], 2, path, ".zgroup")
        return NodeDocument("group", _attributes_2(attributes, path))
    found = ", ".join(map(repr, documents)) or "none"
    raise CorruptDocumentError(
        f"Cannot read the node {path!r}: it needs 'zarr.json', '.zgroup' or '.zarray', "
        f"and has {found}. Add the document, or remove the node; then run `zld consolidate`."
    )


def _read_format_3(data: bytes, path: str) -> NodeDocument:
    """Read a node from its `zarr.json`."""
    document, is_json = _parse(data, path, "zarr.json")
    is_clean = is_json and "consolidated_metadata" not in document
    _check_format(document, 3, path, "zarr.json")
    attributes = document.get("attributes")
    if type(attributes) is not dict:
        if attributes is not None:
            raise _wrong_member(path, "zarr.json", document, "attributes", "an object")
        attributes = {}
    kind = document.get("node_type")
    if kind == "group":
        return NodeDocument("group", attributes, None, None, is_clean)
    if kind != "array":
        raise _wrong_member(path, "zarr.json", document, "node_type", '"group" or "array"')
    dtype = name_of_format_3(document.get("data_type"))
    if dtype is None:
        raise _wrong_member(path, "zarr.json", document, "data_type", "a Zarr data type")
    shape = _shape(document, path, "zarr.json")
    return NodeDocument("array", attributes, shape, dtype, is_clean)


def _read_array_2(data: bytes, attributes: bytes | None, path: str) -> NodeDocument:
    """Read an array from its `.zarray`, and `.zattrs` if it has one."""
    document, _ = _parse(data, path, ".zarray")
    _check_format(document, 2, path, ".zarray")
    codecs = [*(document.get("filters") or ()), document.get("compressor")]
    dtype = name_of_format_2(document.get("dtype"), codecs)
    if dtype is None:
        raise _wrong_member(path, ".zarray", document, "dtype", "a numpy data type")
    shape = _shape(document, path, ".zarray")
    return NodeDocument("array", _attributes_2(attributes, path), shape, dtype)


def _attributes_2(data: bytes | None, path: str) -> dict[str, JSON]:
    """Read the attributes of a node of format 2; without `.zattrs` it has none."""
    return {} if data is None else _parse(data, path, ".zattrs")[0]


def _check_format(document: Mapping[str, JSON], expected: int, path: str, name: str) -> None:
    """Refuse a document of another Zarr format than its name says."""
    if document.get("zarr_format") != expected:
        raise _wrong_member(path, name, document, "zarr_format", str(expected))


def _shape(document: Mapping[str, JSON], path: str, name: str) -> tuple[int, ...]:
    """Take the shape of an array from its document."""
    shape = document.get("shape")
    if type(shape) is list:
        for length in shape:
            if type(length) is not int or length < 0:
                break
        else:
            return tuple(shape)
    raise _wrong_member(path, name, document, "shape", "a list of whole numbers of 0 or more")


def _parse(data: bytes, path: str, name: str) -> tuple[dict[str, JSON], bool]:
    """Parse a document that must be a JSON object; tell whether it is JSON as it stands."""
    is_json = True
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        is_json = False
        document = _parse_again(data, path, name, error)
    if type(document) is not dict:
        raise _corrupt(path, name, f"it is {_shown(document)} instead of an object")
    return document, is_json


def _parse_again(data: bytes, path: str, name: str, error: ValueError) -> JSON:
    """Parse a document that is not JSON, but may be once its bare `NaN` are strings."""
    clean, was_changed = sanitised(data)
    if not data.strip():
        raise _corrupt(path, name, "it is empty") from error
    if was_changed:
        try:
            return orjson.loads(clean)
        except orjson.JSONDecodeError as left:
            raise _corrupt(path, name, f"it is not JSON ({left})") from left
    raise _corrupt(path, name, f"it is not JSON ({error})") from error


def _wrong_member(
    path: str, name: str, document: Mapping[str, JSON], member: str, expected: str
) -> CorruptDocumentError:
    """Say that a member is missing or holds something else."""
    if member not in document:
        return _corrupt(path, name, f'it has no "{member}", which must be {expected}')
    return _corrupt(
        path, name, f'its "{member}" is {_shown(document[member])} instead of {expected}'
    )


def _corrupt(path: str, name: str, found: str) -> CorruptDocumentError:
    """Say that a document cannot be used."""
    key = f"{path}/{name}" if path else name
    return CorruptDocumentError(
        f"Cannot read {key!r}: {found}. "
        "Restore this document from a copy, or remove the node; then run `zld consolidate`."
    )


def _shown(value: JSON) -> str:
    """Show the beginning of a value, on one line."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
