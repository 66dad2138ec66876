"""What a node's metadata documents say, and how they are written."""

import json

import numpy as np
import orjson
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from zarr_linked_data.errors import CorruptDocumentError, InvalidInputError
from zarr_linked_data.node import (
    DOCUMENT_NAMES,
    NUMBERS,
    NodeDocument,
    array_documents,
    chunk_name,
    group_documents,
    read_node,
    sanitised,
    without_consolidated,
)

GROUP_3 = {"zarr_format": 3, "node_type": "group"}
ARRAY_3 = {"zarr_format": 3, "node_type": "array", "shape": [2, 3], "data_type": "float64"}
ARRAY_2 = {"zarr_format": 2, "shape": [2, 3], "dtype": "<f8", "filters": None, "compressor": None}

json_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text('aN"\\{}[],: é𝄞\n', max_size=8)
)
json_values = st.recursive(
    json_scalars,
    lambda below: (
        st.lists(below, max_size=4)
        | st.dictionaries(
            st.sampled_from(["a", "NaN", "-Infinity", "consolidated_metadata", 'q"\\', ""]), below
        )
    ),
    max_leaves=12,
)
documents = st.dictionaries(
    st.sampled_from(["attributes", "zarr_format", "NaN", "consolidated_metadata", 'x"}', "é"]),
    json_values,
)
layouts = st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}])


def read(document, name="zarr.json", path="a/b"):
    return read_node({name: orjson.dumps(document)}, path)


def test_reads_a_group_of_format_3():
    document = read({**GROUP_3, "attributes": {"@id": "http://lab.example/s1"}})
    assert document == NodeDocument("group", {"@id": "http://lab.example/s1"})
    assert document.shape is None
    assert document.dtype is None


def test_reads_an_array_of_format_3():
    document = read({**ARRAY_3, "attributes": {"@id": "http://lab.example/d1"}})
    assert document == NodeDocument("array", {"@id": "http://lab.example/d1"}, (2, 3), "float64")


def test_reads_an_array_of_format_2_with_and_without_attributes():
    plain = {".zarray": orjson.dumps(ARRAY_2)}
    assert read_node(plain, "a") == NodeDocument("array", {}, (2, 3), "float64")
    with_attributes = {**plain, ".zattrs": b'{"@id": "u"}'}
    assert read_node(with_attributes, "a").attributes == {"@id": "u"}


def test_reads_a_group_of_format_2_with_and_without_attributes():
    plain = {".zgroup": b'{"zarr_format": 2}'}
    assert read_node(plain, "a") == NodeDocument("group", {})
    assert read_node({**plain, ".zattrs": b'{"@id": "u"}'}, "a").attributes == {"@id": "u"}


def test_missing_and_null_attributes_are_none():
    assert read(GROUP_3).attributes == {}
    assert read({**GROUP_3, "attributes": None}).attributes == {}


def test_an_array_goes_before_a_group_and_format_3_before_2():
    both = {".zarray": orjson.dumps(ARRAY_2), ".zgroup": b'{"zarr_format": 2}'}
    assert read_node(both, "a").kind == "array"
    assert read_node({**both, "zarr.json": orjson.dumps(GROUP_3)}, "a").kind == "group"


def test_attributes_alone_are_no_node():
    with pytest.raises(CorruptDocumentError, match=r"'a/b'.*has '\.zattrs'\. Add the document"):
        read_node({".zattrs": b"{}"}, "a/b")
    with pytest.raises(CorruptDocumentError, match=r"node '': .* and has none"):
        read_node({}, "")


