"""`.all_metadata`, written and read."""

import hashlib

import orjson
import pytest

from zarr_linked_data.errors import CorruptDocumentError
from zarr_linked_data.metadata import Encoded, generation_of, read_head, split_documents
from zarr_linked_data.storage import open_storage

DOCUMENTS = {"a/zarr.json": b'{"node_type": "group",\n "x": "\xc3\xa9"}', "zarr.json": b"{}"}
IRI = "urn:example:lab"


def encoded_bytes(documents: dict[str, bytes] = DOCUMENTS, iri: str = IRI) -> bytes:
    return b"".join(Encoded(iri, documents).pieces())


def test_the_object_is_json_with_each_document_under_its_key():
    parsed = orjson.loads(encoded_bytes())
    assert parsed["zarr_consolidated_format"] == 1
    assert parsed["metadata"] == {"a/zarr.json": {"node_type": "group", "x": "é"}, "zarr.json": {}}


def test_each_document_is_kept_byte_for_byte_where_its_offset_says():
    data, encoded = encoded_bytes(), Encoded(IRI, DOCUMENTS)
    for key, offset in encoded.offsets().items():
        assert data[offset : offset + len(DOCUMENTS[key])] == DOCUMENTS[key]


def test_the_size_is_known_before_anything_is_written():
    assert Encoded(IRI, DOCUMENTS).size == len(encoded_bytes())


def test_the_generation_is_the_hash_that_the_format_fixes():
    expected = hashlib.sha256(IRI.encode() + b"\0")
    for key, document in DOCUMENTS.items():
        expected.update(key.encode() + b"\0" + document + b"\0")
    assert generation_of(IRI, DOCUMENTS) == expected.hexdigest()


def test_splitting_gives_back_the_offsets_of_every_document():
    data = encoded_bytes()
    found = {
        key: data[offset : offset + length] for key, offset, length in split_documents(data, "lab")
    }
    assert found == DOCUMENTS


def test_metadata_by_others_are_split_too_with_escaped_keys_and_other_members():
    documents = b'{ "\\u00e9/.zgroup" : {"a": NaN} }'
    data = b'{ "other": [1, {"metadata": 2}],\n "metadata" : ' + documents + b' , "z":1}'
    ((key, offset, length),) = split_documents(data, "lab")
    assert (key, data[offset : offset + length]) == ("é/.zgroup", b'{"a": NaN}')


@pytest.mark.parametrize("cut", [0, 1, 30, 120, 200, -4])
def test_metadata_that_are_cut_off_are_refused_with_what_to_do(cut):
    with pytest.raises(
        CorruptDocumentError, match=r"Cannot read '\.all_metadata' of 'lab'.*zld consolidate"
    ):
        list(split_documents(encoded_bytes()[:cut], "lab"))


def test_the_head_is_read_without_the_metadata():
    storage = open_storage("memory://")
    storage.write(".all_metadata", encoded_bytes())
    head = read_head(storage)
    assert head is not None
    assert (head.iri, head.generation) == (IRI, generation_of(IRI, DOCUMENTS))
    assert head.size == len(encoded_bytes())


def test_a_head_with_a_very_long_iri_is_read_too():
    storage = open_storage("memory://")
    iri = "http://example.org/" + "x" * 10_000
    storage.write(".all_metadata", encoded_bytes(iri=iri))
    head = read_head(storage)
    assert head is not None
    assert head.iri == iri


def test_metadata_by_others_have_no_generation():
    storage = open_storage("memory://")
    storage.write(".all_metadata", b'{"metadata": {}, "zarr_consolidated_format": 1}')
    head = read_head(storage)
    assert head is not None
    assert (head.generation, head.iri) == (None, None)


def test_a_store_without_metadata_has_no_head():
    assert read_head(open_storage("memory://")) is None
