"""A slice written as text, `0:10,:` → the selection that numpy takes."""

import re
from types import EllipsisType

from zarr_linked_data.errors import InvalidInputError

Selection = tuple[slice | int | EllipsisType, ...]

_SLICE = re.compile(r"(-?\d*):(-?\d*)(?::(\d*))?")


def parse_selection(text: str, shape: tuple[int, ...]) -> Selection:
    """Read a selection of an array of this shape, one part a dimension.

    Dimensions left out at the end are whole.

    >>> parse_selection("0:10, :", (900, 1000))
    (slice(0, 10, None), slice(None, None, None))
    >>> parse_selection("..., 5", (900, 1000))
    (Ellipsis, 5)

    Raises
    ------
    InvalidInputError
        Not a selection, more parts than dimensions, or nothing of the array selected.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > 1 and not parts[-1]:
        parts.pop()
    selection = tuple(_parse_part(part, text) for part in parts)
    if selection.count(Ellipsis) > 1:
        raise _invalid(text, "has more than one '...'")
    given = len(selection) - selection.count(Ellipsis)
    if given > len(shape):
        raise _invalid(text, f"has {given} parts, and the array has shape {shape}")
    _check_bounds(selection, text, shape)
    return selection


def _parse_part(part: str, text: str) -> slice | int | EllipsisType:
    """Read one dimension's part."""
    if part == "...":
        return Ellipsis
    if re.fullmatch(r"-?\d+", part):
        return int(part)
    match = _SLICE.fullmatch(part)
    if match is None or match[3] == "0":
        raise _invalid(text, f"has the part {part!r}")
    start, stop, step = (int(number) if number else None for number in match.groups())
    return slice(start, stop, step)


def _check_bounds(selection: Selection, text: str, shape: tuple[int, ...]) -> None:
    """Refuse what lies outside of the array, or selects nothing of it."""
    at = selection.index(Ellipsis) if Ellipsis in selection else len(selection)
    left, right = selection[:at], selection[at + 1 :]
    pairs = [*zip(left, shape, strict=False)]
    pairs += zip(right, shape[len(shape) - len(right) :], strict=True)
    for part, length in pairs:
        if isinstance(part, int) and not -length <= part < length:
            raise _invalid(text, f"asks for {part} of {length}, and the array has shape {shape}")
        if isinstance(part, slice) and length and not range(*part.indices(length)):
            raise _invalid(text, f"selects nothing of an array of shape {shape}")


def _invalid(text: str, found: str) -> InvalidInputError:
    """Say what a selection looks like."""
    return InvalidInputError(
        f"The selection {text!r} {found}. Write one part a dimension, like '0:10,:' or '5,::2'."
    )
