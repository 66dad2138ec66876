"""A contributor's store into a store."""

import json
import warnings

import numpy as np
import orjson
import pytest
import zarr

import zarr_linked_data as zld
from tests.ingest import content, entity, new_lab, tree
from tests.stores import EX, put_array, put_group, put_lab
from zarr_linked_data.consolidate import Options, consolidate
from zarr_linked_data.errors import (
    ConcurrentUpdateError,
    EntityNotFoundError,
    InvalidInputError,
    InvalidJsonLdError,
    StoreNotFoundError,
    ZldWarning,
)
from zarr_linked_data.ingest import add_store
from zarr_linked_data.storage import open_storage


@pytest.fixture
def lab(tmp_path):
    return new_lab(tmp_path)


@pytest.fixture
def other(tmp_path):
    storage = open_storage(tmp_path / "their results.zarr", create=True)
    theirs = {"@id": "http://their.org/run7", "http://their.org/by": [{"@id": f"{EX}sample1"}]}
    put_group(storage, "", theirs)
    put_group(storage, "s", {"@id": "http://their.org/s"})
    put_array(storage, "s/spectrum", np.arange(4.0), {"@id": "http://their.org/s/spectrum"})
    storage.write("README.txt", b"ours")
    consolidate(storage)
    return storage


def test_it_is_copied_whole_but_for_what_is_of_its_place(lab, other):
    done = add_store(other, lab, under=f"{EX}sample1")
    assert (done.nodes, done.arrays, done.replaced, done.bytes) == (3, 1, 0, 36)
    assert tree(lab)["sample1/run7/s/spectrum"] == "http://their.org/s/spectrum"
    assert zld.open(lab)["http://their.org/s"].read().tolist() == [0, 1, 2, 3]
    assert lab.read("sample1/run7/README.txt") == b"ours"
    keys = {found.key for found in lab.list("sample1/run7")}
    assert not any("__zld" in key or ".all_metadata" in key for key in keys)
    assert lab.read("sample1/run7/s/zarr.json") == other.read("s/zarr.json")


def test_from_and_to_any_place(other, s3_url):
    storage = open_storage(s3_url)
    put_lab(storage)
    add_store(other, storage, under=f"{EX}campaign")
    again = open_storage("memory://")
    put_group(again, "", {"@id": "urn:root"})
    add_store(storage, again, under="urn:root")
    assert zld.open(again)["http://their.org/s"].path == "campaign/run7/s"


def test_format_2_goes_into_format_2(tmp_path):
    storage, other = (open_storage(tmp_path / n, create=True) for n in ("a.zarr", "b.zarr"))
    put_lab(storage, zarr_format=2)
    put_group(other, "", {"@id": "urn:x:run7"}, 2)
    put_array(other, "d", [1.0], {"@id": "urn:x:d"}, 2)
    other.write(".zmetadata", b"{}")
    add_store(other, storage, under=f"{EX}sample1")
    assert zld.open(storage)["urn:x:d"].read().tolist() == [1.0]
    assert storage.read("sample1/run7/.zmetadata") is None


def test_another_format_is_refused_with_what_to_do(tmp_path, lab):
    other = open_storage(tmp_path / "b.zarr", create=True)
    put_group(other, "", {"@id": "urn:x:run7"}, 2)
    with pytest.raises(InvalidInputError, match=r"of Zarr format 2, and .* 3\. Convert it first"):
        add_store(other, lab, under=f"{EX}sample1")


def test_a_root_without_uri_is_named_by_its_url(tmp_path, lab):
    other = open_storage(tmp_path / "50%25:x#y.zarr", create=True)
    put_group(other, "", {})
    add_store(other, lab, under=f"{EX}sample1")
    assert "sample1/50%25:x#y.zarr" in tree(lab)


def test_a_store_that_is_one_array_goes_in_too(tmp_path, lab):
    other = open_storage(tmp_path / "b.zarr", create=True)
    put_array(other, "", [1.0, 2.0], {"@id": "urn:x:one"})
    add_store(other, lab, under=f"{EX}campaign")
    assert tree(lab)["one"] == "urn:x:one"


def test_uris_that_are_there_are_refused_with_the_first_and_their_number(lab, other):
    put_group(other, "t", entity("sample1"))
    put_group(other, "u", entity("sample2"))
    before = content(lab)
    with pytest.raises(InvalidInputError) as caught:
        add_store(other, lab, under=f"{EX}campaign")
    assert f"'{EX}sample1' is in '{lab.url}' already, at 'sample1', and so are 1 more" in str(
        caught.value
    )
    assert content(lab) == before


def test_twice_is_refused(lab, other):
    add_store(other, lab, under=f"{EX}campaign")
    with pytest.raises(InvalidInputError, match=r"run7' is in .* already, at 'run7', and so are 2"):
        add_store(other, lab, under=f"{EX}campaign")


def test_two_of_its_nodes_with_one_uri_are_refused(lab, other):
    put_group(other, "twin", {"@id": "http://their.org/s"})
    with pytest.raises(InvalidInputError, match="'run7/s' and 'run7/twin' would both be it"):
        add_store(other, lab, under=f"{EX}campaign")


