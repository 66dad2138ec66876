"""Fewer numbers that look the same: envelopes of lines, block means of images, robust limits."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LINE_VALUES = 10_000
"""Longer lines are drawn as an envelope; this many points are told apart on no screen."""

LINE_BINS = 1_000
"""Pieces of an envelope: as many as a picture has columns of pixels."""

IMAGE_SIDE = 1_000
"""Blocks along each side of an image: about as many as it has pixels."""

BLOCK_SAMPLES = 4
"""Values averaged along each side of a block; more make it slower and no truer."""

WILD, WILD_SHARE = 3, 1e-4
"""Values at either end that may be wild: three, or one in 10,000 of more; a small peak has more."""

FEW = 400
"""Images up to this size show all their values: each may be one that matters."""

BEYOND = 1.0
"""Colours are clipped only where values go further beyond the percentiles than this share."""


def envelope(values: Array) -> tuple[Array, Array, int]:
    """Thin a long line so that every peak stays: the smallest and the largest of each piece.

    Returns
    -------
    Indices, values, and how many values each pair stands for; 1 where the line is short enough to
    be drawn as it is.
    """
    if values.size <= LINE_VALUES:
        return np.arange(values.size), values, 1
    size = -(-values.size // LINE_BINS)
    starts = np.arange(0, values.size, size)
    thinned = np.empty((starts.size, 2), values.dtype)
    thinned[:, 0] = np.fmin.reduceat(values, starts)
    thinned[:, 1] = np.fmax.reduceat(values, starts)
    lasts = np.append(starts[1:], values.size) - 1
    return np.stack([starts, lasts], axis=1).ravel(), thinned.ravel(), size


def block_means(values: Array) -> tuple[Array, tuple[int, int]]:
    """Shrink an image to at most 1,000 × 1,000: the mean of each block's values that are not NaN.

    Returns
    -------
    The smaller image, and how many rows and columns a block has; a block of more than 4 × 4 is
    averaged over 4 × 4 of its values.
    """
    rows, columns = (-(-length // IMAGE_SIDE) for length in values.shape)
    if rows == columns == 1:
        return values, (1, 1)
    picked, row_starts = _thin(values, rows, axis=0)
    picked, column_starts = _thin(picked, columns, axis=1)
    if picked.dtype.kind != "f" or picked.dtype.itemsize < np.dtype(np.float32).itemsize:
        picked = picked.astype(np.float32 if picked.dtype.itemsize <= 2 else np.float64)  # noqa: PLR2004
    return _means(picked, row_starts, column_starts), (rows, columns)


def _thin(values: Array, block: int, axis: int) -> tuple[Array, Array]:
    """Keep a few values of each block along an axis, and say where each block then begins."""
    step = -(-block // BLOCK_SAMPLES)
    index = np.arange(values.shape[axis])
    kept = index[index % block % step == 0] if step > 1 else index
    starts = np.flatnonzero(kept % block == 0)
    return (np.take(values, kept, axis=axis) if step > 1 else values), starts


def _means(values: Array, rows: Array, columns: Array) -> Array:
    """Average the blocks that begin at these rows and columns, without the NaN."""
    counts = np.outer(_sizes(rows, values.shape[0]), _sizes(columns, values.shape[1]))
    if np.isnan(values.min()):
        missing = np.isnan(values)
        counts = counts - _sums(missing.astype(np.float32), rows, columns)
        values = np.where(missing, 0, values)
    sums = _sums(values, rows, columns)
    means: Array = np.full(sums.shape, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means


def _sizes(starts: Array, length: int) -> Array:
    """Give the length of each piece."""
    return np.diff(np.append(starts, length))


def _sums(values: Array, rows: Array, columns: Array) -> Array:
    """Add up the values of each block, first along the axis that is dense in memory."""
    if values.flags.f_contiguous:
        return _sums(values.T, columns, rows).T
    sums: Array = np.add.reduceat(np.add.reduceat(values, columns, axis=1), rows, axis=0)
    return sums


def value_range(values: Array) -> tuple[float, float] | None:
    """Give the smallest and the largest value; None where all are NaN, or there are none."""
    if values.size == 0:
        return None
    low, high = np.fmin.reduce(values, axis=None), np.fmax.reduce(values, axis=None)
    return None if np.isnan(low) else (float(low), float(high))


@dataclass(frozen=True)
class Limits:
    """Where the colours of an image begin and end."""

    low: float
    high: float
    extend: Literal["neither", "min", "max", "both"] = "neither"
    """Which end has values beyond, as a colour bar says it."""
    percentiles: tuple[float, float] = (0.0, 100.0)


def robust_limits(values: Array) -> Limits:
    """Choose the limits of colours, so that a few wild values do not hide all others."""
    limits = value_range(values)
    if limits is None:
        return Limits(0.0, 1.0)
    low, high = limits
    if values.size <= FEW:
        return Limits(low, high)
    tail = 100 * max(WILD_SHARE, WILD / values.size)
    inner_low, inner_high = np.nanpercentile(values, (tail, 100 - tail)).tolist()
    room = BEYOND * (inner_high - inner_low)
    below, above = room > 0 and low < inner_low - room, room > 0 and high > inner_high + room
    return Limits(
        inner_low if below else low,
        inner_high if above else high,
        "both" if below and above else "min" if below else "max" if above else "neither",
        (tail if below else 0.0, 100 - tail if above else 100.0),
    )