@pytest.mark.parametrize("bare", ["NaN", "Infinity", "-Infinity"])
def test_reads_bare_constants_as_strings(bare):
    document = b'{"zarr_format":3,"node_type":"group","attributes":{"limit":%b}}' % bare.encode()
    assert read_node({"zarr.json": document}, "a").attributes == {"limit": bare}


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b'{"zarr_format": 3, "node_ty', "it is not JSON (unexpected end of data"),
        (b"<html>", "it is not JSON (unexpected character"),
        (b'{"a": NaN, "b": }', "it is not JSON (unexpected character"),
        (b'\xef\xbb\xbf{"zarr_format": 3}', "byte order mark (BOM) is not supported"),
        (b'{"name": "\xe9"}', "str is not valid UTF-8"),
        (b"[1]", "it is [1] instead of an object"),
        (b"{}", 'it has no "zarr_format", which must be 3'),
        (b'{"zarr_format": 2}', 'its "zarr_format" is 2 instead of 3'),
        (b'{"zarr_format": 3}', 'it has no "node_type", which must be "group" or "array"'),
        (b'{"zarr_format": 3, "node_type": "table"}', "its \"node_type\" is 'table' instead of"),
        (orjson.dumps({**GROUP_3, "attributes": [1]}), 'its "attributes" is [1] instead of an obj'),
        (orjson.dumps({**ARRAY_3, "data_type": None}), 'its "data_type" is None instead of a Zarr'),
        (orjson.dumps({**ARRAY_3, "data_type": {}}), 'its "data_type" is {} instead of a Zarr'),
        (orjson.dumps({**ARRAY_3, "shape": None}), 'its "shape" is None instead of a list'),
        (orjson.dumps({**ARRAY_3, "shape": [2, -1]}), 'its "shape" is [2, -1] instead of a list'),
        (orjson.dumps({**ARRAY_3, "shape": [2.0]}), 'its "shape" is [2.0] instead of a list'),
        (orjson.dumps({**ARRAY_3, "shape": "x" * 99}), f"is '{'x' * 59}… instead of a list"),
    ],
)
def test_a_corrupt_document_is_named_with_what_is_wrong_and_what_to_do(data, found):
    with pytest.raises(CorruptDocumentError) as error:
        read_node({"zarr.json": data}, "my batch/s1")
    message = str(error.value)
    assert message.startswith("Cannot read 'my batch/s1/zarr.json': ")
    assert found in message
    assert message.endswith("or remove the node; then run `zld consolidate`.")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("documents", "found"),
    [
        ({".zgroup": b"{}"}, "'.zgroup': it has no \"zarr_format\", which must be 2"),
        ({".zgroup": b'{"zarr_format": 3}'}, "'.zgroup': its \"zarr_format\" is 3 instead of 2"),
        ({".zgroup": b'{"zarr_format": 2}', ".zattrs": b"[]"}, "'.zattrs': it is [] instead of"),
        ({".zgroup": b'{"zarr_format": 2}', ".zattrs": b""}, "'.zattrs': it is empty"),
        ({".zarray": b'{"zarr_format": 2}'}, "'.zarray': it has no \"dtype\""),
        ({".zarray": b'{"zarr_format": 2, "dtype": "<f8"}'}, "'.zarray': it has no \"shape\""),
        (
            {".zarray": b'{"zarr_format": 2, "dtype": [1]}'},
            "'.zarray': its \"dtype\" is [1] instead",
        ),
        ({".zarray": b'{"zarr_format": 2, "dtype": 8}'}, "'.zarray': its \"dtype\" is 8 instead"),
    ],
)
def test_a_corrupt_document_of_format_2_at_the_root_is_named(documents, found):
    with pytest.raises(CorruptDocumentError) as error:
        read_node(documents, "")
    assert f"Cannot read {found}" in str(error.value)


@pytest.mark.parametrize(
    ("dtype", "printed"),
    [
        *[(np.dtype(name).str, name) for name in NUMBERS],
        (">f8", ">f8"),
        ("<U5", "<U5"),
        ("|S10", "|S10"),
        ("<M8[ns]", "datetime64[ns]"),
        ("|V4", "|V4"),
        ("|O", "object"),
        ([["mass", "<f8"], ["name", "|S4"]], "[('mass', '<f8'), ('name', 'S4')]"),
        ([["at", "<i4", [2, 3]]], "[('at', '<i4', (2, 3))]"),
        ([["peak", [["at", "<f4"]]]], "[('peak', [('at', '<f4')])]"),
        ("bfloat16", "bfloat16"),
    ],
)
def test_names_the_data_types_of_format_2_as_numpy_prints_them(dtype, printed):
    assert read({**ARRAY_2, "dtype": dtype}, ".zarray").dtype == printed


