"""What of an array a picture needs: which slices to read, and the line or plane to draw."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isqrt, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_linked_data.errors import InvalidInputError

BUDGET = 16_000_000
"""Values read for one picture: 128 MB of float64, half a second from a fast disk."""

FEWEST = 200
"""Samples along an axis below which a thinned image is too coarse to be read."""

FEW_LINES = 12
"""Rows up to which a plane is drawn as lines: six colours, solid and dashed."""

SLENDER = 2
"""Rows are this many times longer than there are of them; a plate of 8 × 12 wells is an image."""

CHANNELS = 4
"""A last axis up to this long holds channels (red, green, blue, alpha), not a picture's columns."""


@dataclass(frozen=True)
class Excerpt:
    """A part of an array that has been read, and where in the array it lies."""

    values: NDArray[Any]
    shape: tuple[int, ...]
    """The whole array's."""
    selection: tuple[slice, ...]
    """One slice an axis; start, stop and step are numbers."""

    @classmethod
    def whole(cls, values: NDArray[Any]) -> "Excerpt":
        """Take an array that has been read from end to end."""
        return cls(values, values.shape, tuple(slice(0, length, 1) for length in values.shape))


@dataclass(frozen=True)
class Axis:
    """An axis of a picture: what it is called, and which indices of the array lie along it."""

    name: str
    start: int
    step: int
    length: int

    def positions(self) -> NDArray[np.int64]:
        """Give the array's index at each place along the axis."""
        return self.start + self.step * np.arange(self.length)

    def limits(self) -> tuple[float, float]:
        """Give the outer edges of the first and the last place."""
        first = self.start - self.step / 2
        return first, first + self.step * self.length


@dataclass(frozen=True)
class Plane:
    """The one value, line or plane of an array that is drawn, and the notes that say which."""

    values: NDArray[Any]
    axes: tuple[Axis, ...]
    notes: tuple[str, ...]


