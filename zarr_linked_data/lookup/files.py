"""An array's values as a file, `.npy` or `.csv`, and the check that such a file is right."""

import io
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from zarr_linked_data.errors import InvalidInputError, StoreError
from zarr_linked_data.storage import Storage, open_file

SUFFIXES = (".npy", ".csv")


def check_target(location: str, *, overwrite: bool = False) -> tuple[Storage, str]:
    """Find out where a file would be written, before any work is done.

    Raises
    ------
    InvalidInputError
        Its suffix is not one that we write, or it is there already and `overwrite` is not asked
        for.
    """
    suffix = PurePosixPath(location).suffix
    if suffix not in SUFFIXES:
        raise InvalidInputError(
            f"Cannot write {location!r}: its suffix is {suffix!r}. "
            "Name a file that ends in .npy or .csv."
        )
    return free_place(location, overwrite=overwrite)


def free_place(location: str, *, overwrite: bool = False) -> tuple[Storage, str]:
    """Find out in which folder, and under which name, a file would be written.

    Raises
    ------
    InvalidInputError
        It is there already and `overwrite` is not asked for.
    """
    folder, name = open_file(location)
    if not overwrite and folder.read_range(name, 0, 0) is not None:
        raise InvalidInputError(
            f"{location!r} is there already. Choose another name, remove it, or let `zld` replace "
            "it with `--overwrite`."
        )
    return folder, name


def save_values(values: npt.NDArray[Any], location: str, *, overwrite: bool = False) -> None:
    """Write values as a file, whole or not at all.

    It is numpy's `.npy`, or `.csv` without a header for one or two dimensions.
    """
    folder, name = check_target(location, overwrite=overwrite)
    check_form(location, values.shape, values.dtype)
    folder.write(name, _to_csv(values) if name.endswith(".csv") else _to_npy(values))


def check_form(location: str, shape: tuple[int, ...], dtype: np.dtype[Any] | str) -> None:
    """Refuse an array that a file of this suffix cannot hold.

    Raises
    ------
    InvalidInputError
        It is for a `.csv` file, and has not one or two dimensions, or other values than numbers
        and text.
    """
    if not location.endswith(".csv"):
        return
    if len(shape) not in (1, 2):
        raise InvalidInputError(
            f"A CSV file holds one or two dimensions, and the array has shape {shape}. "
            "Select a slice with `zld get --select`, or write an .npy file."
        )
    try:
        kind = np.dtype(dtype).kind
    except TypeError:  # what numpy prints of strings and records it does not read
        kind = "O"
    if kind not in "biufUS":
        raise InvalidInputError(
            f"A CSV file holds numbers and text, and the array has data type {dtype}. "
            "Write an .npy file."
        )


def _to_npy(values: npt.NDArray[Any]) -> bytes:
    """Write numpy's own format."""
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def _to_csv(values: npt.NDArray[Any]) -> bytes:
    """Write one row a line; each number with as many digits as give it back exactly."""
    buffer = io.StringIO()
    for row in np.atleast_1d(values).tolist():
        cells = row if isinstance(row, list) else [row]
        buffer.write(",".join(str(int(c) if isinstance(c, bool) else c) for c in cells) + "\n")
    return buffer.getvalue().encode()


def load_values(location: str) -> npt.NDArray[Any]:
    """Read a file that `save_values` wrote.

    Raises
    ------
    InvalidInputError
        It is of another kind, or not readable as what its suffix says.
    StoreError
        It is not there.
    """
    suffix = PurePosixPath(location).suffix
    if suffix not in SUFFIXES:
        raise InvalidInputError(
            f"Cannot read {location!r}: its suffix is {suffix!r}. "
            "Name a file that ends in .npy or .csv."
        )
    folder, name = open_file(location)
    data = folder.read(name)
    if data is None:
        raise StoreError(
            f"There is no file {location!r}. Retrieve it with `zld get URI -o {location}`."
        )
    try:
        if suffix == ".npy":
            loaded: npt.NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
            return loaded
        return np.loadtxt(io.StringIO(data.decode()), delimiter=",", ndmin=2)
    except (ValueError, EOFError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            f"{location!r} is not a readable {suffix} file: {str(error).splitlines()[0]}. "
            "Retrieve it again."
        ) from error


def compare_values(found: npt.NDArray[Any], expected: npt.NDArray[Any], location: str) -> None:
    """Check that a file's shape, data type and values are the array's; NaN equals NaN.

    Raises
    ------
    InvalidInputError
        They differ; the message says where first.
    """
    if location.endswith(".csv"):
        # Text has no data type and no difference between a column and a row of one dimension.
        expected = expected.reshape(-1, 1) if expected.ndim == 1 else expected
        found = found.astype(expected.dtype, copy=False)
    for what, one, other in (
        ("shape", found.shape, expected.shape),
        ("data type", str(found.dtype), str(expected.dtype)),
    ):
        if one != other:
            raise _differs(location, f"its {what} is {one}, the array's is {other}")
    same = found == expected
    if expected.dtype.kind in "fc":
        same |= np.isnan(found) & np.isnan(expected)
    if not same.all():
        at = tuple(int(i) for i in np.argwhere(~same)[0])
        count = int((~same).sum())
        raise _differs(
            location, f"{count} values differ, first at {at}: {found[at]} is not {expected[at]}"
        )


def _differs(location: str, how: str) -> InvalidInputError:
    """Say that the file is not the array."""
    return InvalidInputError(
        f"{location!r} does not equal the array: {how}. "
        "Retrieve it again with `zld get --overwrite`."
    )
