"""Images: a plane of numbers in colours."""

from math import floor, log10
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zarr_linked_data.plot.excerpt import Plane
from zarr_linked_data.plot.quantity import Quantity, constant, in_grey, measure
from zarr_linked_data.plot.reduce import (
    BLOCK_SAMPLES,
    block_means,
    robust_limits,
)
from zarr_linked_data.plot.style import (
    FONT,
    INK,
    MISSING,
    PAPER,
    QUIET,
    RULE,
    date_axis,
    luminance,
    number_axis,
    say_nothing_finite,
    style_axes,
    value_axis,
    write,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.colors import Colormap
    from matplotlib.image import AxesImage

Array = NDArray[Any]

COLORS = "viridis"
"""Perceptually uniform, also for the colour-blind and in grey."""

TRUTH = ("#e4ebf2", "#0b4f8a")
"""Colours of False and True."""

CELLS = 120
"""Up to so many values are written into their cells: a plate of 96 wells."""

CELL_COLUMNS = 14
"""Columns up to which a number fits into a cell."""

LONGEST, SHORTEST = 1_000_000, 10_000
"""Integers and numbers with decimals from here on are written with an exponent."""

SHORT = 1_000
"""Numbers up to here have room for a decimal."""

BLACK = "#000000"
"""Letters on a colour have contrast 4.5:1 or better only in pure black or white."""

CRISP = 300
"""Images up to this size keep hard edges: each pixel is a value."""

MIDDLE_GREY = 0.179
"""Luminance above which black letters have the greater contrast (WCAG 2)."""


def draw_image(axes: "Axes", plane: Plane, units: str | None) -> tuple[str, ...]:
    """Draw the plane in colours, and give the notes that belong below."""
    quantity = measure(plane.values, units)
    small, block = block_means(quantity.values)
    rows, columns = plane.axes
    style_axes(axes, columns.name, rows.name)
    number_axis(axes.xaxis)
    number_axis(axes.yaxis)
    image = _show(axes, small, plane)
    limits = quantity.limits
    clipped: tuple[str, ...] = ()
    if limits is None:
        say_nothing_finite(axes)
    elif plane.values.dtype.kind == "b":
        _color_truth(image, block)
    else:
        clipped = _color_values(image, small, quantity, limits)
        _write_cells(image, small, plane)
    notes = (*in_grey(quantity.notes), *constant(quantity, plane.values), *clipped)
    return (*notes, *_averaged(block))


def _show(axes: "Axes", small: Array, plane: Plane) -> "AxesImage":
    """Put the image where the array's indices lie, the first row at the top."""
    (top, bottom), (left, right) = (axis.limits() for axis in plane.axes)
    missing = small.dtype.kind == "f"
    return axes.imshow(
        np.ma.masked_invalid(small) if missing else small.astype(np.float64),
        extent=(left, right, bottom, top),
        aspect="auto",
        origin="upper",
        interpolation="nearest" if max(small.shape) <= CRISP else "auto",
        cmap=_color_map(),
    )


def _color_map() -> "Colormap":
    """Give the colours of values, with grey for those missing."""
    from matplotlib import colormaps

    return colormaps[COLORS].with_extremes(bad=MISSING)


def _color_values(
    image: "AxesImage", small: Array, quantity: Quantity, limits: tuple[float, float]
) -> tuple[str, ...]:
    """Choose where the colours begin and end, and add their scale; say where values go beyond."""
    colors = robust_limits(small)
    around = max(abs(colors.low) * 0.05, 0.5) if colors.low == colors.high else 0.0
    image.set_clim(colors.low - around, colors.high + around)
    bar = _add_color_bar(image, quantity.label, colors.extend)
    value_axis(bar.ax.yaxis)
    if quantity.dates:
        date_axis(bar.ax.yaxis)
    if colors.extend == "neither":
        return ()
    ends = " to ".join(f"{percent:.4g}" for percent in colors.percentiles)
    reach = " to ".join(f"{limit:.4g}" for limit in limits)
    return (f"Colours cover the percentiles {ends}; values reach from {reach}",)


def _color_truth(image: "AxesImage", block: tuple[int, int]) -> None:
    """Give False and True a colour each; shades between them where values were averaged."""
    from matplotlib.colors import LinearSegmentedColormap

    averaged = block != (1, 1)
    image.set_cmap(LinearSegmentedColormap.from_list("truth", TRUTH, N=256 if averaged else 2))
    image.set_clim(0, 1)
    bar = _add_color_bar(image, "share of True" if averaged else "", "neither")
    if not averaged:
        bar.set_ticks([0.25, 0.75], labels=["False", "True"])


def _add_color_bar(image: "AxesImage", label: str, extend: str) -> "Colorbar":
    """Put the scale of the colours at the right, with a point where it goes on."""
    bar = image.axes.figure.colorbar(
        image, ax=image.axes, extend=extend, fraction=0.05, pad=0.015, aspect=28, extendfrac=0.03
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8.5, colors=QUIET, color=RULE, length=3, labelfontfamily=FONT)
    bar.ax.yaxis.get_offset_text().set(size=8.5, color=QUIET, family=FONT)
    bar.ax.yaxis.label.set(size=9.5, color=INK)
    write(bar.ax.yaxis.label, label, width=0.5)
    return bar


def _write_cells(image: "AxesImage", small: Array, plane: Plane) -> None:
    """Write the values of a small image into their cells, in letters of enough contrast."""
    if small.size > CELLS or small.shape[1] > CELL_COLUMNS or plane.values.dtype.kind in "mM":
        return
    across, down = plane.axes[1].positions(), plane.axes[0].positions()
    colors = image.to_rgba(small)
    form = _cell_format(small)
    for row, column in np.argwhere(~np.isnan(small)):
        dark = luminance(tuple(colors[row, column, :3])) < MIDDLE_GREY
        text = image.axes.text(
            across[column], down[row], format(small[row, column], form),
            size=8, family=FONT, color=PAPER if dark else BLACK, ha="center", va="center",
        )  # fmt: skip
        text.set_parse_math(False)


def _cell_format(small: Array) -> str:
    """Choose as many decimals as fit, the same for all cells."""
    largest = float(np.nanmax(np.abs(small.astype(np.float64))))
    if small.dtype.kind in "ui" and largest < LONGEST:
        return ",d"
    if largest and not 1 / SHORTEST <= largest < SHORTEST:
        return ".2e"
    digits = floor(log10(largest)) if largest else 1
    return f",.{max(int(largest < SHORT), 2 - digits)}f"


def _averaged(block: tuple[int, int]) -> tuple[str, ...]:
    """Say what a pixel stands for, where it is not one value."""
    if block == (1, 1):
        return ()
    note = f"Each pixel is the mean of {block[0]} × {block[1]} values"
    return (f"{note}, taken from a part of them" if max(block) > BLOCK_SAMPLES else note,)
