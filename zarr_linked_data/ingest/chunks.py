"""A measured array as the objects of a Zarr array."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zarr_linked_data.ingest.arrays import NewArray
from zarr_linked_data.ingest.plan import NewNode, Report
from zarr_linked_data.jsonld import JSON
from zarr_linked_data.node import array_documents, chunk_name, chunk_shape
from zarr_linked_data.storage import Storage, fitting_threads, write_many


@dataclass(frozen=True)
class ArrayContent:
    """The chunks of a measured array, compressed."""

    array: NewArray
    zarr_format: int

    @property
    def nbytes(self) -> int:
        """Tell how many bytes they are before they are compressed."""
        return self.array.measured.nbytes

    @property
    def chunk_shape(self) -> tuple[int, ...]:
        """Give the shape of each chunk."""
        return chunk_shape(self.array.measured.shape, self.array.measured.dtype.itemsize)

    def node(self, attributes: Mapping[str, JSON]) -> NewNode:
        """Give the node that they belong to."""
        documents = array_documents(
            attributes,
            shape=self.array.measured.shape,
            dtype=self.array.measured.dtype,
            chunks=self.chunk_shape,
            zarr_format=self.zarr_format,
            compressed=True,
        )
        return NewNode(self.array.path, self.array.uri, "array", documents)

    def write(self, storage: Storage, report: Report) -> None:
        """Write them, one or a few at a time."""
        largest = math.prod(self.chunk_shape) * self.array.measured.dtype.itemsize
        threads = fitting_threads(storage, largest)
        write_many(storage, self._objects(report), threads=threads)

    def _objects(self, report: Report) -> Iterator[tuple[str, bytes]]:
        from numcodecs import zstd

        values, shape = self.array.measured.values(), self.chunk_shape
        counts = [math.ceil(n / chunk) for n, chunk in zip(values.shape, shape, strict=True)]
        for index in np.ndindex(*counts):
            block = _block(values, index, shape)
            name = chunk_name(index, self.zarr_format)
            yield f"{self.array.path}/{name}", bytes(zstd.compress(block.tobytes(), 0))
            report(block.nbytes)


def _block(
    values: npt.NDArray[Any], index: tuple[int, ...], shape: tuple[int, ...]
) -> npt.NDArray[Any]:
    """Cut a chunk out of an array; at its edges chunks are filled up with zeros."""
    dtype: np.dtype[Any] = values.dtype.newbyteorder("<")
    starts = [number * length for number, length in zip(index, shape, strict=True)]
    cut = tuple(slice(start, start + n) for start, n in zip(starts, shape, strict=True))
    part = values[cut].astype(dtype, copy=False)
    if part.shape == shape:
        return part
    whole = np.zeros(shape, dtype)
    whole[tuple(slice(0, n) for n in part.shape)] = part
    return whole