def test_an_array_of_objects_that_are_text_is_of_strings():
    document = {**ARRAY_2, "dtype": "|O", "filters": [{"id": "vlen-utf8"}]}
    assert read(document, ".zarray").dtype == "StringDType()"
    assert read({**document, "filters": [{"id": "json2"}]}, ".zarray").dtype == "object"


@pytest.mark.parametrize(
    ("data_type", "printed"),
    [
        *[(name, name) for name in NUMBERS],
        ({"name": "float64"}, "float64"),
        ({"name": "float64", "configuration": {}}, "float64"),
        ("string", "StringDType()"),
        ("bytes", "object"),
        ("r16", "|V2"),
        ("r12", "r12"),
        ("bfloat16", "bfloat16"),
        (
            {"name": "numpy.datetime64", "configuration": {"unit": "ms", "scale_factor": 10}},
            "datetime64[10ms]",
        ),
        ({"name": "fixed_length_utf32", "configuration": {"length_bytes": 40}}, "<U10"),
        ({"name": "null_terminated_bytes", "configuration": {"length_bytes": 4}}, "|S4"),
        (
            {"name": "structured", "configuration": {"fields": [["a", "float64"], ["b", "int8"]]}},
            "[('a', '<f8'), ('b', 'i1')]",
        ),
        (
            {"name": "https://lab.example/peak", "configuration": {"n": 1}},
            "https://lab.example/peak",
        ),
    ],
)
def test_names_the_data_types_of_format_3_as_numpy_prints_them(data_type, printed):
    assert read({**ARRAY_3, "data_type": data_type}).dtype == printed


@given(json_values, layouts)
def test_sanitising_makes_json_of_all_that_python_writes(value, layout):
    data = json.dumps(value, **layout).encode()
    clean, changed = sanitised(data)
    assert json.loads(clean) == json.loads(data, parse_constant=str)
    assert changed == (clean != data)
    # The two differ in floats beyond the range of a double, which repr never gives.
    orjson.loads(clean)


@given(json_values, layouts)
def test_sanitising_keeps_what_is_json(value, layout):
    data = json.dumps(json.loads(json.dumps(value), parse_constant=str), **layout).encode()
    assert sanitised(data) == (data, False)


def test_sanitising_keeps_every_other_byte():
    data = b'{"big": 123456789012345678901, "t": 1.50e+01, "u": "NaN \\" NaN", "v":\tNaN }'
    assert sanitised(data) == (data.replace(b"\tNaN", b'\t"NaN"'), True)


@given(documents, layouts)
def test_leaves_out_inline_consolidated_metadata_and_keeps_all_else(document, layout):
    kept = {key: document[key] for key in document if key != "consolidated_metadata"}
    result = without_consolidated(json.dumps(document, **layout).encode())
    assert json.dumps(json.loads(result)) == json.dumps(kept)


def test_leaving_out_consolidated_metadata_keeps_every_other_byte():
    data = b'{ "n" : 123456789012345678901,\n "consolidated_metadata": {"a": "}"},\n "t": 1.50 }'
    assert without_consolidated(data) == b'{ "n" : 123456789012345678901,\n "t": 1.50 }'
    assert without_consolidated(b'{"consolidated_metadata":1,"consolidated_metadata":2}') == b"{}"


def test_a_document_without_consolidated_metadata_is_the_same_object():
    attribute = b'{"attributes": {"consolidated_metadata": {"kind": "inline"}}}'
    assert without_consolidated(attribute) is attribute
    plain = b'{"attributes": {}}'
    assert without_consolidated(plain) is plain


@given(documents, st.integers(0, 200))
def test_a_truncated_document_does_not_become_valid(document, length):
    whole = json.dumps({**document, "consolidated_metadata": {"a": ["}"]}}).encode()
    cut = whole[: min(length, len(whole) - 1)]
    with pytest.raises(ValueError, match=r"."):
        json.loads(without_consolidated(cut))


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_writes_a_group_that_it_reads(zarr_format):
    documents = group_documents({"@id": "http://lab.example/é"}, zarr_format)
    assert read_node(documents, "") == NodeDocument("group", {"@id": "http://lab.example/é"})
    assert set(documents) <= set(DOCUMENT_NAMES[zarr_format])


