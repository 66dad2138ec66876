"""Pictures of arrays: what they show, and what they say of what they leave out."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from zarr_linked_data.errors import InvalidInputError
from zarr_linked_data.plot import Excerpt, plot_array, sample_array, save_array_plot
from zarr_linked_data.plot.images import BLACK, MIDDLE_GREY
from zarr_linked_data.plot.reduce import block_means, envelope
from zarr_linked_data.plot.style import INK, LINES, PAPER, QUIET, luminance
from zarr_linked_data.plot.words import columns, printable, shorten

URI = "http://www.catplus.ch/ontology/concepts/sample1Dataset"


def words(figure):
    """All that is written on a picture: heading and notes, axes, cards and tables."""
    texts = list(figure.texts)
    for axes in figure.axes:
        texts += [*axes.texts, axes.xaxis.label, axes.yaxis.label]
    return [text.get_text() for text in texts if text.get_text()]


def note(figure, start):
    """The note that begins so."""
    (found,) = [text for text in words(figure) if text.startswith(start)]
    return found


def contrast(one, other):
    first, second = (
        luminance(tuple(int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))) for color in (one, other)
    )
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)


def chromatogram(length):
    values = np.sin(np.arange(length) / 50)
    values[length // 3] = 640.0
    return values


# What each shape and type becomes


def test_a_line_has_its_title_uri_shape_and_units():
    figure = plot_array(
        chromatogram(9000), title="Sample 1", uri=URI, dims=["time (min)"], units="mAU"
    )
    assert words(figure) == [
        "Sample 1", f"9,000 float64  ·  {URI}", "time (min)", "value (mAU)",
    ]  # fmt: skip
    (line,) = figure.axes[0].lines
    assert line.get_ydata().max() == 640.0


def test_without_a_title_the_uri_is_the_title():
    assert words(plot_array(np.arange(3), uri=URI))[:2] == [URI, "3 int64"]


def test_a_number_is_a_card():
    assert words(plot_array(np.array(58.08), units="g/mol")) == ["float64", "58.08 g/mol"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.array(True), "True"),
        (np.array(1 + 2j), "1+2j"),
        (np.array("acetone"), "acetone"),
        (np.array(np.datetime64("2024-03-01T12:30")), "2024-03-01T12:30"),
        (np.array(np.nan), "nan"),
        (np.array([[7.0]]), "7"),
    ],
)
def test_a_single_value_of_any_type_is_a_card(value, text):
    assert words(plot_array(value))[-1] == text


def test_a_plane_is_an_image_with_its_scale():
    figure = plot_array(np.arange(9e5).reshape(900, 1000), dims=["time", "wavelength"], units="mAU")
    drawing, scale = figure.axes
    assert (drawing.get_xlabel(), drawing.get_ylabel()) == ("wavelength", "time")
    assert drawing.images[0].get_extent() == [-0.5, 999.5, 899.5, -0.5]
    assert scale.get_ylabel() == "value (mAU)"


@pytest.mark.parametrize("shape", [(4, 500), (500, 4)])
def test_few_long_rows_or_columns_are_lines_named_in_a_legend(shape):
    figure = plot_array(np.random.default_rng(0).random(shape), dims=["detector", "time"])
    (axes,) = figure.axes
    assert [line.get_label() for line in axes.lines] == ["0", "1", "2", "3"]
    assert [line.get_xdata().size for line in axes.lines] == [500] * 4
    assert axes.get_legend().get_title().get_text() in {"detector", "time"}


def test_twelve_lines_are_told_apart_by_colour_and_dashes():
    (axes,) = plot_array(np.random.default_rng(0).random((12, 100))).axes
    assert len({(line.get_color(), line.get_linestyle()) for line in axes.lines}) == 12


def test_a_plate_of_wells_is_an_image_with_its_values_written():
    axes = plot_array(np.arange(96.0).reshape(8, 12)).axes[0]
    assert [text.get_text() for text in axes.texts[:3]] == ["0.0", "1.0", "2.0"]
    assert len(axes.texts) == 96


def test_complex_lines_show_real_imaginary_and_magnitude():
    (axes,) = plot_array(np.exp(1j * np.arange(100) / 9)).axes
    assert [line.get_label() for line in axes.lines] == ["real", "imaginary", "magnitude"]
    np.testing.assert_allclose(axes.lines[2].get_ydata(), 1)


def test_a_complex_plane_shows_its_magnitude():
    figure = plot_array(np.full((30, 30), 3 + 4j) * np.arange(30))
    assert figure.axes[1].get_ylabel() == "magnitude"
    assert figure.axes[0].images[0].get_clim() == (0, 145)


def test_of_more_dimensions_the_middle_slice_is_shown_and_named():
    values = np.arange(5 * 30 * 40).reshape(5, 1, 30, 40)
    figure = plot_array(values, dims=["run", "lamp", "time", "wavelength"])
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), values[2, 0])
    assert note(figure, "Slice") == "Slice at run = 2 (of 0 to 4)"


def test_where_the_middle_slice_is_empty_the_maximum_is_shown_and_named():
    values = np.zeros((3, 30, 40))
    values[0, 5, 6] = 8
    figure = plot_array(values)
    assert figure.axes[0].images[0].get_array()[5, 6] == 8
    assert note(figure, "Largest") == "Largest value along axis 0 (the middle slice is empty)"


def test_channels_are_not_taken_for_columns():
    figure = plot_array(np.random.default_rng(0).random((60, 80, 3)))
    assert figure.axes[0].images[0].get_array().shape == (60, 80)
    assert note(figure, "Slice") == "Slice at axis 2 = 1 (of 0 to 2)"


def test_booleans_are_false_and_true():
    line = plot_array(np.arange(40) % 3 == 0).axes[0]
    scale = plot_array(np.eye(50, dtype=bool)).axes[1]
    for axes in (line, scale):
        assert [label.get_text() for label in axes.get_yticklabels()] == ["False", "True"]


def test_words_are_a_table_that_says_how_many_there_are():
    figure = plot_array(np.array(["acetone", "water"] * 2500))
    assert {"index", "value", "acetone", "11"} <= set(words(figure))
    assert note(figure, "Shown") == "Shown: the first 12 of 5,000 rows"


def test_records_are_a_table_with_a_column_for_each_field():
    values = np.array([(1, b"acetone", 58.08)], dtype=[("nr", "i4"), ("name", "S9"), ("mass", "f8")])
    assert words(plot_array(values)) == [
        "1 records", "index", "0", "nr", "1", "name", "acetone", "mass", "58.08",
    ]  # fmt: skip


def test_dates_are_on_an_axis_of_dates():
    start = np.datetime64("2024-01-01")
    figure = plot_array(start + np.arange(20))
    assert figure.axes[0].get_ylabel() == "date (UTC)"
    figure.canvas.draw()
    assert figure.axes[0].yaxis.get_offset_text().get_text() == "2024-Jan"


def test_dates_beyond_the_calendar_are_years():
    (axes,) = plot_array(np.array(["-5000", "12000"], "datetime64[Y]")).axes
    assert axes.get_ylabel() == "year"
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [-5000, 12000], atol=1)


@pytest.mark.parametrize(
    ("values", "label", "largest"),
    [
        (np.array([1, 90_000], "timedelta64[ms]"), "duration (min)", 1.5),
        (np.array([1, 3], "timedelta64[M]"), "duration (years)", 0.25),
        (np.array([1, 7], "timedelta64"), "duration", 7),
    ],
)
def test_durations_are_in_the_unit_that_suits_them(values, label, largest):
    (axes,) = plot_array(values).axes
    assert axes.get_ylabel() == label
    assert axes.lines[0].get_ydata().max() == largest


# What is missing or strange


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
    assert note(figure, "Colours").startswith("Colours cover the percentiles 0.1 to 99.9; values")
    assert note(figure, "Colours").endswith("1e+07")


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


# Large arrays


def test_a_peak_survives_in_a_line_of_a_million_values():
    values = chromatogram(1_000_000)
    values[700_000:800_000] = np.nan
    figure = plot_array(values)
    (line,) = figure.axes[0].lines
    assert line.get_ydata().size <= 2_000
    assert np.nanmax(line.get_ydata()) == 640.0
    assert abs(line.get_xdata()[np.nanargmax(line.get_ydata())] - 333_333) <= 1_000
    assert note(figure, "Drawn").startswith("Drawn: the smallest and the largest of every 1,000")


@given(
    arrays.arrays(
        "float32", st.integers(10_001, 12_000), elements=st.floats(-9, 9, width=16), fill=st.just(0)
    )
)
@settings(max_examples=20, deadline=None)
def test_an_envelope_has_the_same_limits_as_the_line(values):
    indices, thinned, size = envelope(values)
    assert (thinned.min(), thinned.max()) == (values.min(), values.max())
    assert (indices[0], indices[-1]) == (0, values.size - 1)
    assert thinned.size <= 2 * -(-values.size // size)


def test_a_large_image_is_block_means_and_says_so():
    values = np.kron(np.arange(1_200.0).reshape(30, 40), np.ones((100, 50)))
    figure = plot_array(values)
    image = figure.axes[0].images[0]
    assert image.get_array().shape == (1000, 1000)
    assert image.get_extent() == [-0.5, 1999.5, 2999.5, -0.5]
    assert note(figure, "Each") == "Each pixel is the mean of 3 × 2 values"


def test_block_means_leave_out_what_is_missing():
    values = np.ones((2001, 1001))
    values[:2] = np.nan
    values[3, 0] = np.nan
    values[2000, 1000] = 7  # the last block has three rows and one column
    small, block = block_means(values)
    assert (small.shape, block) == ((667, 501), (3, 2))
    assert small[0, 0] == 1
    assert small[-1, -1] == (1 + 1 + 7) / 3


def test_a_fine_pattern_in_huge_blocks_is_averaged_over_a_part():
    figure = plot_array(np.zeros((30, 9_000), "int8"))
    assert note(figure, "Each") == "Each pixel is the mean of 1 × 9 values, taken from a part of them"


def test_a_large_mask_shows_the_share_of_true():
    figure = plot_array(np.indices((2000, 2000)).sum(axis=0) % 2 == 0)
    assert figure.axes[1].get_ylabel() == "share of True"
    assert np.unique(figure.axes[0].images[0].get_array()).tolist() == [0.5]


class Watched:
    """An array that is never in memory: it answers with zeros and counts what it was asked."""

    def __init__(self, shape):
        self.shape = shape
        self.values = 0

    def __call__(self, selection):
        lengths = [len(range(*part.indices(n))) for part, n in zip(selection, self.shape, strict=True)]
        self.values += int(np.prod(lengths))
        return np.zeros(lengths, "int8")


@pytest.mark.parametrize(
    "shape",
    [(), (5,), (0, 4), (2_000_000_000,), (40_000, 40_000), (3, 900_000_000), (700, 1, 900, 1000)],
)
def test_little_of_a_huge_array_is_read(shape):
    read = Watched(shape)
    excerpt = sample_array(read, shape)
    assert excerpt.values.size == read.values <= 16_000_000
    assert excerpt.shape == shape


def test_the_middle_of_a_line_too_long_is_shown_and_named():
    figure = plot_array(sample_array(Watched((50_000_000,)), (50_000_000,)))
    assert note(figure, "Read") == "Read: index 17,000,000 to 32,999,999 of 0 to 49,999,999"
    assert figure.axes[0].lines[0].get_xdata()[0] == 17_000_000


def test_rows_are_skipped_where_chunks_let_that_save_reading():
    shape, read = (20_000, 10_000), Watched((20_000, 10_000))
    excerpt = sample_array(read, shape, chunks=(1, 10_000))
    assert excerpt.selection == (slice(0, 20_000, 13), slice(0, 10_000, 1))
    figure = plot_array(excerpt, dims=["scan", "m/z"])
    assert note(figure, "Read") == "Read: one in 13 along scan"
    assert figure.axes[0].images[0].get_extent()[2] == pytest.approx(20_000, abs=13)


def test_large_chunks_are_read_in_the_middle():
    excerpt = sample_array(Watched((40_000, 40_000)), (40_000, 40_000), chunks=(4_000, 4_000))
    assert excerpt.selection == (slice(18_000, 22_000, 1), slice(18_000, 22_000, 1))


def test_a_slice_names_its_place_in_the_whole_array():
    excerpt = Excerpt(np.random.default_rng(0).random((1, 30, 40)), (99, 30, 40), (
        slice(7, 8, 1), slice(0, 30, 1), slice(0, 40, 1),
    ))  # fmt: skip
    figure = plot_array(excerpt)
    assert note(figure, "Slice") == "Slice at axis 0 = 7 (of 0 to 98)"
    assert words(figure)[0] == "99 × 30 × 40 float64"


# Files


@pytest.mark.parametrize(
    ("suffix", "start"), [(".png", b"\x89PNG"), (".PDF", b"%PDF"), (".svg", b"<?xml")]
)
def test_the_suffix_chooses_the_format(tmp_path, suffix, start):
    path = save_array_plot(np.arange(9), tmp_path / f"picture{suffix}", title="T")
    assert path.read_bytes().startswith(start)


def test_another_suffix_is_refused_before_anything_is_written(tmp_path):
    path = tmp_path / "picture.bmp"
    with pytest.raises(InvalidInputError, match=r"picture.bmp': its suffix is '.bmp'. Choose one of .png"):
        save_array_plot(np.arange(9), path)
    assert not path.exists()


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(InvalidInputError, match=r"nowhere.+No such file.+Choose a folder that exists"):
        save_array_plot(np.arange(9), tmp_path / "nowhere" / "picture.png")


def test_neither_matplotlib_nor_its_global_state_is_loaded_before_it_is_needed():
    program = (
        "import sys, numpy, zarr_linked_data.plot as plot\n"
        "assert 'matplotlib' not in sys.modules\n"
        "plot.plot_array(numpy.eye(20))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_settings_of_the_users_own_pictures_change_nothing():
    import matplotlib

    with matplotlib.rc_context({"text.color": "red", "axes.facecolor": "black", "font.family": "serif"}):
        figure = plot_array(np.arange(9), title="T")
        assert {text.get_color() for text in figure.texts} == {INK, QUIET}
        assert figure.axes[0].get_facecolor() == (1, 1, 1, 1)
        assert {text.get_fontfamily()[0] for text in figure.texts} == {"DejaVu Sans"}


# Colours and words


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
    assert columns(cut) <= max(room, 1) or cut == text
    if cut != text and room > 3:
        assert cut[-1] == text[-1] or columns(text[-1]) != 1


@given(st.text(max_size=40))
def test_printable_words_have_no_control_letters(text):
    assert all(letter.isprintable() or letter == "\ufffd" for letter in printable(text).replace(" ", ""))
    with warnings.catch_warnings():
        printable(text).encode()
