"""`zld.open(...)`: a mapping from URI to node."""

from collections.abc import Mapping

import numpy as np
import pytest
import xarray
import zarr

import zarr_linked_data as zld
from tests.stores import EX, put_array, put_group, put_lab
from zarr_linked_data.storage import open_storage


@pytest.fixture
def storage(tmp_path):
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_lab(storage)
    return storage


@pytest.fixture
def lab(storage):
    lab = zld.open(storage)
    lab.consolidate()
    return lab


def test_it_is_a_mapping_from_uri_to_node(lab):
    assert isinstance(lab, Mapping)
    assert len(lab) == 7
    assert list(lab) == sorted(lab)
    assert lab[f"{EX}sample1"].path == "sample1"
    assert f"{EX}sample1" in lab
    assert lab.get("http://example.org/nothing") is None
    assert {uri: node.uri for uri, node in lab.items()} == {uri: uri for uri in lab}


def test_what_is_not_there_is_not_in_it(lab):
    assert "sample1" not in lab
    assert "" not in lab
    assert 5 not in lab


def test_an_unknown_uri_raises_a_key_error_that_names_the_nearest(lab):
    with pytest.raises(KeyError) as caught:
        lab[f"{EX}sample10"]
    assert isinstance(caught.value, zld.EntityNotFoundError)
    assert str(caught.value).startswith(f"No entity '{EX}sample10' in ")
    assert f"Did you mean '{EX}sample1'" in str(caught.value)


@pytest.mark.parametrize(
    "variant",
    ["https://example.org/sample1", f"{EX}sample1/", "http://example.org#sample1", f"{EX}Sample1",
     f"{EX}sample%31", f" <{EX}sample1>"],
)  # fmt: skip
def test_near_variants_are_other_uris_and_are_named(lab, variant):
    assert variant not in lab
    with pytest.raises(zld.EntityNotFoundError, match=f"Did you mean '{EX}sample1'"):
        lab[variant]


def test_several_nodes_with_one_uri_are_ambiguous_and_all_are_there(storage):
    put_group(storage, "again", {"@id": f"{EX}sample1"})
    lab = zld.open(storage)
    lab.consolidate()
    assert f"{EX}sample1" in lab
    assert [node.path for node in lab.find_all(f"{EX}sample1")] == ["again", "sample1"]
    with pytest.raises(zld.AmbiguousEntityError, match=r"2 nodes .* 'again', 'sample1'"):
        lab[f"{EX}sample1"]
    assert len(lab) == 7


def test_the_root_is_a_node_like_any_other(lab):
    assert lab[f"{EX}campaign"].path == ""
    assert lab.at("").uri == f"{EX}campaign"


def test_a_path_gives_its_node(lab):
    assert lab.at("sample1/sample1Dataset").uri == f"{EX}sample1Dataset"
    assert lab.at("/sample1/").uri == f"{EX}sample1"
    with pytest.raises(zld.EntityNotFoundError, match="Nothing is at 'sample9'"):
        lab.at("sample9")


def test_a_node_says_what_it_is(lab):
    sample, dataset = lab[f"{EX}sample1"], lab[f"{EX}sample1Dataset"]
    assert (sample.kind, sample.types, sample.shape) == ("group", (f"{EX}Sample",), None)
    assert (dataset.kind, dataset.shape, dataset.dtype) == ("array", (3, 4), "float64")
    assert sample.jsonld["@id"] == f"{EX}sample1"


def test_a_groups_one_array_is_read_through_the_group(lab):
    expected = np.arange(12.0).reshape(3, 4) + 1
    np.testing.assert_array_equal(lab[f"{EX}sample1"].read(), expected)
    np.testing.assert_array_equal(lab[f"{EX}sample1"].read((slice(0, 2), 1)), expected[:2, 1])


def test_zarrs_own_objects_are_given(lab):
    sample = lab[f"{EX}sample1"]
    assert isinstance(sample.array, zarr.Array)
    assert isinstance(sample.group, zarr.Group)
    assert list(sample.arrays) == ["sample1Dataset"]
    assert lab[f"{EX}sample1Dataset"].group.path == "sample1"


def test_a_group_with_several_arrays_is_ambiguous(storage):
    put_array(storage, "sample1/other", [1.0])
    lab = zld.open(storage)
    lab.consolidate()
    with pytest.raises(zld.AmbiguousArrayError, match=r"has 2 arrays: 'other' .*'sample1Dataset' "):
        lab[f"{EX}sample1"].read()
    assert lab[f"{EX}sample1"].read(array="other").tolist() == [1.0]
    assert lab[f"{EX}sample1"].read(array=f"{EX}sample1Dataset").shape == (3, 4)
    with pytest.raises(zld.ArrayNotFoundError, match="has no array 'third'"):
        lab[f"{EX}sample1"].read(array="third")


