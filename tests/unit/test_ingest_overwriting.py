"""New properties for what is in a store already."""

import json

import pytest

import zarr_linked_data as zld
from tests.ingest import add, content, entity, new_lab, new_values, refused, tree
from tests.stores import EX, put_group
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.errors import (
    ConcurrentUpdateError,
    InvalidInputError,
)


@pytest.fixture
def lab(tmp_path):
    return new_lab(tmp_path)


@pytest.fixture
def values(tmp_path):
    return new_values(tmp_path)


def test_given_properties_replace_those_of_their_name_and_others_stay(lab):
    put_group(lab, "sample1", {**entity("sample1"), f"{EX}mass": 1, f"{EX}note": ["x"], "own": 5})
    document = {"@id": f"{EX}sample1", f"{EX}mass": [{"@value": 2}]}
    assert add(lab, document, overwrite=True).replaced == 1
    found = zld.open(lab)[f"{EX}sample1"].jsonld
    assert found[f"{EX}mass"] == [{"@value": 2}]
    assert (found[f"{EX}note"], found["own"], found["@type"]) == (["x"], 5, [f"{EX}Sample"])


def test_a_type_replaces_the_type(lab):
    add(lab, entity("sample1", "Blank"), overwrite=True)
    assert zld.open(lab)[f"{EX}sample1"].types == (f"{EX}Blank",)


def test_links_are_added_to_those_that_are_there(lab):
    add(lab, entity("sample1", hasDataset="more", hasPart="p"), overwrite=True)
    found = zld.open(lab)[f"{EX}sample1"].jsonld
    assert found[f"{EX}hasDataset"] == [{"@id": f"{EX}sample1Dataset"}, {"@id": f"{EX}more"}]
    assert found[f"{EX}hasPart"] == [{"@id": f"{EX}p"}]


def test_with_nothing_new_nothing_is_written(lab):
    before = content(lab)
    done = add(lab, entity("sample1", hasDataset="sample1Dataset"), overwrite=True)
    assert (done.nodes, done.replaced) == (0, 0)
    assert content(lab) == before


def test_properties_of_compact_documents_are_replaced_under_their_own_names(lab):
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


def test_a_context_that_would_change_what_is_given_is_named(lab):
    context = {"ex": EX, f"{EX}steps": {"@id": f"{EX}steps", "@container": "@list"}}
    put_group(lab, "odd", {"@context": context, "@id": "ex:odd"})
    document = {"@id": f"{EX}odd", f"{EX}steps": [{"@value": 1}]}
    found = refused(InvalidInputError, lab, document, overwrite=True)
    assert "@context at 'odd' or above gives what is added another meaning" in found


def test_all_else_in_the_document_stays(lab):
    lab.write(
        "sample1/zarr.json",
        b'{"zarr_format":3,"node_type":"group","attributes":{"@id":"%bsample1","n":NaN,'
        b'"big":123456789012345678901234567890},"extra":{"must_understand":false}}' % EX.encode(),
    )
    add(lab, {"@id": f"{EX}sample1", f"{EX}mass": [{"@value": 2}]}, overwrite=True)
    document = json.loads(lab.read("sample1/zarr.json"))
    assert document["extra"] == {"must_understand": False}
    assert document["attributes"]["big"] == 123456789012345678901234567890
    assert document["attributes"]["n"] == "NaN"


def test_an_array_gets_properties_and_keeps_its_values(lab):
    document = {"@id": f"{EX}sample1Dataset", f"{EX}unit": [{"@value": "mAU"}]}
    add(lab, document, overwrite=True)
    node = zld.open(lab)[f"{EX}sample1Dataset"]
    assert node.jsonld == {f"{EX}unit": [{"@value": "mAU"}]}
    assert node.read().shape == (3, 4)


def test_a_document_that_somebody_changes_meanwhile_is_left_to_them(lab, values):
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
