"""Random arrays that look measured: peaks on a drifting baseline, with noise.

As a chromatograph with a spectral detector gives them: the first axis is time, the last wavelength.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CHUNK_BYTES = 64 * 2**20
"""The largest chunk: an array up to this size is one object, read by one request."""

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
        row_bytes = math.prod(shape[1:]) * dtype.itemsize
        rows = max(1, CHUNK_BYTES // row_bytes)
        count = math.ceil(shape[0] / rows)
        # Chunks of even size: the last one is stored whole, however little of it is in the array.
        self.chunk_shape = (math.ceil(shape[0] / count), *shape[1:])
        self.chunks = math.ceil(shape[0] / self.chunk_shape[0])
        self.chunk_bytes = math.prod(self.chunk_shape) * dtype.itemsize
        self._random = np.random.default_rng(seed)

    def arrays(self) -> Iterator[Iterator[bytes]]:
        """Give one array after the other, without end, each as its chunks."""
        batch = max(1, _BATCH // math.prod(self.shape))
        while True:
            elution, spectra = self._draw_peaks(batch)
            if batch == 1:
                yield self._pieces(elution, spectra)
                continue
            for array in self._converted(self._measured(elution, spectra)):
                yield iter((array.tobytes(),))

    def _pieces(self, elution: Floats, spectra: Floats) -> Iterator[bytes]:
        """Give a large array chunk by chunk, each made by rows that the processor keeps at hand."""
        rows = self.chunk_shape[0]
        at_once = max(1, _BATCH // math.prod(self.shape[1:]))
        for start in range(0, self.shape[0], rows):
            chunk = np.zeros(self.chunk_shape, self.dtype)
            end = min(start + rows, self.shape[0])
            for row in range(start, end, at_once):
                some = elution[:, row : min(row + at_once, end)]
                values = self._converted(self._measured(some, spectra))[0]
                chunk[row - start : row - start + len(values)] = values
            yield chunk.tobytes()

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
        """Give what the detector sees of each array, with the noise of its lamp."""
        values = elution @ spectra
        values += 0.5 * self._random.standard_normal(values.shape, dtype=np.float32)
        batch, rows = values.shape[:2]
        return values.reshape(batch, rows, *self.shape[1:])

    def _converted(self, values: Floats) -> NDArray[np.generic]:
        """Give the values in the data type asked for."""
        kind = self.dtype.kind
        if kind == "b":
            return np.asarray(values > _PEAK)
        if kind == "c":
            turns = np.exp(2j * np.pi * np.linspace(0.0, 8.0, values.shape[-1]))
            return np.asarray(values * turns, self.dtype)
        if kind in "iu":
            limits = np.iinfo(self.dtype)  # type: ignore[type-var]
            counts = np.rint(values * min(1.0, limits.max / STRONGEST))
            low, high = max(limits.min, -(2**31)), min(limits.max, 2**31)
            return np.asarray(np.clip(counts, low, high), self.dtype)
        return values.astype(self.dtype, copy=False)


def _bell(axis: Floats, where: Floats, width: Floats) -> Floats:
    """Give a Gaussian of height 1."""
    return np.exp(-0.5 * ((axis - where) / width) ** 2)
