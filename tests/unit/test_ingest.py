"""Entities, measured arrays and stores into a store: where they go, and what is refused."""

import json
import warnings

import numpy as np
import orjson
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

import zarr_linked_data as zld
from tests.stores import EX, put_array, put_group, put_lab
from zarr_linked_data.consolidate import Options, consolidate
from zarr_linked_data.errors import (
    AmbiguousArrayError,
    AmbiguousEntityError,
    ConcurrentUpdateError,
    EntityNotFoundError,
    InvalidInputError,
    InvalidJsonLdError,
    InvalidTableError,
    StoreError,
    StoreNotFoundError,
    ZldWarning,
)
from zarr_linked_data.ingest import add_entities, add_store
from zarr_linked_data.jsonld import read_entities
from zarr_linked_data.storage import FolderStorage, open_storage


def entity(name, type_name="Sample", **properties):
    """One entity as expanded JSON-LD; properties are names, or lists of names."""
    links = {
        f"{EX}{key}": [{"@id": EX + n} for n in ([value] if isinstance(value, str) else value)]
        for key, value in properties.items()
    }
    return {"@id": EX + name, "@type": [EX + type_name], **links}


def add(storage, *documents, **options):
    """Add entities, with arrays by the last segment of their URIs."""
    arrays = {EX + name: path for name, path in options.pop("arrays", {}).items()}
    return add_entities(read_entities(list(documents)), storage, arrays=arrays, **options)


def refused(error, storage, *documents, **options):
    """The message with which an addition is refused; nothing is changed by it."""
    before = content(storage)
    with pytest.raises(error) as caught:
        add(storage, *documents, **options)
    assert content(storage) == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def content(storage):
    """Every object of a store, but caches."""
    return {
        found.key: storage.read(found.key)
        for found in storage.list()
        if not found.key.startswith(("__zld/index-", "__zld/signatures"))
    }


def tree(storage):
    """The URI of each node by its path."""
    nodes = zld.open(storage).catalogue.nodes()
    return {node.path: (node.uri or "").removeprefix(EX) for node in nodes}


@pytest.fixture
def lab(tmp_path):
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_lab(storage)
    consolidate(storage)
    return storage


@pytest.fixture
def values(tmp_path):
    path = tmp_path / "run.npy"
    np.save(path, np.arange(6.0).reshape(2, 3))
    return path


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


