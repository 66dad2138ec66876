"""Fewer numbers that look the same: envelopes of lines, block means of images, robust limits."""

from math import gcd
from typing import Any

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

PERCENTILES = (0.1, 99.9)
"""Where colours end: chromatographic peaks fill a few percent of a map and must not be cut."""

PERCENTILE_VALUES = 200_000
"""Values that the percentiles are taken from."""

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
    missing = np.isnan(values)
    some = bool(missing.any())
    filled = np.where(missing, 0, values) if some else values
    sums = _sums(filled, rows, columns)
    if some:
        counts = _sums((~missing).astype(np.float32), rows, columns)
    else:
        counts = np.outer(_sizes(rows, values.shape[0]), _sizes(columns, values.shape[1]))
    means: Array = np.full(sums.shape, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means


def _sizes(starts: Array, length: int) -> Array:
    """Give the length of each piece."""
    return np.diff(np.append(starts, length))


def _sums(values: Array, rows: Array, columns: Array) -> Array:
    """Add up the values of each block."""
    sums: Array = np.add.reduceat(np.add.reduceat(values, columns, axis=1), rows, axis=0)
    return sums


def value_range(values: Array) -> tuple[float, float] | None:
    """Give the smallest and the largest value; None where all are NaN, or there are none."""
    if values.size == 0:
        return None
    low, high = np.fmin.reduce(values, axis=None), np.fmax.reduce(values, axis=None)
    return None if np.isnan(low) else (float(low), float(high))


def robust_limits(values: Array) -> tuple[float, float, str]:
    """Choose where colours begin and end, so that a few wild values do not hide the rest.

    Returns
    -------
    The limits, and which of them clips: "neither", "min", "max" or "both", as a colour bar says it.
    """
    limits = value_range(values)
    if limits is None:
        return 0.0, 1.0, "neither"
    low, high = limits
    every = max(1, values.size // PERCENTILE_VALUES)
    while gcd(every, values.shape[-1]) > 1:  # else all values would be from a few columns
        every += 1
    sample = values.ravel()[::every]
    sample = sample[~np.isnan(sample)]
    if sample.size == 0:
        return low, high, "neither"
    inner_low, inner_high = (float(limit) for limit in np.percentile(sample, PERCENTILES))
    room = BEYOND * (inner_high - inner_low)
    below, above = room > 0 and low < inner_low - room, room > 0 and high > inner_high + room
    clipped = {(True, True): "both", (True, False): "min", (False, True): "max"}
    return (
        inner_low if below else low,
        inner_high if above else high,
        clipped.get((below, above), "neither"),
    )
