"""Measured arrays in files: what is read, and what is refused with which words."""

import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from zarr_linked_data.errors import InvalidInputError, InvalidTableError
from zarr_linked_data.ingest.tables import measure
from zarr_linked_data.node import NUMBERS, chunk_shape


@pytest.fixture
def table(tmp_path):
    """Write a CSV file and read it."""

    def read(text, encoding="utf-8"):
        path = tmp_path / "run 1.csv"
        path.write_bytes(text.encode(encoding))
        return measure(path).values()

    return read


@pytest.fixture
def columns(tmp_path):
    """Write a Parquet file and read it."""

    def read(**columns):
        path = tmp_path / "run.parquet"
        parquet.write_table(pa.table(columns), path)
        return measure(path).values()

    return read


def refusal(read, *args, **kwargs):
    """The message with which a table is refused."""
    with pytest.raises(InvalidTableError) as caught:
        read(*args, **kwargs)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_csv_is_a_table_of_two_dimensions_whatever_divides_it(table, mark):
    values = table(f"1{mark}2.5\n-3e2{mark} +4 \n")
    assert values.dtype == "float64"
    np.testing.assert_array_equal(values, [[1, 2.5], [-300, 4]])


def test_one_column_is_a_table_too(table):
    np.testing.assert_array_equal(table("1\n2\n3"), [[1], [2], [3]])


def test_nan_and_infinity_are_numbers(table):
    np.testing.assert_array_equal(
        table("nan,NaN\ninf,-Infinity\n"), [[np.nan] * 2, [np.inf, -np.inf]]
    )


@pytest.mark.parametrize(
    "text",
    [
        "\ufefftime,absorbance\n1,2\n",
        "time;absorbance, mAU\n1;2\n",
        '"a,b","c"\r\n"1","2"\r\n',
        "1,2\n\n",
    ],
    ids=["names", "semicolons", "quotes", "empty line"],
)
def test_names_marks_quotes_and_empty_lines_are_no_values(table, text):
    np.testing.assert_array_equal(table(text), [[1, 2]])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,2\n3,abc\n", "in line 2, column 2 holds 'abc', which is no number"),
        ("a,b\n1,2\n3,x\n", "in line 3, column 2 holds 'x', which is no number"),
        ("wavelength,200,201\n1,2,3\n", "in line 1, column 1 holds 'wavelength', which is no"),
        ("n/a,n/a\n1,2\n", "in line 1, column 1 holds 'n/a', which is no number"),
        ("1,5;2,5\n3,5;4,5\n", "in line 1, column 1 holds '1,5', a decimal comma: write a point"),
        ("1,\n", "in line 1, column 2 holds '', an empty cell: write NaN where a value is missing"),
        ("1,2\n3,4\n5\n", "in line 3, it has 1 cells, and the first line has 2"),
        ("a,b,c\n1,2\n", "in line 2, it has 2 cells, and the first line has 3"),
        ("1_0,2\n", "column 1 holds '1_0', which is no number"),
        ("١,2\n", "column 1 holds '١', which is no number"),
        ("1e400,2\n", "column 1 holds '1e400', which is too large for a 64-bit number"),
        ("9007199254740993,2\n", "has more digits than a 64-bit floating-point number"),
        ('1,"2\n3,4\n', "in line 1, could not convert string"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_named_by_line_and_column(table, text, found):
    message = refusal(table, text)
    assert found in message
    assert "run 1.csv" in message
    assert "Correct it, or give the array as .npy" in message


def test_a_fault_far_down_is_named_by_its_line(table):
    assert "in line 25001, column 2 holds 'x'" in refusal(table, "1,2\n" * 25_000 + "1,x\n")


def test_large_values_and_rows_beyond_one_block_are_read(table):
    values = table("1e300,9007199254740992\n" * 25_000)
    assert values.shape == (25_000, 2)
    assert values[-1].tolist() == [1e300, 2.0**53]


@pytest.mark.parametrize("text", ["", "\n\n", "time,absorbance\n"])
def test_a_table_without_numbers_is_refused(table, text):
    assert "holds no rows of numbers. Give a table with one row or more" in refusal(table, text)


def test_what_is_not_utf_8_is_refused(table):
    assert "is not UTF-8 text. Save it as 'CSV UTF-8'" in refusal(table, "1,2\n", "utf-16")


@given(st.lists(st.lists(st.floats(width=64), min_size=3, max_size=3), min_size=1))
def test_every_number_comes_back_as_it_was_written(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_text("\n".join(",".join(map(repr, row)) for row in rows))
    np.testing.assert_array_equal(measure(path).values(), rows)


@pytest.mark.parametrize("name", NUMBERS)
def test_an_npy_file_of_any_number_type_is_mapped(tmp_path, name):
    path = tmp_path / "x.npy"
    np.save(path, np.arange(6).reshape(2, 3).astype(name))
    measured = measure(path)
    assert (measured.shape, measured.dtype.name) == ((2, 3), name)
    assert measured.nbytes == 6 * np.dtype(name).itemsize
    assert isinstance(measured.values(), np.memmap)


def test_big_endian_values_are_announced_as_little_endian(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(3, dtype=">i4"))
    assert measure(tmp_path / "x.npy").dtype == "<i4"


@pytest.mark.parametrize("shape", [(), (0, 3), (2, 0)])
def test_npy_files_without_axes_or_without_values_are_arrays(tmp_path, shape):
    np.save(tmp_path / "x.npy", np.zeros(shape))
    assert measure(tmp_path / "x.npy").values().shape == shape


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (np.array([{}], object), "it holds Python objects"),
        (np.zeros(2, [("time", "f8")]), r"its data type is \"[('time', '<f8')]\""),
        (np.array(["a"]), "its data type is '<U1'"),
        (np.array(["2026-01-01"], "M8[D]"), "its data type is 'datetime64[D]'"),
        (np.zeros(1, np.longdouble), "its data type is 'float128'"),
    ],
    ids=["objects", "structured", "text", "times", "longdouble"],
)
def test_npy_files_of_other_types_are_refused_with_what_is_supported(tmp_path, values, found):
    np.save(tmp_path / "x.npy", values)
    message = refusal(measure, tmp_path / "x.npy")
    assert found.replace("\\", "") in message
    assert "bool, int8, int16" in message


