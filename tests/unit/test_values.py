"""Reading arrays: one chunk by ourselves, all others by zarr-python, with the same result."""

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.codecs import BloscCodec, BytesCodec, GzipCodec, ZstdCodec

from zarr_linked_data.errors import CorruptDocumentError
from zarr_linked_data.lookup.values import plan_one_chunk, read_values
from zarr_linked_data.storage import open_storage

CODECS = {
    "none": None,
    "zstd": ZstdCodec(),
    "gzip": GzipCodec(),
    "blosc-lz4": BloscCodec(cname="lz4"),
    "blosc-zstd": BloscCodec(cname="zstd"),
}
TYPES = ["bool", "int8", "int64", "uint16", "float16", "float32", "float64", "complex64"]


def write(root, values, **options):
    array = zarr.create_array(
        root, shape=values.shape, dtype=values.dtype, overwrite=True, **options
    )
    array[...] = values
    return array


def read(root, array, selection=()):
    return read_values(open_storage(root), "", array.metadata.to_dict(), selection)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("dtype", TYPES)
def test_one_chunk_of_every_type_and_codec_is_read_as_zarr_does(tmp_path, dtype, codec):
    values = np.arange(12).reshape(3, 4).astype(dtype)
    array = write(tmp_path / "a", values, chunks=(3, 4), compressors=CODECS[codec])
    assert plan_one_chunk(array.metadata.to_dict()) is not None
    found = read(tmp_path / "a", array)
    assert found.dtype == array[...].dtype
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize("compressor", [None, "zstd", "blosc", "zlib", "gzip", "lz4"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_format_2_is_read_as_zarr_does(tmp_path, compressor, order):
    import numcodecs

    codec = None if compressor is None else numcodecs.get_codec({"id": compressor})
    values = np.arange(12.0).reshape(3, 4)
    array = write(
        tmp_path / "a", values, chunks=(3, 4), compressors=codec, zarr_format=2, order=order
    )
    np.testing.assert_array_equal(read(tmp_path / "a", array), values)


@settings(max_examples=40, deadline=None)
@given(
    shape=st.lists(st.integers(1, 5), max_size=3).map(tuple),
    extra=st.integers(0, 3),
    start=st.integers(0, 4),
    stop=st.integers(0, 5),
)
def test_a_slice_is_what_numpy_takes(tmp_path_factory, shape, extra, start, stop):
    root = tmp_path_factory.mktemp("store")
    values = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    array = write(root / "a", values, chunks=tuple(length + extra for length in shape))
    selection = (slice(start, stop), ...) if shape else ()
    np.testing.assert_array_equal(read(root / "a", array, selection), values[selection])


def test_big_endian_chunks_come_in_native_order(tmp_path):
    values = np.arange(4.0)
    array = write(
        tmp_path / "a", values, chunks=(4,), serializer=BytesCodec(endian="big"), compressors=None
    )
    found = read(tmp_path / "a", array)
    assert found.dtype == np.dtype("float64")
    np.testing.assert_array_equal(found, values)


def test_sharded_and_many_chunk_arrays_go_to_zarr(tmp_path):
    values = np.arange(64.0).reshape(8, 8)
    sharded = write(tmp_path / "s", values, chunks=(2, 2), shards=(4, 4))
    chunked = write(tmp_path / "c", values, chunks=(3, 5))
    for name, array in (("s", sharded), ("c", chunked)):
        assert plan_one_chunk(array.metadata.to_dict()) is None
        np.testing.assert_array_equal(
            read(tmp_path / name, array, (slice(1, 7), 3)), values[1:7, 3]
        )


def test_a_missing_chunk_is_the_fill_value(tmp_path):
    array = zarr.create_array(tmp_path / "a", shape=(2,), dtype="float64", fill_value=7)
    np.testing.assert_array_equal(read(tmp_path / "a", array), [7, 7])


def test_what_is_read_may_be_changed(tmp_path):
    array = write(tmp_path / "a", np.zeros(3), chunks=(3,), compressors=None)
    found = read(tmp_path / "a", array)
    found[0] = 1.0
    assert found[0] == 1.0


def test_a_chunk_that_was_cut_off_is_named(tmp_path):
    array = write(tmp_path / "a", np.ones(3), chunks=(3,), compressors=None)
    (tmp_path / "a/c/0").write_bytes(b"123")
    with pytest.raises(CorruptDocumentError, match=r"'c/0' of .* has 3 bytes, not 24"):
        read(tmp_path / "a", array)


def test_a_chunk_that_does_not_decode_is_named(tmp_path):
    array = write(tmp_path / "a", np.ones(3), chunks=(3,), compressors=ZstdCodec())
    (tmp_path / "a/c/0").write_bytes(b"not zstd")
    with pytest.raises(CorruptDocumentError, match="Cannot decode chunk 'c/0'"):
        read(tmp_path / "a", array)