class TestRefusals:
    def test_an_entity_that_is_there_already(self, lab):
        found = refused(InvalidInputError, lab, entity("sample1"), entity("sample2"))
        assert f"'{EX}sample1': it is in '{lab.url}' already, at 'sample1', and 1 more" in found
        assert "with --overwrite, or leave nothing of it but its @id" in found

    def test_a_name_that_a_sibling_has(self, lab):
        document = {"@id": "http://other.org/sample1", "@type": [f"{EX}Sample"]}
        found = refused(InvalidInputError, lab, document, under=f"{EX}campaign")
        assert f"'http://other.org/sample1' at 'sample1' in '{lab.url}': '{EX}sample1' is" in found

    def test_a_name_that_something_else_has(self, lab):
        lab.write("notes/today.txt", b"mine")
        found = refused(InvalidInputError, lab, entity("notes"), under=f"{EX}campaign")
        assert "something that is no node of the store is there already" in found

    def test_two_new_ones_with_one_name(self, lab):
        other = {"@id": "http://other.org/a", "@type": [f"{EX}Sample"]}
        found = refused(InvalidInputError, lab, entity("a"), other, under=f"{EX}campaign")
        assert f"'{EX}a' and 'http://other.org/a' would both be at 'a'" in found

    @pytest.mark.parametrize("name", ["__x", ".zattrs", "zarr.json"])
    def test_a_name_that_zarr_forbids(self, lab, name):
        assert "Give it another last segment" in refused(
            InvalidJsonLdError, lab, entity(name), under=f"{EX}campaign"
        )

    def test_a_cycle_among_new_ones(self, lab):
        a, b = entity("a", hasPart="b"), entity("b", hasPart="a")
        found = refused(InvalidJsonLdError, lab, a, b, under=f"{EX}campaign")
        assert f"cycle: {EX}a → {EX}b → {EX}a" in found

    def test_a_cycle_through_the_store(self, lab):
        found = refused(
            InvalidJsonLdError, lab, entity("a", hasPart="campaign"), under=f"{EX}sample1"
        )
        assert f"'{EX}a' would be below '{EX}campaign', which it contains" in found

    def test_several_nodes_with_the_uri_to_put_it_under(self, lab):
        put_group(lab, "twin", entity("sample1"))
        found = refused(AmbiguousEntityError, lab, entity("new"), under=f"{EX}sample1")
        assert f"2 nodes of '{lab.url}' are '{EX}sample1': 'sample1', 'twin'" in found

    def test_several_nodes_with_the_uri_that_contains_it(self, lab):
        for path in ("one", "two"):
            put_group(lab, path, entity("twin", hasPart="new"))
        found = refused(AmbiguousEntityError, lab, entity("new"))
        assert f"Cannot add '{EX}new': '{EX}twin', which contains it, is at 2 places" in found

    def test_several_nodes_with_the_uri_to_be_overwritten(self, lab):
        put_group(lab, "twin", entity("sample1"))
        refused(AmbiguousEntityError, lab, entity("sample1"), overwrite=True)

    def test_an_unknown_uri_to_put_it_under(self, lab):
        found = refused(
            EntityNotFoundError, lab, entity("new"), under="https://example.org/sample1"
        )
        assert f"Did you mean '{EX}sample1'?" in found

    def test_an_array_to_put_it_under(self, lab):
        found = refused(InvalidInputError, lab, entity("new"), under=f"{EX}sample1Dataset")
        assert "it is an array, and only groups have nodes below" in found

    def test_a_description_of_an_array_that_is_not_given(self, lab):
        documents = entity("new", hasDataset="d"), {"@id": f"{EX}d", f"{EX}unit": [{"@value": 1}]}
        found = refused(InvalidInputError, lab, *documents, under=f"{EX}campaign")
        assert f"Cannot add '{EX}d': it is described as an array, and none was given" in found

    def test_what_the_validator_refuses(self, lab):
        seen = {}

        def validate(documents):
            seen.update(documents)
            raise InvalidInputError("A sample needs a date.")

        found = refused(
            InvalidInputError, lab, entity("new"), under=f"{EX}campaign", validate=validate
        )
        assert found == "A sample needs a date."
        assert list(seen) == ["new/zarr.json"]

    def test_a_place_that_takes_no_objects(self, web):
        put_lab(open_storage(web.root))
        storage = open_storage(web.url)
        with pytest.raises(
            StoreError, match=r"may not be written to\. Copy it to a place of yours"
        ):
            add(storage, entity("new"))

    def test_a_broken_store_is_named(self, lab):
        lab.write("sample2/zarr.json", b"{")
        assert "sample2/zarr.json" in refused(StoreError, lab, entity("new"), under=f"{EX}campaign")