def test_a_group_without_an_array_says_so(lab):
    with pytest.raises(zld.ArrayNotFoundError, match="a group without an array"):
        lab[f"{EX}campaign"].read()


def test_a_search_goes_by_type_and_text(lab):
    assert len(lab.search(type="Sample")) == 3
    assert len(lab.search(type=f"{EX}Sample")) == 3
    assert [node.path for node in lab.search(type="Sample", text="SAMPLE2")] == ["sample2"]
    assert lab.search(text="acetone") == []


def test_a_store_that_was_never_consolidated_opens_and_says_so_at_the_first_look_up(storage):
    lab = zld.open(storage)
    with pytest.raises(
        zld.NotConsolidatedError, match=r"never been consolidated. Run `zld consolidate"
    ):
        lab[f"{EX}sample1"]


def test_it_answers_from_one_generation_until_it_is_refreshed(storage, lab):
    assert f"{EX}late" not in lab
    put_group(storage, "late", {"@id": f"{EX}late"})
    zld.open(storage).consolidate()
    assert f"{EX}late" not in lab
    assert lab[f"{EX}sample1"].jsonld["@id"] == f"{EX}sample1"
    lab.refresh()
    assert f"{EX}late" in lab
    assert len(lab) == 8


def test_xarray_opens_its_zarr_store_without_a_warning(lab):
    dataset = xarray.open_zarr(lab.zarr, group="sample1")
    assert dataset["sample1Dataset"].shape == (3, 4)


def test_its_zarr_store_hides_our_objects_and_serves_the_rest(lab):
    group = zarr.open_group(lab.zarr, mode="r")
    assert sorted(group.group_keys()) == ["sample1", "sample2", "sample3"]
    assert group["sample2/sample2Dataset"][0, 0] == 2.0
    assert group.attrs["@id"] == f"{EX}campaign"


def test_a_node_becomes_an_xarray_object(lab):
    assert lab[f"{EX}sample1Dataset"].to_xarray().shape == (3, 4)
    assert list(lab[f"{EX}sample1"].to_xarray()) == ["sample1Dataset"]


def test_a_lost_foreign_or_broken_index_is_built_again(storage, lab):
    (index,) = (storage.root / "__zld").glob("index-*.sqlite")
    whole = index.read_bytes()
    for broken in (None, b"", b"not sqlite at all", whole[:5000], whole[:2000] + b"\0" * 3000):
        index.unlink()
        if broken is not None:
            index.write_bytes(broken)
        assert zld.open(storage)[f"{EX}sample1"].path == "sample1"


def test_the_index_of_another_store_is_not_believed(tmp_path, storage, lab):
    other = open_storage(tmp_path / "other.zarr", create=True)
    put_group(other, "", {"@id": f"{EX}sample1"})
    zld.open(other).consolidate()
    (index,) = (storage.root / "__zld").glob("index-*.sqlite")
    (foreign,) = (other.root / "__zld").glob("index-*.sqlite")
    index.write_bytes(foreign.read_bytes())
    assert zld.open(storage)[f"{EX}sample1"].path == "sample1"


def test_metadata_that_are_cut_off_are_refused_with_what_to_do(storage, lab):
    path = storage.root / ".all_metadata"
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(zld.CorruptDocumentError, match="Write it anew with `zld consolidate`"):
        zld.open(storage)[f"{EX}sample1"]


def test_a_node_shows_its_properties_and_its_array_in_a_notebook(lab):
    page = lab[f"{EX}sample1"]._repr_html_()
    assert f"{EX}sample1" in page
    assert "3 × 4 float64" in page
    assert f"→ {EX}sample1Dataset" in page
    assert "data:image/png;base64," in page
    assert "<img" not in lab[f"{EX}campaign"]._repr_html_()


def test_what_metadata_say_is_never_run_in_a_notebook(storage):
    put_group(storage, "odd", {"@id": f"{EX}odd", f"{EX}name": [{"@value": "<script>"}]})
    lab = zld.open(storage)
    lab.consolidate()
    assert "&lt;script&gt;" in lab[f"{EX}odd"]._repr_html_()
    assert "<script" not in lab[f"{EX}odd"]._repr_html_()


def test_a_store_shows_its_tree_in_a_notebook(lab):
    assert "<svg" in lab._repr_html_()


def test_reprs_say_what_a_thing_is(lab):
    assert repr(lab).startswith("LinkedStore('")
    assert repr(lab[f"{EX}sample1Dataset"]) == (
        f"LinkedNode('{EX}sample1Dataset', array at 'sample1/sample1Dataset', (3, 4), float64)"
    )