def test_a_group_of_format_2_without_attributes_is_one_document():
    assert group_documents({}, 2) == {".zgroup": b'{"zarr_format":2}'}


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("dtype", [*NUMBERS, ">f8"])
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_zarr_opens_the_array_that_is_written(zarr_format, dtype, compressed):
    documents = array_documents(
        {"@id": "u"}, shape=(3, 5), dtype=dtype, chunks=(2, 5), zarr_format=zarr_format,
        compressed=compressed,
    )  # fmt: skip
    array = zarr.open_array(memory_store(documents), mode="r+")
    array[:] = np.arange(15).reshape(3, 5).astype(dtype)
    assert array[2, 4] == array.dtype.type(14)
    assert array.fill_value == 0
    assert array.chunks == (2, 5)
    assert (len(array.compressors) == 1) is compressed
    read_back = read_node(documents, "")
    assert (read_back.shape, read_back.dtype) == ((3, 5), str(array.dtype))
    assert read_back.attributes["@id"] == "u"


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_chunks_lie_where_zarr_looks_for_them(zarr_format):
    for shape in ((), (4,), (3, 5)):
        documents = array_documents({}, shape=shape, dtype="u1", zarr_format=zarr_format)
        chunk = np.arange(np.prod(shape), dtype="u1").tobytes()
        documents[chunk_name((0,) * len(shape), zarr_format)] = chunk
        assert zarr.open_array(memory_store(documents), mode="r")[...].tobytes() == chunk


def test_dimensions_have_names():
    attributes = {"@id": "u", "_ARRAY_DIMENSIONS": ["time"]}
    format_3 = orjson.loads(array_documents(attributes, shape=(4,), dtype="f8")["zarr.json"])
    assert format_3["dimension_names"] == ["time"]
    assert format_3["attributes"] == {"@id": "u"}
    format_2 = array_documents({}, shape=(4, 5), dtype="f8", zarr_format=2)
    assert orjson.loads(format_2[".zattrs"]) == {"_ARRAY_DIMENSIONS": ["dim_0", "dim_1"]}


@pytest.mark.parametrize("names", [["time", "mass"], ["time", 1], "time"])
def test_wrong_names_of_dimensions_are_refused(names):
    with pytest.raises(InvalidInputError, match=r"2 dimensions with '_ARRAY_.*one name for each"):
        array_documents({"_ARRAY_DIMENSIONS": [*names, "x"]}, shape=(2, 2), dtype="f8")


@pytest.mark.parametrize("dtype", ["O", "<U5", "M8[ns]", "g", "nonsense", [("a", "f8")]])
def test_data_types_that_are_no_numbers_are_refused_with_the_list(dtype):
    with pytest.raises(
        InvalidInputError, match=r"of type .* Use one of bool, int8, .*complex128\."
    ):
        array_documents({}, shape=(1,), dtype=dtype)


@pytest.mark.parametrize(("shape", "chunks"), [((2,), (1, 1)), ((-1,), None), ((2,), (0,))])
def test_shapes_that_do_not_fit_are_refused(shape, chunks):
    with pytest.raises(InvalidInputError, match="Give both as many whole numbers"):
        array_documents({}, shape=shape, dtype="f8", chunks=chunks)


def test_an_unknown_zarr_format_is_refused():
    with pytest.raises(InvalidInputError, match=r"Zarr format 4\. Use 2 or 3\."):
        group_documents({}, 4)


def test_attributes_keep_large_integers_and_null():
    attributes = {"n": 2**70, "none": None, "limit": float("-inf"), "also": [float("nan")]}
    document = json.loads(group_documents(attributes)["zarr.json"])
    assert document["attributes"] == {
        "n": 2**70, "none": None, "limit": "-Infinity", "also": ["NaN"]
    }  # fmt: skip


@pytest.mark.parametrize("value", [object(), "\ud800", {1.5j: 1}])
def test_attributes_that_are_no_json_are_refused(value):
    with pytest.raises(InvalidInputError, match=r"Cannot write attributes as JSON: .* Use text,"):
        group_documents({"a": value})


def memory_store(documents):
    """Give a Zarr store that holds these documents."""
    buffer = zarr.core.buffer.cpu.Buffer
    return zarr.storage.MemoryStore({k: buffer.from_bytes(v) for k, v in documents.items()})