def sample_array(
    read: Callable[[tuple[slice, ...]], NDArray[Any]],
    shape: tuple[int, ...],
    *,
    chunks: tuple[int, ...] | None = None,
) -> Excerpt:
    """Read only what a picture of the array needs, however large the array is.

    Of more than two dimensions, the middle slice is read. A plane of more than 16 million values is
    read in rows or columns with gaps where the chunks let that save reading, else in its middle.

    Parameters
    ----------
    read
        Reads a part of the array: a slice for each axis in, an array of as many dimensions out.
    chunks
        The shape of the array's chunks, where it is known.

    Examples
    --------
    >>> excerpt = sample_array(lambda selection: np.zeros((40, 9, 10))[selection], (40, 9, 10))
    >>> excerpt.values.shape, excerpt.selection[0]
    ((1, 9, 10), slice(20, 21, 1))
    """
    drawn = picture_axes(shape)
    lengths = [shape[axis] for axis in drawn]
    pieces = _thinned(lengths, [chunks[axis] for axis in drawn]) if chunks else None
    found = dict(zip(drawn, pieces or _middle(lengths), strict=True))
    selection = tuple(
        found.get(axis, slice(length // 2, length // 2 + 1, 1)) for axis, length in enumerate(shape)
    )
    return Excerpt(np.asarray(read(selection)), shape, selection)


def picture_axes(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Choose the axes that a picture shows: the last two longer than one, not channels."""
    long = [axis for axis, length in enumerate(shape) if length != 1]
    rest = long[:-1]
    if len(long) > 2 and shape[long[-1]] <= CHANNELS and shape[rest[-2]] > CHANNELS:  # noqa: PLR2004
        long = rest
    return tuple(long[-2:])


def are_lines(shape: Sequence[int]) -> bool:
    """Tell whether an array of this shape is drawn as lines rather than as an image."""
    if len(shape) == 1:
        return True
    count, length = min(shape), max(shape)
    return count <= FEW_LINES and length > SLENDER * count


def _middle(lengths: list[int]) -> list[slice]:
    """Choose the middle of each axis, the longer cut first, so that the whole fits the budget."""
    kept = lengths
    if prod(lengths) > BUDGET:
        shortest = min(lengths) if len(lengths) > 1 else 1
        most = BUDGET // min(shortest, isqrt(BUDGET))
        kept = [min(length, most) for length in lengths]
    starts = [(length - part) // 2 for length, part in zip(lengths, kept, strict=True)]
    return [slice(start, start + part, 1) for start, part in zip(starts, kept, strict=True)]


def _thinned(lengths: list[int], chunks: list[int]) -> list[slice] | None:
    """Skip whole chunks of a large plane, where enough rows and columns remain; else None."""
    steps = [1] * len(lengths)
    cost = prod(lengths)
    if cost <= BUDGET or are_lines(lengths):
        return None  # lines are read densely, for a peak must not fall between two samples
    for axis in sorted(range(len(lengths)), key=lambda axis: chunks[axis]):
        most = lengths[axis] // (FEWEST * chunks[axis])
        every = min(-(-cost // BUDGET), most)
        if every > 1:
            steps[axis] = every * chunks[axis]
            cost = cost // every
    if cost > BUDGET:
        return None
    return [slice(0, length, step) for length, step in zip(lengths, steps, strict=True)]


def to_plane(excerpt: Excerpt, dims: Sequence[str | None] | None = None) -> Plane:
    """Choose what of the excerpt is drawn: at most two dimensions, and say which.

    Raises
    ------
    InvalidInputError
        There are not as many names as dimensions.
    """
    names = _names(excerpt.shape, dims)
    if excerpt.values.size == 0:
        return Plane(excerpt.values, (), ())
    drawn = picture_axes(excerpt.shape)
    others = [axis for axis, length in enumerate(excerpt.shape) if axis not in drawn and length > 1]
    index = tuple(
        slice(None) if axis in drawn else length // 2
        for axis, length in enumerate(excerpt.values.shape)
    )
    values = excerpt.values[(*index, ...)]  # the dots keep a single value an array
    places = ", ".join(_where(excerpt, axis, names[axis]) for axis in others)
    notes = [f"Slice at {places}"] if others else []
    if others and (projected := _projection(excerpt.values, values, drawn)) is not None:
        values = projected
        along = " and ".join(names[axis] for axis in others)
        notes = [f"Largest value along {along} (the middle slice is empty)"]
    axes = tuple(_axis(excerpt, axis, names[axis]) for axis in drawn)
    parts = (_part(excerpt, axis, names[axis]) for axis in drawn)
    return Plane(values, axes, (*notes, *(part for part in parts if part)))


def _names(shape: tuple[int, ...], dims: Sequence[str | None] | None) -> list[str]:
    """Name each axis: as told, else by its number."""
    if dims is None:
        return ["index"] if len(shape) == 1 else [f"axis {axis}" for axis in range(len(shape))]
    if len(dims) != len(shape):
        message = f"Cannot name the axes of shape {shape} {list(dims)!r}: give {len(shape)} names."
        raise InvalidInputError(message)
    return [name or f"axis {axis}" for axis, name in enumerate(dims)]


def _projection(
    values: NDArray[Any], middle: NDArray[Any], drawn: tuple[int, ...]
) -> NDArray[Any] | None:
    """Take the maximum over the axes not drawn, where the middle slice shows nothing."""
    if values.dtype.kind not in "buif" or middle.size == 0:
        return None
    lowest, highest = np.fmin.reduce(middle, axis=None), np.fmax.reduce(middle, axis=None)
    if lowest < highest:
        return None
    hidden = tuple(axis for axis in range(values.ndim) if axis not in drawn)
    largest: NDArray[Any] = np.fmax.reduce(values, axis=hidden)
    empty = np.fmin.reduce(largest, axis=None) == np.fmax.reduce(largest, axis=None)
    return None if empty else largest


def _axis(excerpt: Excerpt, axis: int, name: str) -> Axis:
    """Tell where an axis of the excerpt lies in the array."""
    part = excerpt.selection[axis]
    return Axis(name, part.start, part.step, excerpt.values.shape[axis])


def _where(excerpt: Excerpt, axis: int, name: str) -> str:
    """Say at which index of an axis the picture was taken."""
    part = excerpt.selection[axis]
    place = part.start + part.step * (excerpt.values.shape[axis] // 2)
    return f"{name} = {place:,} (of 0 to {excerpt.shape[axis] - 1:,})"


def _part(excerpt: Excerpt, axis: int, name: str) -> str:
    """Say which part of an axis was read; nothing where all of it was."""
    part, length = excerpt.selection[axis], excerpt.shape[axis]
    read = excerpt.values.shape[axis]
    if part.step > 1:
        return f"Read: one in {part.step:,} along {name}"
    if read < length:
        return f"Read: {name} {part.start:,} to {part.start + read - 1:,} of 0 to {length - 1:,}"
    return ""
