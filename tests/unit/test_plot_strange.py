"""Pictures of strange arrays: missing, empty, constant, wild and unwritable values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.pictures import contrast, note, words
from zarr_linked_data.errors import InvalidInputError
from zarr_linked_data.plot import plot_array
from zarr_linked_data.plot.images import BLACK, MIDDLE_GREY
from zarr_linked_data.plot.style import INK, LINES, PAPER, QUIET
from zarr_linked_data.plot.words import columns, printable, shorten


def test_missing_values_are_grey_gaps_and_counted():
    values = np.arange(300.0)
    values[[5, 6, 100]] = np.nan
    values[50] = np.inf
    figure = plot_array(values)
    assert note(figure, "Missing") == "Missing (grey): 3 NaN and 1 Inf of 300"
    (grey,) = [item for item in figure.axes[0].collections if len(item.get_paths()) == 3]
    assert grey.get_paths()[0].get_extents().intervalx.tolist() == [4.5, 6.5]


def test_a_value_between_missing_ones_is_a_dot():
    values = np.where(np.arange(300) % 2, np.arange(300.0), np.nan)
    dots = plot_array(values).axes[0].collections[0]
    assert len(dots.get_offsets()) == 150


def test_missing_dates_are_counted():
    values = np.array(["2024-01-01", "NaT", "2024-01-03"], "datetime64[D]")
    assert note(plot_array(values), "Missing") == "Missing (grey): 1 NaT of 3"


@pytest.mark.parametrize("shape", [(50,), (50, 60)])
def test_nothing_finite_is_said(shape):
    figure = plot_array(np.full(shape, np.nan))
    assert "no finite value" in words(figure)
    assert note(figure, "Missing").endswith(f"NaN of {np.prod(shape):,}")


@pytest.mark.parametrize("shape", [(0,), (0, 5), (3, 0, 5), (0, 5, 6)])
def test_an_empty_array_says_so(shape):
    assert "the array is empty" in words(plot_array(np.zeros(shape)))


@pytest.mark.parametrize("shape", [(50,), (50, 60)])
def test_a_constant_is_said(shape):
    figure = plot_array(np.full(shape, 3.25))
    assert note(figure, "Constant") == "Constant: every value is 3.25"
    figure.canvas.draw()


def test_an_image_with_few_wild_values_shows_the_others_and_says_so():
    values = np.random.default_rng(0).random((300, 300))
    values[7, 9] = 1e7
    figure = plot_array(values)
    low, high = figure.axes[0].images[0].get_clim()
    assert 0 <= low < 0.01
    assert 0.99 < high <= 1
    assert note(figure, "Colours").startswith("Colours cover the percentiles 0 to 99.99; values")
    assert note(figure, "Colours").endswith("to 1e+07")


def test_a_small_image_shows_every_value():
    values = np.ones((20, 20))
    values[0, 0], values[0, 1] = 1e7, 2
    assert plot_array(values).axes[0].images[0].get_clim() == (1, 1e7)


def test_a_chromatographic_map_keeps_its_highest_peak():
    rows, columns_ = np.mgrid[:900, :1000]
    values = 640 * np.exp(-(((rows - 365) / 8) ** 2) - ((columns_ - 50) / 35) ** 2)
    figure = plot_array(values)
    assert figure.axes[0].images[0].get_clim()[1] == values.max()
    assert not [text for text in words(figure) if text.startswith("Colours")]


@pytest.mark.parametrize(("largest", "power"), [(1.7e308, 308), (3e-310, -310)])
def test_numbers_at_the_ends_of_float64_are_drawn_with_a_power(largest, power):
    figure = plot_array(np.array([-largest, 0, largest]))
    assert figure.axes[0].get_ylabel() == f"value × 1e{power}"
    figure.canvas.draw()


def test_parts_of_huge_complex_values_share_one_scale():
    (axes,) = plot_array(np.array([1e200 + 1e190j, 2e200])).axes
    assert axes.get_ylabel() == "value × 1e200"
    np.testing.assert_allclose(axes.lines[1].get_ydata(), [1e-10, 0])


def test_any_letters_are_drawn_without_a_warning():
    title = "样品 $x_i^{ “Größe” 🧪 \u202eabc\x00\n \ud800"
    figure = plot_array(np.array([["样", "🧪"]]), title=title, dims=["$", "行"], units="µ$")
    figure.canvas.draw()
    assert words(figure)[0].endswith("Größe” \N{WHITE SQUARE} abc\ufffd  \ufffd")


def test_a_long_uri_is_shortened_in_the_middle():
    uri = "http://example.org/" + "very/long/" * 40 + "sample1"
    heading = words(plot_array(np.arange(4), title="T", uri=uri))[1]
    assert heading.startswith("4 int64  ·  http://example.org/")
    assert "…" in heading
    assert heading.endswith("/sample1")


def test_wrong_dims_are_refused():
    with pytest.raises(InvalidInputError, match=r"shape \(2, 3\) \['time'\]: give 2 names"):
        plot_array(np.zeros((2, 3)), dims=["time"])


@settings(max_examples=40, deadline=None)
@given(
    arrays.arrays(
        dtype=st.one_of(arrays.scalar_dtypes(), arrays.unicode_string_dtypes(max_len=4)),
        shape=arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6),
    )
)
def test_every_array_can_be_drawn(values):
    plot_array(values, title="any").canvas.draw()


@pytest.mark.parametrize("color", [*LINES, INK, QUIET])
def test_lines_and_letters_have_enough_contrast(color):
    assert contrast(color, PAPER) >= 4.5


def test_letters_on_any_colour_have_enough_contrast():
    assert (MIDDLE_GREY + 0.05) / 0.05 >= 4.5
    assert 1.05 / (MIDDLE_GREY + 0.05) >= 4.5
    assert BLACK == "#000000"


@given(st.text(max_size=60), st.integers(1, 40))
def test_shortened_words_fit_and_keep_both_ends(text, room):
    cut = shorten(text, room)
    assert columns(cut) <= room
    head, _, tail = cut.partition("…")
    assert cut == text or (text.startswith(head) and text.endswith(tail))


@given(st.text(max_size=40))
def test_printable_words_have_no_control_letters(text):
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)
