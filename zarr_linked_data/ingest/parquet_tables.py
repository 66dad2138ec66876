"""A table of numbers in a Parquet file: its columns become the columns of an array."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zarr_linked_data.errors import InvalidInputError, InvalidTableError

_EXACT = 2**53
"""Whole numbers up to here are the same as 64-bit floating-point numbers."""


def read_parquet(path: Path) -> npt.NDArray[Any]:
    """Read a table of numbers, in the smallest data type that holds all columns.

    Raises
    ------
    InvalidTableError
        It is no Parquet file, is empty, or a column holds something else than numbers.
    InvalidInputError
        pyarrow is not installed.
    """
    try:
        from pyarrow import ArrowException, ArrowInvalid, parquet
    except ModuleNotFoundError as error:
        raise InvalidInputError(
            f"Cannot read {str(path)!r}: Parquet files need the `workflows` extra. Install it with "
            "pip install 'zarr-linked-data[workflows]'."
        ) from error
    try:
        with path.open("rb") as file:
            return _Table(path, parquet.ParquetFile(file).read()).numbers()
    except ArrowInvalid as error:
        raise _refusal(path, f"it is no whole Parquet file ({_line(error)})") from error
    except ArrowException as error:
        raise _refusal(path, f"pyarrow cannot read it ({_line(error)})") from error


class _Table:
    """One Parquet file that has been read."""

    def __init__(self, path: Path, table: Any) -> None:
        self._path = path
        self._table = table

    def numbers(self) -> npt.NDArray[Any]:
        """Put the columns side by side."""
        if not self._table.num_columns or not self._table.num_rows:
            raise _refusal(self._path, "it holds no rows of numbers")
        columns = list(zip(self._table.column_names, self._table.columns, strict=True))
        for name, column in columns:
            self._check(name, column)
        types = [column.type.to_pandas_dtype() for _, column in columns]
        values = np.empty(self._table.shape, np.result_type(*types))
        for position, (name, column) in enumerate(columns):
            numbers = column.to_numpy()
            values[:, position] = numbers
            # A column of 64-bit whole numbers beside one of floating-point numbers.
            if values.dtype.kind == "f" and numbers.dtype.kind in "iu":
                self._check_exact(name, numbers)
        return values

    def _check(self, name: str, column: Any) -> None:
        """Refuse a column that holds something else than numbers."""
        from pyarrow import types

        if name.startswith("__index_level_"):
            raise _refusal(
                self._path,
                f"its column {name!r} is the index of a pandas table, and no measured values",
                "Write it with index=False.",
            )
        if not (types.is_integer(column.type) or types.is_floating(column.type)):
            raise _refusal(self._path, f"its column {name!r} is of type {str(column.type)!r}")
        if column.null_count and not types.is_floating(column.type):
            raise _refusal(
                self._path,
                f"its column {name!r} lacks {column.null_count} values, and whole numbers have no "
                "NaN",
                "Make it a column of floating-point numbers.",
            )

    def _check_exact(self, name: str, numbers: npt.NDArray[Any]) -> None:
        """Refuse whole numbers that floating-point numbers would round."""
        if ((numbers > _EXACT) | (numbers < -_EXACT)).any():
            raise _refusal(
                self._path,
                f"its column {name!r} has whole numbers that the floating-point numbers of other "
                "columns cannot hold",
                "Put it into a file of its own.",
            )


def _line(error: Exception) -> str:
    """Give the first sentence of an error."""
    return str(error).partition("\n")[0].rstrip(".")


def _refusal(
    path: Path, found: str, advice: str = "Give a table of which each column holds numbers."
) -> InvalidTableError:
    return InvalidTableError(f"Cannot read {str(path)!r}: {found}. {advice}")
