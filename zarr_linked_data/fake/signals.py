"""Random arrays that look measured: peaks on a drifting baseline, with noise.

As a chromatograph with a spectral detector gives them: the first axis is time, the last wavelength.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from zarr_linked_data.node import LARGEST_CHUNK, chunk_shape

Floats = NDArray[np.float64]

PEAKS = 5
"""Substances in a sample."""

STRONGEST = 1000.0
"""The height of the largest single peak, in mAU: where such detectors saturate."""

_PEAK = 20.0
"""What is above this is a peak, in mAU; the baseline is below."""

_BATCH = 2**16
"""Values made at once: with fewer the time goes into numpy's calls, with more into the memory."""


class Signals:
    """Arrays of one shape and data type, one after the other; the same seed gives the same ones.

    Parameters
    ----------
    shape
        One or more lengths, each of 1 or more.
    dtype
        A data type of numbers.
    """

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[np.generic], seed: int) -> None:
        self.shape = shape
        self.dtype = dtype
        self.chunk_shape = chunk_shape(shape, dtype.itemsize, LARGEST_CHUNK)
        self.chunk_bytes = math.prod(self.chunk_shape) * dtype.itemsize
        lengths = zip(shape, self.chunk_shape, strict=True)
        grid = [math.ceil(length / chunk) for length, chunk in lengths]
        self.chunks = list(np.ndindex(*grid))
        """The place of each chunk in the grid of chunks, in the order in which they are given."""
        self._random = np.random.default_rng(seed)

    def arrays(self) -> Iterator[Iterator[bytes]]:
        """Give one array after the other, without end, each as its chunks."""
        batch = max(1, _BATCH // math.prod(self.shape)) if len(self.chunks) == 1 else 1
        while True:
            elution, spectra = self._draw_peaks(batch)
            if batch == 1:
                yield self._pieces(elution, spectra)
                continue
            for array in self._converted(self._measured(elution, spectra)):
                yield iter((array.tobytes(),))

    def _pieces(self, elution: Floats, spectra: Floats) -> Iterator[bytes]:
        """Give a large array chunk by chunk, so that it never lies in memory whole."""
        spectra = spectra.reshape(PEAKS + 1, *self.shape[1:])
        for index in self.chunks:
            chunk = np.zeros(self.chunk_shape, self.dtype)
            begins = [place * size for place, size in zip(index, self.chunk_shape, strict=True)]
            rows, *others = map(slice, begins, np.add(begins, self.chunk_shape))
            self._fill(chunk, elution[0, rows], spectra[:, *others])
            yield chunk.tobytes()

    def _fill(self, chunk: NDArray[np.generic], elution: Floats, spectra: Floats) -> None:
        """Put the values into a chunk, as many rows at once as the processor keeps at hand."""
        inside = tuple(map(slice, spectra.shape[1:]))  # the last chunks lie partly outside
        flat = spectra.reshape(PEAKS + 1, -1)
        at_once = max(1, _BATCH // flat.shape[1])
        for start in range(0, len(elution), at_once):
            values = self._measured(elution[start : start + at_once], flat)
            rows = slice(start, start + len(values))
            chunk[rows, *inside] = self._converted(values).reshape(-1, *spectra.shape[1:])

    def _draw_peaks(self, batch: int) -> tuple[Floats, Floats]:
        """Draw for each array how much there is of each substance in time, and its spectrum.

        The first has the shape (array, time, substance), the second (array, substance, all other
        axes in one). The last substance is the baseline.
        """
        draw = self._random
        times = np.linspace(0.0, 1.0, self.shape[0])[:, np.newaxis]
        narrowest = max(0.004, 1.0 / self.shape[0])
        where, width, height = draw.random((3, batch, 1, PEAKS))
        elution = np.empty((batch, self.shape[0], PEAKS + 1))
        elution[..., :PEAKS] = _bell(times, 0.05 + 0.9 * where, narrowest + 0.02 * width)
        elution[..., :PEAKS] *= STRONGEST * height**2
        elution[..., PEAKS:] = 2.0 + 8.0 * draw.random((batch, 1, 1)) * times
        spectra = np.ones((batch, PEAKS + 1, 1))
        for length in self.shape[1:]:
            axis = np.linspace(0.0, 1.0, length)
            where, width = draw.random((2, batch, PEAKS + 1, 1))
            bands = _bell(axis, where, 0.1 + 0.2 * width)
            spectra = (spectra[..., np.newaxis] * bands[..., np.newaxis, :]).reshape(
                batch, PEAKS + 1, -1
            )
        return elution, spectra

    def _measured(self, elution: Floats, spectra: Floats) -> Floats:
        """Give what the detector sees, with the noise of its lamp."""
        values = elution @ spectra
        values += 0.5 * self._random.standard_normal(values.shape, dtype=np.float32)
        return values

    def _converted(self, values: Floats) -> NDArray[np.generic]:
        """Give the values in the data type asked for."""
        kind = self.dtype.kind
        if kind == "b":
            return np.asarray(values > _PEAK)
        if kind == "c":
            return np.asarray(values * np.exp(0.01j * values), self.dtype)
        if kind in "iu":
            limits = np.iinfo(self.dtype)  # type: ignore[type-var]
            counts = np.rint(values * min(1.0, limits.max / STRONGEST))
            low, high = max(limits.min, -(2**31)), min(limits.max, 2**31)
            return np.asarray(np.clip(counts, low, high), self.dtype)
        return values.astype(self.dtype, copy=False)


def _bell(axis: Floats, where: Floats, width: Floats) -> Floats:
    """Give a Gaussian of height 1."""
    return np.exp(-0.5 * ((axis - where) / width) ** 2)
