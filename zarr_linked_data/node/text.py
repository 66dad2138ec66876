"""Changes to a metadata document that keep every other byte.

Parsing it and writing it anew would change large integers and the spelling of numbers.
"""

import re
from collections.abc import Iterator

_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'

_STRING_OR_CONSTANT = re.compile(_STRING + rb"|NaN|-?Infinity", re.DOTALL)

_STRING_OR_BRACKET = re.compile(_STRING + rb"|[{}\[\]]", re.DOTALL)

_OPENING = re.compile(rb"\s*\{\s*")

_KEY = re.compile(rb"(" + _STRING + rb")\s*:\s*", re.DOTALL)

_SCALAR = re.compile(rb"[^\s,{}\[\]]+")

_COMMA = re.compile(rb"\s*,\s*")

_CONSOLIDATED = b'"consolidated_metadata"'


def sanitised(data: bytes) -> tuple[bytes, bool]:
    """Make the bare `NaN`, `Infinity`, `-Infinity` of a document strings; tell if there were any.

    Python's `json` writes them, and so does zarr-python; they are not JSON. Other bytes are kept.

    Examples
    --------
    >>> sanitised(b'{"NaN": [NaN, -Infinity, "NaN"]}')
    (b'{"NaN": ["NaN", "-Infinity", "NaN"]}', True)
    """
    if b"NaN" not in data and b"Infinity" not in data:
        return data, False
    clean = _STRING_OR_CONSTANT.sub(_as_string, data)
    return clean, len(clean) != len(data)


def _as_string(token: re.Match[bytes]) -> bytes:
    """Put a constant in quotes; a string stays."""
    found = token[0]
    return found if found.startswith(b'"') else b'"%b"' % found


def without_consolidated(data: bytes) -> bytes:
    """Leave the inline `consolidated_metadata` out of a `zarr.json`; all other bytes are kept.

    Only a member of the document itself counts, not an attribute of that name. What is not JSON
    stays not JSON.

    Examples
    --------
    >>> without_consolidated(b'{"zarr_format": 3, "consolidated_metadata": {"metadata": {}}}')
    b'{"zarr_format": 3}'
    """
    while _CONSOLIDATED in data:
        cut = _find_consolidated(data)
        if cut is None:
            break
        data = data[: cut[0]] + data[cut[1] :]
    return data


def _find_consolidated(data: bytes) -> tuple[int, int] | None:
    """Find what to cut out: the member, with the comma that parts it from its neighbour."""
    before = None
    for key, start, end in _members(data):
        if key == _CONSOLIDATED:
            comma = _COMMA.match(data, end)
            if comma is not None:
                return start, comma.end()
            return (start if before is None else before), end
        before = end
    return None


def _members(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Give the members of the outermost object: the quoted key, its start, the value's end."""
    separator = _OPENING.match(data)
    while separator is not None:
        key = _KEY.match(data, separator.end())
        if key is None:
            return
        end = _value_end(data, key.end())
        yield key[1], key.start(), end
        separator = _COMMA.match(data, end)


def _value_end(data: bytes, start: int) -> int:
    """Find the end of the JSON value that starts here."""
    scalar = _SCALAR.match(data, start)
    if scalar is not None and not scalar[0].startswith(b'"'):
        return scalar.end()
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(data, start):
        first = data[token.start()]
        if first in b"{[":
            depth += 1
        elif first in b"}]":
            depth -= 1
        if depth == 0:
            return token.end()
    return len(data)