def test_a_name_that_is_taken_is_refused(lab, other):
    put_group(lab, "run7", {"@id": "urn:mine"})
    with pytest.raises(
        InvalidInputError, match=r"'http://their.org/run7' at 'run7' .* 'urn:mine' is"
    ):
        add_store(other, lab, under=f"{EX}campaign")


def test_its_root_needs_a_place(lab, other):
    with pytest.raises(EntityNotFoundError, match="No entity 'urn:x'"):
        add_store(other, lab, under="urn:x")
    with pytest.raises(InvalidInputError, match="it is an array"):
        add_store(other, lab, under=f"{EX}sample1Dataset")
    with pytest.raises(StoreNotFoundError, match="No Zarr store at"):
        add_store(other, open_storage("memory://"), under="urn:x")


def test_a_store_does_not_go_into_itself(lab):
    inner = open_storage(lab.root / "sample1")
    with pytest.raises(InvalidInputError, match="they are the same place"):
        add_store(open_storage(lab.root), lab, under=f"{EX}campaign")
    with pytest.raises(InvalidInputError, match="they lie one inside the other"):
        add_store(inner, lab, under=f"{EX}campaign")


def test_a_web_server_cannot_be_listed(lab, web):
    put_lab(open_storage(web.root))
    with pytest.raises(InvalidInputError, match="cannot be asked for a list of its objects"):
        add_store(open_storage(web.url), lab, under=f"{EX}campaign")


@pytest.mark.parametrize("own", [None, {"t": "http://their.org/"}])
def test_contexts_above_its_place_do_not_change_what_it_says(lab, tmp_path, own):
    context = {"@vocab": "urn:vocabulary:", "http": "urn:changed:", "t": "urn:other:"}
    put_group(lab, "odd", {"@context": context, "@id": "urn:odd"})
    other = open_storage(tmp_path / "b.zarr", create=True)
    named = {"@context": own, "@id": "t:run7"} if own else {"@id": "http://their.org/run7"}
    put_group(other, "", {**named, "local": 5, "big": 2**70})
    put_group(other, "s", {"@id": "t:s" if own else "http://their.org/s", "@type": ["Odd"]})
    add_store(other, lab, under="urn:odd")
    node = zld.open(lab)["http://their.org/run7"]
    assert node.jsonld["@context"] == ([None, own] if own else None)
    assert json.loads(lab.read("odd/run7/zarr.json"))["attributes"]["big"] == 2**70
    assert zld.open(lab)["http://their.org/s"].types == ("Odd",)


def test_a_protected_context_above_its_place_is_named(lab, other):
    context = {"@protected": True, "name": f"{EX}name"}
    put_group(lab, "odd", {"@context": context, "@id": "urn:odd"})
    with pytest.raises(InvalidJsonLdError, match=r"'odd/run7' cannot be read: .*protected"):
        add_store(other, lab, under="urn:odd")


def test_arrays_that_are_named_by_another_link_are_named_in_the_refusal(lab, tmp_path):
    other = open_storage(tmp_path / "b.zarr", create=True)
    put_group(other, "", {"@id": "urn:x:run7", f"{EX}measured": [{"@id": "urn:x:d"}]})
    put_array(other, "d", [1.0])
    consolidate(other, options=Options(dataset_link="measured"))
    with pytest.raises(
        InvalidInputError, match="'run7/d' would be None there instead of 'urn:x:d'"
    ):
        add_store(other, lab, under=f"{EX}campaign")


def test_consolidated_metadata_of_others_stay_behind(lab, other):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zarr-python warns of its own feature
        zarr.consolidate_metadata(other.root)
    add_store(other, lab, under=f"{EX}campaign")
    assert "consolidated_metadata" not in orjson.loads(lab.read("run7/zarr.json"))


def test_bytes_of_documents_and_objects_stay(lab, other):
    document = b'{"zarr_format":3,\n"node_type":"group","attributes":{"@id":"urn:n","v":NaN}}'
    other.write("n/zarr.json", document)
    with pytest.warns(ZldWarning, match="bare NaN"):
        add_store(other, lab, under=f"{EX}campaign")
    assert lab.read("run7/n/zarr.json") == document


def test_large_objects_are_copied_in_pieces(lab, other, monkeypatch):
    monkeypatch.setattr("zarr_linked_data.ingest.contribution._LARGE", 10)
    monkeypatch.setattr("zarr_linked_data.ingest.contribution._PIECE", 7)
    told = []
    add_store(other, lab, under=f"{EX}campaign", progress=lambda *done: told.append(done))
    assert zld.open(lab)["http://their.org/s"].read().tolist() == [0, 1, 2, 3]
    assert told[-1] == (36, 36)


def test_a_store_that_changes_meanwhile_is_refused(lab, other):
    def interfere(_documents):
        other.write("s/spectrum/c/0", b"shorter")

    before = content(lab)
    with pytest.raises(ConcurrentUpdateError, match="object 's/spectrum/c/0' changed meanwhile"):
        add_store(other, lab, under=f"{EX}campaign", validate=interfere)
    assert content(lab) == before