class TestOverwriting:
    def test_given_properties_replace_those_of_their_name_and_others_stay(self, lab):
        put_group(
            lab, "sample1", {**entity("sample1"), f"{EX}mass": 1, f"{EX}note": ["x"], "own": 5}
        )
        document = {"@id": f"{EX}sample1", f"{EX}mass": [{"@value": 2}]}
        assert add(lab, document, overwrite=True).replaced == 1
        found = zld.open(lab)[f"{EX}sample1"].jsonld
        assert found[f"{EX}mass"] == [{"@value": 2}]
        assert (found[f"{EX}note"], found["own"], found["@type"]) == (["x"], 5, [f"{EX}Sample"])

    def test_a_type_replaces_the_type(self, lab):
        add(lab, entity("sample1", "Blank"), overwrite=True)
        assert zld.open(lab)[f"{EX}sample1"].types == (f"{EX}Blank",)

    def test_links_are_added_to_those_that_are_there(self, lab):
        add(lab, entity("sample1", hasDataset="more", hasPart="p"), overwrite=True)
        found = zld.open(lab)[f"{EX}sample1"].jsonld
        assert found[f"{EX}hasDataset"] == [{"@id": f"{EX}sample1Dataset"}, {"@id": f"{EX}more"}]
        assert found[f"{EX}hasPart"] == [{"@id": f"{EX}p"}]

    def test_with_nothing_new_nothing_is_written(self, lab):
        before = content(lab)
        done = add(lab, entity("sample1", hasDataset="sample1Dataset"), overwrite=True)
        assert (done.nodes, done.replaced) == (0, 0)
        assert content(lab) == before

    def test_properties_of_compact_documents_are_replaced_under_their_own_names(self, lab):
        context = {"ex": EX, "mass": "ex:mass", "type": "@type", "hasPart": {"@id": "ex:hasPart"}}
        compact = {"@id": "ex:s", "type": "ex:Sample", "mass": 1, "hasPart": {"@id": "ex:p"}}
        put_group(lab, "compact", {"@context": context, **compact, "ex:note": "kept"})
        document = entity("s", "Blank", hasPart="q") | {f"{EX}mass": [{"@value": 2}]}
        add(lab, document, overwrite=True)
        node = zld.open(lab)[f"{EX}s"]
        assert node.types == (f"{EX}Blank",)
        assert node.jsonld == {
            "@context": context,
            "@id": "ex:s",
            "@type": [f"{EX}Blank"],
            f"{EX}mass": [{"@value": 2}],
            f"{EX}hasPart": [{"@id": f"{EX}p"}, {"@id": f"{EX}q"}],
            "ex:note": "kept",
        }

    def test_a_context_that_would_change_what_is_given_is_named(self, lab):
        context = {"ex": EX, f"{EX}steps": {"@id": f"{EX}steps", "@container": "@list"}}
        put_group(lab, "odd", {"@context": context, "@id": "ex:odd"})
        document = {"@id": f"{EX}odd", f"{EX}steps": [{"@value": 1}]}
        found = refused(InvalidInputError, lab, document, overwrite=True)
        assert "@context at 'odd' or above gives what is added another meaning" in found

    def test_all_else_in_the_document_stays(self, lab):
        lab.write(
            "sample1/zarr.json",
            b'{"zarr_format":3,"node_type":"group","attributes":{"@id":"%bsample1","n":NaN,'
            b'"big":123456789012345678901234567890},"extra":{"must_understand":false}}'
            % EX.encode(),
        )
        add(lab, {"@id": f"{EX}sample1", f"{EX}mass": [{"@value": 2}]}, overwrite=True)
        document = json.loads(lab.read("sample1/zarr.json"))
        assert document["extra"] == {"must_understand": False}
        assert document["attributes"]["big"] == 123456789012345678901234567890
        assert document["attributes"]["n"] == "NaN"

    def test_an_array_gets_properties_and_keeps_its_values(self, lab):
        document = {"@id": f"{EX}sample1Dataset", f"{EX}unit": [{"@value": "mAU"}]}
        add(lab, document, overwrite=True)
        node = zld.open(lab)[f"{EX}sample1Dataset"]
        assert node.jsonld == {f"{EX}unit": [{"@value": "mAU"}]}
        assert node.read().shape == (3, 4)

    def test_a_document_that_somebody_changes_meanwhile_is_left_to_them(self, lab, values):
        def interfere(_done, _total):
            put_group(lab, "sample1", entity("sample1", "Theirs"))

        documents = entity("sample1", "Mine"), entity("new")
        with pytest.raises(ConcurrentUpdateError, match=r"Nothing was added; run it again"):
            add(
                lab, *documents, under=f"{EX}campaign", arrays={"new": values}, overwrite=True,
                progress=interfere,
            )  # fmt: skip
        consolidate(lab)
        assert zld.open(lab)[f"{EX}sample1"].types == (f"{EX}Theirs",)
        assert "new" not in tree(lab)


