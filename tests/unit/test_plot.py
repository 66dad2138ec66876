"""Pictures of arrays: what each shape and type becomes."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib import rc_context

from tests.pictures import chromatogram, note, words
from zarr_linked_data.errors import InvalidInputError, StoreNotFoundError
from zarr_linked_data.plot import plot_array, save_array_plot
from zarr_linked_data.plot.style import INK, QUIET

URI = "http://www.catplus.ch/ontology/concepts/sample1Dataset"


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
    form = [("nr", "i4"), ("name", "S9"), ("mass", "f8")]
    values = np.array([(1, b"acetone", 58.08), (2, b"water", 18.015)], dtype=form)
    assert words(plot_array(values)) == [
        "2 records", "index", "0", "1", "nr", "1", "2", "name", "acetone", "water",
        "mass", "58.08", "18.015",
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


@pytest.mark.parametrize(
    ("suffix", "start"), [(".png", b"\x89PNG"), (".PDF", b"%PDF"), (".svg", b"<?xml")]
)
def test_the_suffix_chooses_the_format(tmp_path, suffix, start):
    path = tmp_path / f"picture{suffix}"
    save_array_plot(np.arange(9), path, title="T")
    assert path.read_bytes().startswith(start)


def test_another_suffix_is_refused_before_anything_is_written(tmp_path):
    path = tmp_path / "picture.bmp"
    with pytest.raises(
        InvalidInputError, match=r"picture.bmp': its suffix is '.bmp'. Choose one of .png"
    ):
        save_array_plot(np.arange(9), path)
    assert not path.exists()


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(StoreNotFoundError, match="nowhere"):
        save_array_plot(np.arange(9), tmp_path / "nowhere" / "picture.png")


def test_a_picture_replaces_the_one_before_and_leaves_nothing_else(tmp_path):
    for values in (np.arange(9), np.eye(30)):
        save_array_plot(values, str(tmp_path / "picture.png"))
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]


def test_neither_matplotlib_nor_its_global_state_is_loaded_before_it_is_needed():
    program = (
        "import sys, numpy, zarr_linked_data.plot as plot\n"
        "assert 'matplotlib' not in sys.modules\n"
        "plot.plot_array(numpy.eye(20))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_settings_of_the_users_own_pictures_change_nothing():
    with rc_context({"text.color": "red", "axes.facecolor": "black", "font.family": "serif"}):
        figure = plot_array(np.arange(9), title="T")
        assert {text.get_color() for text in figure.texts} == {INK, QUIET}
        assert figure.axes[0].get_facecolor() == (1, 1, 1, 1)
        assert {text.get_fontfamily()[0] for text in figure.texts} == {"DejaVu Sans"}
