"""Cards and tables: a single number, words, records."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zarr_linked_data.plot.excerpt import Plane
from zarr_linked_data.plot.quantity import as_text
from zarr_linked_data.plot.style import INK, MONO, QUIET, RULE, write
from zarr_linked_data.plot.words import columns, printable, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]

ROWS, COLUMNS = 12, 6
"""What of a table is shown; more is read better in a spreadsheet."""

CELL = 28
"""Columns of letters that a cell has at most."""

LINE = 92
"""Columns of letters across the page."""


def draw_card(axes: "Axes", words: str, below: str = "") -> None:
    """Write one thing large in the middle of the page."""
    axes.set_axis_off()
    size = 34 if columns(words) <= 18 else 20 if columns(words) <= 36 else 12  # noqa: PLR2004
    text = axes.text(0.5, 0.55, "", size=size, color=INK, ha="center", va="center")
    write(text, words, width=0.9)
    caption = axes.text(0.5, 0.42, "", size=10, color=QUIET, ha="center", va="center")
    write(caption, below, width=0.9)


def draw_table(axes: "Axes", plane: Plane) -> tuple[str, ...]:
    """Draw the first rows of words or records as a table; note how many there are."""
    axes.set_axis_off()
    header, rows = _records(plane) if plane.values.dtype.names else _cells(plane)
    shown = [header[: COLUMNS + 1], *(row[: COLUMNS + 1] for row in rows)]
    texts = [[printable(word) for word in row] for row in shown]
    widths = _widths(texts)
    left = 0.0
    for column, width in enumerate(widths):
        for number, row in enumerate(texts):
            quiet = number == 0 or column == 0
            _put(axes, (left, number), shorten(row[column], width), quiet=quiet)
        left += width + 3
    axes.set_xlim(0, max(left, LINE))
    axes.set_ylim(ROWS + 0.7, -0.7)
    axes.axhline(0.5, color=RULE, linewidth=0.8)
    return _how_many(len(rows), len(header) - 1, plane)


def _records(plane: Plane) -> tuple[list[str], list[list[str]]]:
    """Give a table with a column for each field."""
    flat = plane.values.reshape(-1)[:ROWS]
    fields = plane.values.dtype.names or ()
    places = [np.unravel_index(number, plane.values.shape) for number in range(flat.size)]
    rows = [
        [_place(plane, place), *(as_text(record[field]) for field in fields)]
        for place, record in zip(places, flat, strict=True)
    ]
    return [", ".join(axis.name for axis in plane.axes), *fields], rows


def _place(plane: Plane, place: tuple[Any, ...]) -> str:
    """Give the indices of a value in the array."""
    axes = zip(plane.axes, place, strict=True)
    return ", ".join(f"{axis.start + axis.step * int(index):,}" for axis, index in axes)


def _cells(plane: Plane) -> tuple[list[str], list[list[str]]]:
    """Give a table with a column for each index of the second axis, or one of values."""
    rows = plane.values[:ROWS].reshape(min(ROWS, len(plane.values)), -1)[:, :COLUMNS]
    names = ["value"]
    if plane.values.ndim > 1:
        names = [f"{plane.axes[1].name} = {place:,}" for place in plane.axes[1].positions()]
    words = [
        [_place(Plane(plane.values, plane.axes[:1], ()), (number,)), *map(as_text, row)]
        for number, row in enumerate(rows)
    ]
    return [plane.axes[0].name, *names], words


def _widths(rows: list[list[str]]) -> list[int]:
    """Give the columns of letters that each column takes, so that all fit on the page."""
    widths = [
        min(CELL * 2 if len(rows[0]) <= 2 else CELL, max(columns(row[column]) for row in rows))  # noqa: PLR2004
        for column in range(len(rows[0]))
    ]
    while sum(widths) + 3 * len(widths) > LINE:
        widths[widths.index(max(widths))] -= 1
    return widths


def _put(axes: "Axes", place: tuple[float, int], words: str, *, quiet: bool) -> None:
    """Write one cell."""
    color = QUIET if quiet else INK
    text = axes.text(*place, "", size=9, color=color, va="center", ha="left")
    write(text, words, family=MONO)


def _how_many(rows: int, fields: int, plane: Plane) -> tuple[str, ...]:
    """Say what of the table is not shown."""
    notes = []
    total = plane.values.size if plane.values.dtype.names else len(plane.values)
    if rows < total:
        notes.append(f"Shown: the first {rows} of {total:,} rows")
    if fields > COLUMNS:
        notes.append(f"Shown: the first {COLUMNS} of {fields:,} columns")
    return tuple(notes)
