"""Array → picture: the kind that suits its shape and its values."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zarr_linked_data.errors import InvalidInputError
from zarr_linked_data.plot.excerpt import Excerpt, Plane, are_lines, to_plane
from zarr_linked_data.plot.images import draw_image
from zarr_linked_data.plot.lines import draw_lines
from zarr_linked_data.plot.quantity import NUMBERS, as_text
from zarr_linked_data.plot.style import Heading, finish, new_figure
from zarr_linked_data.plot.tables import draw_card, draw_table
from zarr_linked_data.plot.words import form_of
from zarr_linked_data.storage import open_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")


def plot_array(
    values: NDArray[Any] | Excerpt,
    *,
    title: str = "",
    uri: str = "",
    dims: Sequence[str | None] | None = None,
    units: str | None = None,
) -> "Figure":
    """Draw an array of any shape and type as a person would want to see it.

    A number becomes a card, a line a line, a plane an image (up to 12 long rows: lines), more
    dimensions their middle slice, words and records a table. What is missing, clipped, averaged or
    left out is said below the picture.

    Parameters
    ----------
    values
        The array, or what `sample_array` read of a large one.
    dims
        What each axis is called, with its unit: ``["time (min)", "wavelength (nm)"]``.
    units
        The unit of the values.

    Raises
    ------
    InvalidInputError
        There are not as many `dims` as dimensions.
    """
    excerpt = values if isinstance(values, Excerpt) else Excerpt.whole(np.asarray(values))
    plane = to_plane(excerpt, dims)
    form = form_of(excerpt.shape, str(excerpt.values.dtype))
    figure = new_figure(Heading(title, uri, form))
    axes = figure.add_subplot()
    return finish(figure, (*plane.notes, *_draw(axes, plane, units)))


def save_array_plot(
    values: NDArray[Any] | Excerpt,
    location: str | Path,
    *,
    title: str = "",
    uri: str = "",
    dims: Sequence[str | None] | None = None,
    units: str | None = None,
) -> None:
    """Draw an array into a file, whole or not at all; its suffix says how: .png, .svg or .pdf.

    Parameters
    ----------
    location
        A path, or a URL of a bucket. What is there is replaced.

    Raises
    ------
    InvalidInputError
        The suffix is another one.
    StoreError
        There is no such folder, or it cannot be written.
    """
    suffix = PurePosixPath(location).suffix
    if suffix.lower() not in SUFFIXES:
        raise InvalidInputError(
            f"Cannot draw into {str(location)!r}: its suffix is {suffix!r}. "
            f"Choose one of {', '.join(SUFFIXES)}."
        )
    folder, name = open_file(location)
    figure = plot_array(values, title=title, uri=uri, dims=dims, units=units)
    folder.write(name, _render(figure, suffix[1:].lower()))


def _render(figure: "Figure", form: str) -> bytes:
    """Give the bytes of a picture file, without the date in it."""
    picture = BytesIO()
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    paper = figure.get_facecolor()
    figure.savefig(picture, format=form, dpi=figure.dpi, facecolor=paper, metadata=dates.get(form))
    return picture.getvalue()


def _draw(axes: "Axes", plane: Plane, units: str | None) -> tuple[str, ...]:
    """Draw what suits the plane; give the notes below."""
    if plane.values.size == 0:
        draw_card(axes, "no values", "the array is empty")
        return ()
    if plane.values.ndim == 0 and plane.values.dtype.names is None:
        words = as_text(plane.values[()]) or '""'
        draw_card(axes, f"{words} {units or ''}".rstrip())
        return ()
    if plane.values.dtype.kind not in NUMBERS:
        return draw_table(axes, plane)
    if are_lines(plane.values.shape):
        return draw_lines(axes, plane, units)
    return draw_image(axes, plane, units)
