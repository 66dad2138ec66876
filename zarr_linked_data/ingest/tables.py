"""Measured arrays in files: `.npy`, `.csv` and `.parquet`, checked before anything is written."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib.format import open_memmap

from zarr_linked_data.errors import InvalidInputError, InvalidTableError
from zarr_linked_data.ingest.csv_tables import read_csv
from zarr_linked_data.ingest.parquet_tables import read_parquet
from zarr_linked_data.node import NUMBERS

Values: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True)
class Measured:
    """An array in a file that has been checked; its values are read when they are written."""

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    _reader: Callable[[Path], Values]

    def values(self) -> Values:
        """Read the values; those of an `.npy` file stay on the disk until they are used.

        Raises
        ------
        InvalidTableError
            The file is not the one that was checked any more.
        """
        values = _read(self.path, self._reader)
        if (values.shape, values.dtype.newbyteorder("<")) != (self.shape, self.dtype):
            raise InvalidTableError(
                f"Cannot add {str(self.path)!r}: it changed while it was added. Run it again when "
                "nobody writes it."
            )
        return values

    @property
    def nbytes(self) -> int:
        """Tell how many bytes the values are."""
        return math.prod(self.shape) * self.dtype.itemsize


def measure(path: Path) -> Measured:
    """Check the array in a file: all of a table, only the head of an `.npy` file.

    Raises
    ------
    InvalidInputError
        There is no such file, or it is of no kind that we read.
    InvalidTableError
        It holds something else than numbers, or rows of different length.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InvalidInputError(
            f"Cannot add {str(path)!r}: its suffix is {path.suffix!r}. Give a file that ends in "
            ".npy, .csv or .parquet."
        )
    values = _read(path, reader)
    return Measured(path, values.shape, values.dtype.newbyteorder("<"), reader)


def _read(path: Path, reader: Callable[[Path], Values]) -> Values:
    """Read a file; what the system refuses becomes one line."""
    try:
        return reader(path)
    except OSError as error:
        raise InvalidInputError(
            f"Cannot read {str(path)!r}: {error.strerror or error}. Check the path and its "
            "permissions."
        ) from error


def _map_npy(path: Path) -> Values:
    """Map an `.npy` file into memory, so that one larger than the memory can be read."""
    try:
        values: Values = open_memmap(path, mode="r")
    except ValueError as error:
        found = str(error).rstrip(".")
        if "Python objects" in found:
            found = "it holds Python objects"
        elif "mmap length" in found:
            found = "it is cut off"
        raise InvalidTableError(
            f"Cannot read {str(path)!r}: {found}. Write it anew with numpy.save, as an array of "
            f"numbers ({', '.join(NUMBERS)})."
        ) from error
    # A structured type has the name 'void32', and a text 'str32'.
    if values.dtype.name not in NUMBERS:
        raise InvalidTableError(
            f"Cannot add {str(path)!r}: its data type is {str(values.dtype)!r}. "
            f"Supported are {', '.join(NUMBERS)}."
        )
    return values


_READERS: dict[str, Callable[[Path], Values]] = {
    ".npy": _map_npy,
    ".csv": read_csv,
    ".parquet": read_parquet,
}
