"""What is not added to a store, and with which words."""

import pytest

from tests.ingest import add, entity, new_lab, refused
from tests.stores import EX, put_group, put_lab
from zarr_linked_data.errors import (
    AmbiguousEntityError,
    EntityNotFoundError,
    InvalidInputError,
    InvalidJsonLdError,
    StoreError,
)
from zarr_linked_data.storage import open_storage


@pytest.fixture
def lab(tmp_path):
    return new_lab(tmp_path)


def test_an_entity_that_is_there_already(lab):
    found = refused(InvalidInputError, lab, entity("sample1"), entity("sample2"))
    assert f"'{EX}sample1': it is in '{lab.url}' already, at 'sample1', and 1 more" in found
    assert "with --overwrite, or leave nothing of it but its @id" in found


def test_a_name_that_a_sibling_has(lab):
    document = {"@id": "http://other.org/sample1", "@type": [f"{EX}Sample"]}
    found = refused(InvalidInputError, lab, document, under=f"{EX}campaign")
    assert f"'http://other.org/sample1' at 'sample1' in '{lab.url}': '{EX}sample1' is" in found


def test_a_name_that_something_else_has(lab):
    lab.write("notes/today.txt", b"mine")
    found = refused(InvalidInputError, lab, entity("notes"), under=f"{EX}campaign")
    assert "something that is no node of the store is there already" in found


def test_two_new_ones_with_one_name(lab):
    other = {"@id": "http://other.org/a", "@type": [f"{EX}Sample"]}
    found = refused(InvalidInputError, lab, entity("a"), other, under=f"{EX}campaign")
    assert f"'{EX}a' and 'http://other.org/a' would both be at 'a'" in found


@pytest.mark.parametrize("name", ["__x", ".zattrs", "zarr.json"])
def test_a_name_that_zarr_forbids(lab, name):
    assert "Give it another last segment" in refused(
        InvalidJsonLdError, lab, entity(name), under=f"{EX}campaign"
    )


def test_a_cycle_among_new_ones(lab):
    a, b = entity("a", hasPart="b"), entity("b", hasPart="a")
    found = refused(InvalidJsonLdError, lab, a, b, under=f"{EX}campaign")
    assert f"cycle: {EX}a → {EX}b → {EX}a" in found


def test_a_cycle_through_the_store(lab):
    found = refused(InvalidJsonLdError, lab, entity("a", hasPart="campaign"), under=f"{EX}sample1")
    assert f"'{EX}a' would be below '{EX}campaign', which it contains" in found


def test_several_nodes_with_the_uri_to_put_it_under(lab):
    put_group(lab, "twin", entity("sample1"))
    found = refused(AmbiguousEntityError, lab, entity("new"), under=f"{EX}sample1")
    assert f"2 nodes of '{lab.url}' are '{EX}sample1': 'sample1', 'twin'" in found


def test_several_nodes_with_the_uri_that_contains_it(lab):
    for path in ("one", "two"):
        put_group(lab, path, entity("twin", hasPart="new"))
    found = refused(AmbiguousEntityError, lab, entity("new"))
    assert f"Cannot add '{EX}new': '{EX}twin', which contains it, is at 2 places" in found


def test_several_nodes_with_the_uri_to_be_overwritten(lab):
    put_group(lab, "twin", entity("sample1"))
    refused(AmbiguousEntityError, lab, entity("sample1"), overwrite=True)


def test_an_unknown_uri_to_put_it_under(lab):
    found = refused(EntityNotFoundError, lab, entity("new"), under="https://example.org/sample1")
    assert f"Did you mean '{EX}sample1'?" in found


def test_an_array_to_put_it_under(lab):
    found = refused(InvalidInputError, lab, entity("new"), under=f"{EX}sample1Dataset")
    assert "it is an array, and only groups have nodes below" in found


def test_a_description_of_an_array_that_is_not_given(lab):
    documents = entity("new", hasDataset="d"), {"@id": f"{EX}d", f"{EX}unit": [{"@value": 1}]}
    found = refused(InvalidInputError, lab, *documents, under=f"{EX}campaign")
    assert f"Cannot add '{EX}d': it is described as an array, and none was given" in found


def test_what_the_validator_refuses(lab):
    seen = {}

    def validate(documents):
        seen.update(documents)
        raise InvalidInputError("A sample needs a date.")

    found = refused(InvalidInputError, lab, entity("new"), under=f"{EX}campaign", validate=validate)
    assert found == "A sample needs a date."
    assert list(seen) == ["new/zarr.json"]


def test_a_place_that_takes_no_objects(web):
    put_lab(open_storage(web.root))
    storage = open_storage(web.url)
    with pytest.raises(StoreError, match=r"may not be written to\. Copy it to a place of yours"):
        add(storage, entity("new"))


def test_a_broken_store_is_named(lab):
    lab.write("sample2/zarr.json", b"{")
    assert "sample2/zarr.json" in refused(StoreError, lab, entity("new"), under=f"{EX}campaign")
