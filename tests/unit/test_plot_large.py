"""Pictures of large arrays: little is read, less is drawn, and peaks stay."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.pictures import chromatogram, note, words
from zarr_linked_data.plot import Excerpt, plot_array, sample_array
from zarr_linked_data.plot.reduce import block_means, envelope


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
    assert (
        note(figure, "Each") == "Each pixel is the mean of 1 × 9 values, taken from a part of them"
    )


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
        lengths = [
            len(range(*part.indices(n))) for part, n in zip(selection, self.shape, strict=True)
        ]
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
