"""A table of numbers in a CSV file: every cell is a number, or it is refused by line and column.

Instruments and spreadsheets write what they like: commas, semicolons or tabs, with or without a
line of names, with a byte-order mark. What could be read in two ways (decimal commas, empty cells)
is refused.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from zarr_linked_data.errors import InvalidTableError

Line: TypeAlias = tuple[int, str]
"""A line of the file and its number, counted from 1."""

DELIMITERS = ("\t", ";", ",")
"""In the order in which they are tried: commas also stand within numbers and names."""

_SAMPLE = 20
"""Lines that tell which delimiter a file has."""

_BLOCK = 10_000
"""Lines that are parsed by one call of numpy."""

_EXACT = 2**53
"""Whole numbers up to here are the same as 64-bit floating-point numbers."""

_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(e[+-]?\d+)?", re.IGNORECASE)


def read_csv(path: Path) -> npt.NDArray[np.float64]:
    """Read a table of numbers, as 64-bit floating-point numbers; a line of names is skipped.

    Raises
    ------
    InvalidTableError
        It is empty, a cell is no number, or the rows differ in length.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            blocks = list(_Table(path).blocks(file))
    except UnicodeDecodeError as error:
        raise InvalidTableError(
            f"Cannot read {str(path)!r}: it is not UTF-8 text. Save it as 'CSV UTF-8'."
        ) from error
    if not blocks:
        raise InvalidTableError(
            f"Cannot read {str(path)!r}: it holds no rows of numbers. Give a table with one row or "
            "more."
        )
    return np.concatenate(blocks)


class _Table:
    """One CSV file, as it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._delimiter = ","
        self._width = 0

    def blocks(self, file: Iterator[str]) -> Iterator[npt.NDArray[np.float64]]:
        """Give the numbers, some thousand rows at a time."""
        lines = ((number, line) for number, line in enumerate(file, 1) if line.strip())
        sample = list(islice(lines, _SAMPLE))
        if not sample:
            return
        self._delimiter = _find_delimiter([line for _, line in sample])
        first = self._split(sample[0][1])
        self._width = len(first)
        if _are_names(first):
            del sample[0]
        rows = chain(sample, lines)
        while block := list(islice(rows, _BLOCK)):
            yield self._parse(block)

    def _parse(self, block: Sequence[Line]) -> npt.NDArray[np.float64]:
        """Turn lines into numbers."""
        try:
            numbers = np.loadtxt(
                [line for _, line in block],
                delimiter=self._delimiter,
                comments=None,
                quotechar='"',
                ndmin=2,
            )
        except ValueError as error:
            self._check(block)
            raise self._refusal(block[0][0], str(error)) from error
        if numbers.shape != (len(block), self._width) or np.any(np.abs(numbers) >= _EXACT):
            self._check(block)
        return numbers

    def _check(self, block: Sequence[Line]) -> None:
        """Name the first cell that is no number, or that floating-point numbers cannot hold."""
        for number, line in block:
            cells = self._split(line)
            if len(cells) != self._width:
                raise self._refusal(
                    number, f"it has {len(cells)} cells, and the first line has {self._width}"
                )
            for column, cell in enumerate(cells, 1):
                if fault := _fault(cell.strip()):
                    raise self._refusal(number, f"column {column} holds {cell.strip()!r}, {fault}")

    def _split(self, line: str) -> list[str]:
        """Give the cells of a line."""
        return next(csv.reader([line.rstrip("\r\n")], delimiter=self._delimiter), [])

    def _refusal(self, number: int, found: str) -> InvalidTableError:
        return InvalidTableError(
            f"Cannot read {str(self._path)!r}: in line {number}, {found}. "
            "Correct it, or give the array as .npy."
        )


def _find_delimiter(lines: Sequence[str]) -> str:
    """Tell what divides the cells: what all lines have equally often, else what the first has."""
    counts = {
        mark: {len(next(csv.reader([line], delimiter=mark), [])) for line in lines}
        for mark in DELIMITERS
    }
    even = [mark for mark, found in counts.items() if len(found) == 1 and found != {1}]
    found = [mark for mark in DELIMITERS if mark in lines[0]]
    return next(chain(even, found), ",")


def _are_names(cells: Sequence[str]) -> bool:
    """Tell whether a row names the columns: each cell another text, and none of them a number.

    A row of one text again and again ('n/a,n/a') is data that is missing.
    """
    names = [cell.strip() for cell in cells if cell.strip()]
    return bool(names) and len({*names}) == len(names) and not any(map(_is_number, names))


def _is_number(cell: str) -> bool:
    return not _fault(cell) or _DECIMAL_COMMA.fullmatch(cell) is not None


def _fault(cell: str) -> str:
    """Say what is wrong with a cell; nothing with most."""
    if not cell:
        return "an empty cell: write NaN where a value is missing"
    try:
        value = float(cell) if cell.isascii() and "_" not in cell else None
    except ValueError:
        value = None
    if value is None:
        if _DECIMAL_COMMA.fullmatch(cell):
            return "a decimal comma: write a point"
        return "which is no number"
    if value in (float("inf"), float("-inf")) and "inf" not in cell.lower():
        return "which is too large for a 64-bit number"
    digits = cell.lstrip("+-")
    if digits.isdecimal() and int(digits) != abs(value):
        return "which has more digits than a 64-bit floating-point number"
    return ""