class TestArrays:
    def test_by_its_own_uri_or_its_entitys_it_goes_to_the_entity(self, lab, values):
        put_group(lab, "a", entity("a", hasDataset="dataA"))
        put_group(lab, "b", entity("b", hasDataset="dataB"))
        put_group(lab, "c", entity("c"))
        done = add(lab, arrays={"a": values, "dataB": values, "c": values})
        assert (done.nodes, done.arrays, done.bytes) == (3, 3, 144)
        assert [path for path in tree(lab) if path[:2] in ("a/", "b/", "c/")] == [
            "a/dataA",
            "b/dataB",
            "c/cDataset",
        ]

    def test_it_may_be_large_in_any_direction(self, lab, tmp_path, monkeypatch):
        monkeypatch.setattr("zarr_linked_data.node.chunks.chunk_shape.__defaults__", (1000,))
        for name, shape in {"tall": (1001, 3), "wide": (3, 1001), "deep": (2, 3, 500)}.items():
            np.save(tmp_path / f"{name}.npy", np.random.default_rng(0).random(shape))
            put_group(lab, name, entity(name))
        add(lab, arrays={name: tmp_path / f"{name}.npy" for name in ("tall", "wide", "deep")})
        for name in ("tall", "wide", "deep"):
            array = zld.open(lab)[EX + name].array
            assert array.nbytes > 1000 >= np.prod(array.chunks) * 8
            np.testing.assert_array_equal(array[:], np.load(tmp_path / f"{name}.npy"))

    @pytest.mark.parametrize("order", ["C", "F"])
    def test_values_and_type_come_back_as_they_were(self, lab, tmp_path, order):
        given = np.asarray([[1, 2, 3], [4, 5, 6]], dtype=">i4", order=order)
        np.save(tmp_path / "x.npy", given)
        put_group(lab, "a", entity("a"))
        add(lab, arrays={"a": tmp_path / "x.npy"})
        found = zld.open(lab)[f"{EX}a"].read()
        assert found.dtype == "<i4"
        np.testing.assert_array_equal(found, given)

    @pytest.mark.parametrize("shape", [(), (0, 4)])
    def test_an_array_without_axes_or_without_values_can_be_added(self, lab, tmp_path, shape):
        np.save(tmp_path / "x.npy", np.full(shape, 7.0))
        put_group(lab, "a", entity("a"))
        add(lab, arrays={"a": tmp_path / "x.npy"})
        assert zld.open(lab)[f"{EX}a"].array[...].shape == shape

    def test_chunks_are_compressed(self, lab, tmp_path):
        np.save(tmp_path / "x.npy", np.zeros((1000, 1000)))
        put_group(lab, "a", entity("a"))
        add(lab, arrays={"a": tmp_path / "x.npy"})
        assert len(lab.read("a/aDataset/c/0/0")) < 10_000

    def test_progress_is_told_in_bytes(self, lab, values):
        put_group(lab, "a", entity("a"))
        told = []
        add(lab, arrays={"a": values}, progress=lambda done, total: told.append((done, total)))
        assert told == [(48, 48)]

    @pytest.mark.parametrize("name", ["sample1", "sample1Dataset"])
    def test_one_that_is_there_is_never_replaced(self, lab, values, name):
        found = refused(InvalidInputError, lab, arrays={name: values}, overwrite=True)
        assert (
            f"'{EX}sample1Dataset' is in '{lab.url}' already, at 'sample1/sample1Dataset'" in found
        )
        assert "Arrays are never replaced" in found

    def test_nor_one_of_another_name_where_the_entity_points_at_none(self, lab, values):
        put_array(lab, "a/measured", [1.0])
        put_group(lab, "a", entity("a"))
        assert "already, at 'a/measured'" in refused(InvalidInputError, lab, arrays={"a": values})

    def test_an_entity_that_points_at_several_needs_the_arrays_own_uri(self, lab, values):
        put_group(lab, "a", entity("a", hasDataset=["d1", "d2"]))
        found = refused(AmbiguousArrayError, lab, arrays={"a": values})
        assert f"it points at '{EX}d1', '{EX}d2'. Give the array's own URI" in found
        add(lab, arrays={"d1": values, "d2": values})
        assert {"a/d1", "a/d2"} <= tree(lab).keys()

    def test_one_that_a_group_with_an_array_points_at_goes_beside_it(self, lab, values):
        add(lab, entity("sample1", hasDataset="again"), arrays={"again": values}, overwrite=True)
        assert {"sample1/again", "sample1/sample1Dataset"} <= tree(lab).keys()

    def test_an_array_beside_one_that_has_its_uri_by_being_alone_is_refused(self, lab, values):
        put_group(lab, "a", entity("a", hasDataset="d"))
        put_array(lab, "a/measured", [1.0])
        document = entity("a", hasDataset="e")
        found = refused(InvalidInputError, lab, document, arrays={"e": values}, overwrite=True)
        assert f"'a/measured' would be None there instead of '{EX}d'" in found

    def test_an_unknown_uri_is_refused_with_those_like_it(self, lab, values):
        found = refused(EntityNotFoundError, lab, arrays={"Sample1": values})
        assert f"neither in the file nor in '{lab.url}'. Did you mean '{EX}sample1'" in found

    def test_two_files_for_one_array_are_refused(self, lab, values):
        put_group(lab, "a", entity("a", hasDataset="d"))
        found = refused(InvalidInputError, lab, arrays={"a": values, "d": values})
        assert f"Two files for the array '{EX}d'" in found

    def test_an_array_and_a_group_with_one_name_are_refused(self, lab, values):
        document = entity("a", hasDataset="x/d", hasPart="y/d")
        found = refused(
            InvalidInputError, lab, document, under=f"{EX}campaign", arrays={"a": values}
        )
        assert f"'{EX}y/d' and '{EX}x/d' would both be at 'a/d'" in found

    def test_a_uri_of_its_own_that_something_else_has_is_refused(self, lab, values):
        put_group(lab, "a", entity("a"))
        put_group(lab, "b", entity("aDataset"))
        found = refused(InvalidInputError, lab, arrays={"a": values})
        assert f"would get the URI '{EX}aDataset', which something else has" in found

    def test_a_wrong_table_is_refused_before_anything_is_written(self, lab, tmp_path, values):
        (tmp_path / "x.csv").write_text("1,2\n3,x\n")
        documents = entity("a"), entity("b")
        arrays = {"a": values, "b": tmp_path / "x.csv"}
        found = refused(InvalidTableError, lab, *documents, under=f"{EX}campaign", arrays=arrays)
        assert "x.csv': in line 2, column 2 holds 'x'" in found

    def test_one_in_a_store_with_a_context_keeps_its_uri(self, lab, values):
        put_group(lab, "a", {"@context": {"http": "urn:changed:"}, "@id": "urn:a"})
        add_entities([], lab, arrays={"urn:a": values})
        assert zld.open(lab)["urn:aDataset"].jsonld == {"@context": None, "@id": "urn:aDataset"}


