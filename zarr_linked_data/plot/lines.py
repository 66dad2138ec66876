"""Lines: an array of one dimension, or the few rows of a long table."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zarr_linked_data.plot.excerpt import Axis, Plane
from zarr_linked_data.plot.quantity import Quantity, constant, in_grey, measure, scaled
from zarr_linked_data.plot.reduce import envelope
from zarr_linked_data.plot.style import (
    INK,
    LINES,
    MISSING,
    QUIET,
    RULE,
    date_axis,
    number_axis,
    say_nothing_finite,
    style_axes,
    value_axis,
    write,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]

DOTS = 60
"""Up to so many values are marked by dots, for each was measured by itself."""


def draw_lines(axes: "Axes", plane: Plane, units: str | None) -> tuple[str, ...]:
    """Draw the lines, and give the notes that belong below."""
    if plane.values.dtype.kind == "c" and plane.values.ndim == 1:
        return _draw_complex(axes, plane, units)
    quantity = measure(plane.values, units)
    along = plane.axes[-1]
    rows, title = [("", quantity.values)], ""
    if plane.values.ndim > 1:
        across = int(np.argmin(plane.values.shape))
        along, other = plane.axes[1 - across], plane.axes[across]
        table = quantity.values if across == 0 else quantity.values.T
        rows = [(f"{at:,}", row) for at, row in zip(other.positions(), table, strict=True)]
        title = other.name
    style_axes(axes, along.name, quantity.label)
    size = _draw_rows(axes, along, rows, steps=plane.values.dtype.kind == "b")
    if title:
        _add_legend(axes, title)
    _finish_axes(axes, quantity, plane)
    notes = in_grey(quantity.notes) if len(rows) == 1 else quantity.notes
    return (*notes, *constant(quantity, plane.values), *_thinned(size))


def _draw_complex(axes: "Axes", plane: Plane, units: str | None) -> tuple[str, ...]:
    """Draw the real part, the imaginary part, and the magnitude above them."""
    magnitude = measure(plane.values, units)
    parts = {"real": plane.values.real, "imaginary": plane.values.imag}
    rows = [(name, scaled(part, magnitude.power)) for name, part in parts.items()]
    style_axes(axes, plane.axes[0].name, magnitude.label.replace("magnitude", "value"))
    size = _draw_rows(axes, plane.axes[0], [*rows, ("magnitude", magnitude.values)])
    axes.lines[-1].set(color=INK, linewidth=1.4)
    _add_legend(axes)
    _finish_axes(axes, magnitude, plane)
    return (*magnitude.notes, *_thinned(size))


def _draw_rows(
    axes: "Axes", along: Axis, rows: list[tuple[str, Array]], *, steps: bool = False
) -> int:
    """Draw each row as a line; give how many values each pair of points stands for."""
    size = 1
    for number, (name, row) in enumerate(rows):
        indices, thinned, size = envelope(row)
        places, values = along.start + along.step * indices, thinned.astype(np.float64)
        (line,) = axes.plot(places, values, color=LINES[number % len(LINES)], linewidth=1.1)
        line.set_label(name or "_nolegend_")
        line.set_linestyle("-" if number < len(LINES) else (0, (4, 1.5)))
        line.set_drawstyle("steps-mid" if steps and size == 1 else "default")
        _mark_dots(axes, places, values, line.get_color())
    if len(rows) == 1:
        _mark_missing(axes, places, values)
    return size


def _mark_dots(axes: "Axes", places: Array, values: Array, color: Any) -> None:
    """Put dots on the values of a short line, and on those alone between missing ones."""
    present = np.isfinite(values)
    dots = present
    if values.size > DOTS:
        sides = np.concatenate([[False], present, [False]])
        dots = present & ~sides[:-2] & ~sides[2:]
    if dots.any():
        collection = axes.scatter(places[dots], values[dots], s=11, color=color, linewidth=0)
        collection.set_zorder(3)


def _mark_missing(axes: "Axes", places: Array, values: Array) -> None:
    """Shade the places without a value."""
    missing = ~np.isfinite(values)
    if missing.any():
        half = (places[-1] - places[0]) / max(1, places.size - 1) / 2 or 0.5
        edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]])))
        starts, ends = places[edges[::2]] - half, places[edges[1::2] - 1] + half
        axes.broken_barh(
            list(zip(starts, ends - starts, strict=True)), (0, 1),
            transform=axes.get_xaxis_transform(), color=MISSING, alpha=0.6, linewidth=0, zorder=0,
        )  # fmt: skip


def _add_legend(axes: "Axes", title: str = "") -> None:
    """Name the lines at the right of the drawing."""
    legend = axes.legend(
        loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, handlelength=1.6,
        borderaxespad=0.2, labelcolor=INK, alignment="left", title=title or None,
        fontsize=8.5, title_fontsize=8.5,
    )  # fmt: skip
    legend.get_title().set_color(QUIET)
    for text in (legend.get_title(), *legend.get_texts()):
        write(text, text.get_text(), width=0.2)


def _finish_axes(axes: "Axes", quantity: Quantity, plane: Plane) -> None:
    """Mark both axes with ticks that suit what they count."""
    number_axis(axes.xaxis)
    axes.margins(x=0.01)
    axes.yaxis.grid(visible=True, color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    value_axis(axes.yaxis)
    if quantity.dates:
        date_axis(axes.yaxis)
    elif plane.values.dtype.kind == "b":
        axes.set_yticks([0, 1], ["False", "True"])
        axes.set_ylim(-0.1, 1.1)
    if quantity.limits is None:
        say_nothing_finite(axes)


def _thinned(size: int) -> tuple[str, ...]:
    """Say what a thinned line shows."""
    if size == 1:
        return ()
    return (f"Drawn: the smallest and the largest of every {size:,} values, so that peaks stay",)
