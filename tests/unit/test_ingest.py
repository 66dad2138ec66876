"""Entities into a store, new or not: where they go."""

import json
import warnings

import numpy as np
import orjson
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

import zarr_linked_data as zld
from tests.ingest import add, entity, new_lab, new_values, refused, tree
from tests.stores import EX, put_group, put_lab
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.errors import (
    InvalidInputError,
    InvalidJsonLdError,
    StoreError,
    ZldWarning,
)
from zarr_linked_data.storage import FolderStorage, open_storage


@pytest.fixture
def lab(tmp_path):
    return new_lab(tmp_path)


@pytest.fixture
def values(tmp_path):
    return new_values(tmp_path)


class TestNewStore:
    @pytest.fixture
    def new(self, tmp_path):
        return FolderStorage(tmp_path / "below" / "new.zarr")

    @pytest.mark.parametrize("zarr_format", [2, 3])
    def test_the_tree_of_the_entities_becomes_the_store(self, new, values, zarr_format):
        documents = entity("c", "Campaign", hasSample=["s1", "s2"]), entity("s1", hasDataset="d1")
        done = add(new, *documents, arrays={"d1": values}, zarr_format=zarr_format)
        assert (done.nodes, done.arrays, done.replaced, done.bytes) == (4, 1, 0, 48)
        assert tree(new) == {"": "c", "s1": "s1", "s1/d1": "d1", "s2": "s2"}
        np.testing.assert_array_equal(zld.open(new)[f"{EX}s1"].read(), np.load(values))
        assert done.generation == consolidate(new).generation

    @pytest.mark.parametrize("zarr_format", [2, 3])
    def test_others_open_it_without_a_warning(self, new, values, zarr_format):
        documents = entity("c", hasSample="s1"), entity("s1")
        add(new, *documents, arrays={"s1": values}, zarr_format=zarr_format)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            array = zarr.open_array(new.root, path="s1/s1Dataset", mode="r")
            assert array.attrs["@id"] == f"{EX}s1Dataset"
            np.testing.assert_array_equal(array[:], np.load(values))

    @pytest.mark.parametrize("url", ["memory://", "s3"])
    def test_it_may_be_in_memory_or_on_s3(self, url, values, request):
        url = request.getfixturevalue("s3_url") if url == "s3" else url
        storage = open_storage(url)
        add(storage, entity("c", hasSample="s1"), entity("s1"), arrays={"s1": values})
        assert tree(storage) == {"": "c", "s1": "s1", "s1/s1Dataset": "s1Dataset"}
        assert [f.key for f in storage.list("__zld") if "adding" in f.key] == []

    def test_the_root_may_have_an_array(self, new, values):
        add(new, entity("c"), arrays={"c": values})
        assert tree(new) == {"": "c", "cDataset": "cDataset"}

    def test_what_the_file_says_of_an_array_is_said_by_the_array(self, new, values):
        measured = {"@id": f"{EX}d", f"{EX}unit": [{"@value": "mAU"}]}
        add(new, entity("c", hasDataset="d"), measured, arrays={"c": values})
        assert zld.open(new)[f"{EX}d"].jsonld == measured

    def test_if_it_is_refused_there_is_no_folder(self, new):
        with pytest.raises(InvalidJsonLdError, match="has one root"):
            add(new, entity("a"), entity("b"))
        assert not new.root.exists()

    def test_a_folder_with_other_things_is_refused(self, tmp_path):
        (tmp_path / "notes.txt").write_text("mine")
        found = refused(InvalidInputError, FolderStorage(tmp_path), entity("c"))
        assert "something else is there, such as 'notes.txt'. Choose an empty or new" in found

    def test_there_is_nothing_to_put_it_under(self, new):
        with pytest.raises(InvalidInputError, match=r"no store is at .* yet. Leave --under out"):
            add(new, entity("c"), under=f"{EX}x")

    def test_without_entities_and_arrays_there_is_nothing_to_add(self, new):
        with pytest.raises(InvalidInputError, match=r"says nothing of any entity. Give one"):
            add(new, {"@id": f"{EX}c"})

    def test_a_folder_that_cannot_be_made_is_one_line(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(StoreError, match=r"Cannot make .*: a file is where a folder should be"):
            add(FolderStorage(tmp_path / "file" / "lab.zarr"), entity("c"))


class TestPlaces:
    def test_a_new_entity_goes_below_the_one_that_contains_it_in_the_store(self, lab):
        put_group(lab, "sample1", entity("sample1", hasChemical="acetone"))
        done = add(lab, entity("acetone", "Chemical", hasProducer="lab9"))
        assert (done.nodes, done.replaced) == (2, 0)
        assert tree(lab)["sample1/acetone"] == "acetone"
        assert tree(lab)["sample1/acetone/lab9"] == "lab9"

    def test_links_in_compact_documents_are_found(self, lab):
        context = {"ex": EX, "hasChemical": {"@id": "ex:hasChemical", "@type": "@id"}}
        put_group(lab, "compact", {"@context": context, "@id": "ex:compact"})
        put_group(lab, "compact/s", {"@id": "ex:s", "hasChemical": ["ex:acetone"]})
        add(lab, entity("acetone"))
        assert tree(lab)["compact/s/acetone"] == "acetone"

    def test_links_with_escaped_letters_are_found(self, lab):
        link = json.dumps({f"{EX}hasChemical": [{"@id": f"{EX}éthanol"}]}).encode()
        document = b'{"zarr_format":3,"node_type":"group","attributes":%b}' % link
        lab.write("sample1/zarr.json", document)
        add(lab, entity("éthanol"))
        assert tree(lab)["sample1/éthanol"] == "éthanol"

    def test_else_it_goes_under_the_group_that_is_named(self, lab):
        add(lab, entity("new", hasPart="part"), under=f"{EX}sample2")
        assert tree(lab)["sample2/new/part"] == "part"

    def test_else_it_is_refused(self, lab):
        found = refused(InvalidInputError, lab, entity("new"))
        assert "says what contains it. Name the group where it goes with --under URI" in found

    def test_what_an_overwritten_entity_contains_goes_below_it(self, lab):
        done = add(lab, entity("sample1", hasPart=["p1", "p2"]), entity("p2"), overwrite=True)
        assert (done.nodes, done.replaced) == (2, 1)
        assert {"sample1/p1", "sample1/p2"} <= tree(lab).keys()

    def test_what_several_contain_is_placed_once(self, lab):
        add(
            lab, entity("a", hasPart="shared"), entity("b", hasPart="shared"), under=f"{EX}campaign"
        )
        assert [path for path in tree(lab) if path.endswith("shared")] == ["a/shared"]

    def test_what_is_in_the_store_is_linked_and_not_placed_again(self, lab):
        add(lab, entity("a", hasPart="sample1"), under=f"{EX}campaign")
        assert "a/sample1" not in tree(lab)

    def test_links_may_be_named(self, lab):
        document = entity("a", contains="b", hasFriend="c")
        add(lab, document, links=["contains"], under=f"{EX}campaign")
        assert "a/b" in tree(lab)
        assert "a/c" not in tree(lab)

    def test_types_may_make_the_tree(self, lab):
        batch, sample = entity("b", "Batch", of="s"), entity("s", "Sample")
        put_group(lab, "top", entity("top", "Campaign", made="b"))
        add(lab, batch, sample, hierarchy=["Campaign", "Batch", "Sample"])
        assert tree(lab)["top/b/s"] == "s"

    def test_types_make_the_tree_below_an_overwritten_entity(self, lab):
        documents = {"@id": f"{EX}sample1", f"{EX}of": [{"@id": f"{EX}v"}]}, entity("v", "Vial")
        add(lab, *documents, hierarchy=["Sample", "Vial"], overwrite=True)
        assert tree(lab)["sample1/v"] == "v"

    def test_in_format_2_too(self, tmp_path, values):
        storage = open_storage(tmp_path / "lab.zarr", create=True)
        put_lab(storage, zarr_format=2)
        documents = entity("new"), {"@id": f"{EX}sample1", f"{EX}note": [{"@value": "x"}]}
        done = add(
            storage, *documents, under=f"{EX}campaign", arrays={"new": values}, overwrite=True
        )
        assert (done.nodes, done.arrays, done.replaced) == (2, 1, 1)
        assert zld.open(storage)[f"{EX}new"].read().shape == (2, 3)
        assert zld.open(storage)[f"{EX}sample1"].jsonld[f"{EX}note"] == [{"@value": "x"}]

    def test_a_store_that_was_never_consolidated_will_do(self, tmp_path):
        storage = open_storage(tmp_path / "lab.zarr", create=True)
        put_lab(storage)
        add(storage, entity("new"), under=f"{EX}campaign")
        assert len(tree(storage)) == 8

    def test_contexts_above_do_not_change_what_is_said(self, lab):
        context = {"http": "urn:changed:", f"{EX}note": {"@id": f"{EX}note", "@container": "@list"}}
        put_group(lab, "odd", {"@context": context, "@id": "urn:odd"})
        said = entity("new") | {f"{EX}note": [{"@value": "x"}]}
        add(lab, said, entity("below"), under="urn:odd")
        found = zld.open(lab)[f"{EX}new"].jsonld
        assert found == {"@context": None, **said}
        assert tree(lab)["odd/below"] == "below"

    @settings(max_examples=15, deadline=None)
    @given(st.lists(st.integers(0, 99), max_size=7), st.randoms())
    def test_piece_by_piece_the_same_store_comes_about_as_at_once(self, parents, choice):
        documents = [entity("e0", note="x")]
        for number, parent in enumerate(parents, 1):
            above = documents[parent % number]
            above.setdefault(f"{EX}hasPart", []).append({"@id": f"{EX}e{number}"})
            documents.append(entity(f"e{number}", note=f"y{number}"))
        at_once, by_pieces = open_storage("memory://"), open_storage("memory://")
        add(at_once, *documents)
        left = list(documents)
        add(by_pieces, left.pop(0))
        while left:
            known = [one for one in left if one["@id"] in zld.open(by_pieces)]
            left.remove(chosen := choice.choice(known))
            add(by_pieces, chosen, overwrite=True)
        assert tree(by_pieces) == tree(at_once)
        for node in zld.open(at_once).values():
            assert zld.open(by_pieces)[node.uri].jsonld == node.jsonld


def test_consolidated_metadata_of_others_that_become_old_are_warned_of(lab):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zarr-python warns of its own feature
        zarr.consolidate_metadata(lab.root)
    with pytest.warns(ZldWarning, match="Renew them with zarr.consolidate_metadata"):
        add(lab, entity("new"), under=f"{EX}campaign")
    assert "consolidated_metadata" in orjson.loads(lab.read("zarr.json"))