class TestStores:
    @pytest.fixture
    def other(self, tmp_path):
        storage = open_storage(tmp_path / "their results.zarr", create=True)
        theirs = {"@id": "http://their.org/run7", "http://their.org/by": [{"@id": f"{EX}sample1"}]}
        put_group(storage, "", theirs)
        put_group(storage, "s", {"@id": "http://their.org/s"})
        put_array(storage, "s/spectrum", np.arange(4.0), {"@id": "http://their.org/s/spectrum"})
        storage.write("README.txt", b"ours")
        consolidate(storage)
        return storage

    def test_it_is_copied_whole_but_for_what_is_of_its_place(self, lab, other):
        done = add_store(other, lab, under=f"{EX}sample1")
        assert (done.nodes, done.arrays, done.replaced, done.bytes) == (3, 1, 0, 36)
        assert tree(lab)["sample1/run7/s/spectrum"] == "http://their.org/s/spectrum"
        assert zld.open(lab)["http://their.org/s"].read().tolist() == [0, 1, 2, 3]
        assert lab.read("sample1/run7/README.txt") == b"ours"
        keys = {found.key for found in lab.list("sample1/run7")}
        assert not any("__zld" in key or ".all_metadata" in key for key in keys)
        assert lab.read("sample1/run7/s/zarr.json") == other.read("s/zarr.json")

    def test_from_and_to_any_place(self, other, s3_url):
        storage = open_storage(s3_url)
        put_lab(storage)
        add_store(other, storage, under=f"{EX}campaign")
        again = open_storage("memory://")
        put_group(again, "", {"@id": "urn:root"})
        add_store(storage, again, under="urn:root")
        assert zld.open(again)["http://their.org/s"].path == "campaign/run7/s"

    def test_format_2_goes_into_format_2(self, tmp_path):
        storage, other = (open_storage(tmp_path / n, create=True) for n in ("a.zarr", "b.zarr"))
        put_lab(storage, zarr_format=2)
        put_group(other, "", {"@id": "urn:x:run7"}, 2)
        put_array(other, "d", [1.0], {"@id": "urn:x:d"}, 2)
        other.write(".zmetadata", b"{}")
        add_store(other, storage, under=f"{EX}sample1")
        assert zld.open(storage)["urn:x:d"].read().tolist() == [1.0]
        assert storage.read("sample1/run7/.zmetadata") is None

    def test_another_format_is_refused_with_what_to_do(self, tmp_path, lab):
        other = open_storage(tmp_path / "b.zarr", create=True)
        put_group(other, "", {"@id": "urn:x:run7"}, 2)
        with pytest.raises(
            InvalidInputError, match=r"of Zarr format 2, and .* 3\. Convert it first"
        ):
            add_store(other, lab, under=f"{EX}sample1")

    def test_a_root_without_uri_is_named_by_its_url(self, tmp_path, lab):
        other = open_storage(tmp_path / "50%25:x#y.zarr", create=True)
        put_group(other, "", {})
        add_store(other, lab, under=f"{EX}sample1")
        assert "sample1/50%25:x#y.zarr" in tree(lab)

    def test_a_store_that_is_one_array_goes_in_too(self, tmp_path, lab):
        other = open_storage(tmp_path / "b.zarr", create=True)
        put_array(other, "", [1.0, 2.0], {"@id": "urn:x:one"})
        add_store(other, lab, under=f"{EX}campaign")
        assert tree(lab)["one"] == "urn:x:one"

    def test_uris_that_are_there_are_refused_with_the_first_and_their_number(self, lab, other):
        put_group(other, "t", entity("sample1"))
        put_group(other, "u", entity("sample2"))
        before = content(lab)
        with pytest.raises(InvalidInputError) as caught:
            add_store(other, lab, under=f"{EX}campaign")
        assert f"'{EX}sample1' is in '{lab.url}' already, at 'sample1', and so are 1 more" in str(
            caught.value
        )
        assert content(lab) == before

    def test_twice_is_refused(self, lab, other):
        add_store(other, lab, under=f"{EX}campaign")
        with pytest.raises(
            InvalidInputError, match=r"run7' is in .* already, at 'run7', and so are 2"
        ):
            add_store(other, lab, under=f"{EX}campaign")

    def test_two_of_its_nodes_with_one_uri_are_refused(self, lab, other):
        put_group(other, "twin", {"@id": "http://their.org/s"})
        with pytest.raises(InvalidInputError, match="'run7/s' and 'run7/twin' would both be it"):
            add_store(other, lab, under=f"{EX}campaign")

    def test_a_name_that_is_taken_is_refused(self, lab, other):
        put_group(lab, "run7", {"@id": "urn:mine"})
        with pytest.raises(
            InvalidInputError, match=r"'http://their.org/run7' at 'run7' .* 'urn:mine' is"
        ):
            add_store(other, lab, under=f"{EX}campaign")

    def test_its_root_needs_a_place(self, lab, other):
        with pytest.raises(EntityNotFoundError, match="No entity 'urn:x'"):
            add_store(other, lab, under="urn:x")
        with pytest.raises(InvalidInputError, match="it is an array"):
            add_store(other, lab, under=f"{EX}sample1Dataset")
        with pytest.raises(StoreNotFoundError, match="No Zarr store at"):
            add_store(other, open_storage("memory://"), under="urn:x")

    def test_a_store_does_not_go_into_itself(self, lab):
        inner = open_storage(lab.root / "sample1")
        with pytest.raises(InvalidInputError, match="they are the same place"):
            add_store(open_storage(lab.root), lab, under=f"{EX}campaign")
        with pytest.raises(InvalidInputError, match="they lie one inside the other"):
            add_store(inner, lab, under=f"{EX}campaign")

    def test_a_web_server_cannot_be_listed(self, lab, web):
        put_lab(open_storage(web.root))
        with pytest.raises(InvalidInputError, match="cannot be asked for a list of its objects"):
            add_store(open_storage(web.url), lab, under=f"{EX}campaign")

    @pytest.mark.parametrize("own", [None, {"t": "http://their.org/"}])
    def test_contexts_above_its_place_do_not_change_what_it_says(self, lab, tmp_path, own):
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

    def test_a_protected_context_above_its_place_is_named(self, lab, other):
        context = {"@protected": True, "name": f"{EX}name"}
        put_group(lab, "odd", {"@context": context, "@id": "urn:odd"})
        with pytest.raises(InvalidJsonLdError, match=r"'odd/run7' cannot be read: .*protected"):
            add_store(other, lab, under="urn:odd")

    def test_arrays_that_are_named_by_another_link_are_named_in_the_refusal(self, lab, tmp_path):
        other = open_storage(tmp_path / "b.zarr", create=True)
        put_group(other, "", {"@id": "urn:x:run7", f"{EX}measured": [{"@id": "urn:x:d"}]})
        put_array(other, "d", [1.0])
        consolidate(other, options=Options(dataset_link="measured"))
        with pytest.raises(
            InvalidInputError, match="'run7/d' would be None there instead of 'urn:x:d'"
        ):
            add_store(other, lab, under=f"{EX}campaign")

    def test_consolidated_metadata_of_others_stay_behind(self, lab, other):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # zarr-python warns of its own feature
            zarr.consolidate_metadata(other.root)
        add_store(other, lab, under=f"{EX}campaign")
        assert "consolidated_metadata" not in orjson.loads(lab.read("run7/zarr.json"))

    def test_bytes_of_documents_and_objects_stay(self, lab, other):
        document = b'{"zarr_format":3,\n"node_type":"group","attributes":{"@id":"urn:n","v":NaN}}'
        other.write("n/zarr.json", document)
        with pytest.warns(ZldWarning, match="bare NaN"):
            add_store(other, lab, under=f"{EX}campaign")
        assert lab.read("run7/n/zarr.json") == document

    def test_large_objects_are_copied_in_pieces(self, lab, other, monkeypatch):
        monkeypatch.setattr("zarr_linked_data.ingest.contribution._LARGE", 10)
        monkeypatch.setattr("zarr_linked_data.ingest.contribution._PIECE", 7)
        told = []
        add_store(other, lab, under=f"{EX}campaign", progress=lambda *done: told.append(done))
        assert zld.open(lab)["http://their.org/s"].read().tolist() == [0, 1, 2, 3]
        assert told[-1] == (36, 36)

    def test_a_store_that_changes_meanwhile_is_refused(self, lab, other):
        def interfere(_documents):
            other.write("s/spectrum/c/0", b"shorter")

        before = content(lab)
        with pytest.raises(
            ConcurrentUpdateError, match="object 's/spectrum/c/0' changed meanwhile"
        ):
            add_store(other, lab, under=f"{EX}campaign", validate=interfere)
        assert content(lab) == before


def test_consolidated_metadata_of_others_that_become_old_are_warned_of(lab):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zarr-python warns of its own feature
        zarr.consolidate_metadata(lab.root)
    with pytest.warns(ZldWarning, match="Renew them with zarr.consolidate_metadata"):
        add(lab, entity("new"), under=f"{EX}campaign")
    assert "consolidated_metadata" in orjson.loads(lab.read("zarr.json"))


def test_the_link_to_datasets_is_the_stores_own(tmp_path, values):
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_group(storage, "", entity("c", hasMeasured="d"))
    consolidate(storage, options=Options(dataset_link="hasMeasured"))
    add(storage, arrays={"c": values})
    assert tree(storage) == {"": "c", "d": "d"}