@pytest.mark.parametrize(
    ("data", "found"),
    [(b"", "EOF"), (b"time,absorbance\n1,2\n", "magic string"), (None, "it is cut off")],
)
def test_what_is_no_whole_npy_file_is_refused(tmp_path, data, found):
    path = tmp_path / "x.npy"
    np.save(path, np.zeros(100))
    path.write_bytes(path.read_bytes()[:-8] if data is None else data)
    message = refusal(measure, path)
    assert found in message
    assert "Write it anew with numpy.save" in message


def test_parquet_columns_stand_side_by_side_in_a_type_that_holds_all(columns):
    values = columns(a=pa.array([1, 2], pa.int16()), b=pa.array([0.5, None], pa.float32()))
    assert values.dtype == "float32"
    np.testing.assert_array_equal(values, [[1, 0.5], [2, np.nan]])


def test_whole_numbers_of_64_bits_stay_whole(columns):
    values = columns(a=pa.array([2**63 - 1]), b=pa.array([-1]))
    assert values.dtype == "int64"
    assert values.tolist() == [[2**63 - 1, -1]]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"name": ["a"]}, "its column 'name' is of type 'string'"),
        ({"when": pa.array([0], pa.timestamp("ms"))}, "column 'when' is of type 'timestamp[ms]'"),
        ({"ok": [True]}, "its column 'ok' is of type 'bool'"),
        ({"n": [1, None]}, "its column 'n' lacks 1 values, and whole numbers have no NaN"),
        ({"n": [2**53 + 1], "x": [0.5]}, "column 'n' has whole numbers that the floating-point"),
        ({"__index_level_0__": [1]}, "is the index of a pandas table, and no measured values."),
        ({"x": pa.array([], pa.float64())}, "it holds no rows of numbers"),
        ({}, "it holds no rows of numbers"),
    ],
)  # fmt: skip
def test_other_parquet_columns_are_refused_by_name(columns, given, found):
    assert found in refusal(columns, **given)


def test_two_parquet_columns_of_one_name_are_two(tmp_path):
    parquet.write_table(pa.table([[1], [2]], names=["x", "x"]), tmp_path / "x.parquet")
    assert measure(tmp_path / "x.parquet").values().tolist() == [[1, 2]]


def test_what_is_no_parquet_file_is_refused(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"time,absorbance")
    assert "it is no whole Parquet file" in refusal(measure, tmp_path / "x.parquet")


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InvalidInputError, match=r"pip install 'zarr-linked-data\[workflows\]'"):
        measure(tmp_path / "x.parquet")


@pytest.mark.parametrize("name", ["x.npy", "x.csv", "x.parquet"])
def test_a_missing_file_is_one_line(tmp_path, name):
    with pytest.raises(InvalidInputError, match=rf"Cannot read '.*{name}': No such file .* Check"):
        measure(tmp_path / name)


@pytest.mark.parametrize("name", ["x.npy", "x.csv", "x.parquet"])
def test_a_folder_is_no_table(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(InvalidInputError, match="Is a directory"):
        measure(tmp_path / name)


def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(
        InvalidInputError, match=r"suffix is '.xlsx'. Give a file .* \.npy, \.csv or"
    ):
        measure(tmp_path / "x.xlsx")


def test_suffixes_of_instruments_in_capitals_are_known(tmp_path):
    (tmp_path / "RUN.CSV").write_text("1,2\n")
    assert measure(tmp_path / "RUN.CSV").shape == (1, 2)


def test_a_file_that_changed_since_it_was_checked_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("1,2\n")
    measured = measure(path)
    path.write_text("1,2\n3,4\n")
    assert "it changed while it was added" in refusal(measured.values)


@given(
    st.lists(st.integers(0, 50), max_size=4),
    st.sampled_from([1, 2, 4, 8, 16]),
    st.integers(16, 4000),
)
def test_chunks_are_never_too_large_and_cover_the_array(shape, itemsize, largest):
    chunks = chunk_shape(shape, itemsize, largest)
    assert len(chunks) == len(shape)
    assert all(1 <= chunk <= max(1, length) for chunk, length in zip(chunks, shape, strict=True))
    assert int(np.prod(chunks, dtype=int)) * itemsize <= max(largest, itemsize)


def test_an_array_of_up_to_64_mib_is_one_chunk():
    assert chunk_shape((9000, 900), 8) == (9000, 900)
    assert chunk_shape((9000, 1000), 8) == (4500, 1000)
