"""Measured arrays into a store: where they go, and what they are called."""

import numpy as np
import pytest

import zarr_linked_data as zld
from tests.ingest import add, entity, new_lab, new_values, refused, tree
from tests.stores import EX, put_array, put_group
from zarr_linked_data.consolidate import Options, consolidate
from zarr_linked_data.errors import (
    AmbiguousArrayError,
    EntityNotFoundError,
    InvalidInputError,
    InvalidTableError,
)
from zarr_linked_data.ingest import add_entities
from zarr_linked_data.storage import open_storage


@pytest.fixture
def lab(tmp_path):
    return new_lab(tmp_path)


@pytest.fixture
def values(tmp_path):
    return new_values(tmp_path)


def test_by_its_own_uri_or_its_entitys_it_goes_to_the_entity(lab, values):
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


def test_it_may_be_large_in_any_direction(lab, tmp_path, monkeypatch):
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
def test_values_and_type_come_back_as_they_were(lab, tmp_path, order):
    given = np.asarray([[1, 2, 3], [4, 5, 6]], dtype=">i4", order=order)
    np.save(tmp_path / "x.npy", given)
    put_group(lab, "a", entity("a"))
    add(lab, arrays={"a": tmp_path / "x.npy"})
    found = zld.open(lab)[f"{EX}a"].read()
    assert found.dtype == "<i4"
    np.testing.assert_array_equal(found, given)


@pytest.mark.parametrize("shape", [(), (0, 4)])
def test_an_array_without_axes_or_without_values_can_be_added(lab, tmp_path, shape):
    np.save(tmp_path / "x.npy", np.full(shape, 7.0))
    put_group(lab, "a", entity("a"))
    add(lab, arrays={"a": tmp_path / "x.npy"})
    assert zld.open(lab)[f"{EX}a"].array[...].shape == shape


def test_chunks_are_compressed(lab, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((1000, 1000)))
    put_group(lab, "a", entity("a"))
    add(lab, arrays={"a": tmp_path / "x.npy"})
    assert len(lab.read("a/aDataset/c/0/0")) < 10_000


def test_progress_is_told_in_bytes(lab, values):
    put_group(lab, "a", entity("a"))
    told = []
    add(lab, arrays={"a": values}, progress=lambda done, total: told.append((done, total)))
    assert told == [(48, 48)]


@pytest.mark.parametrize("name", ["sample1", "sample1Dataset"])
def test_one_that_is_there_is_never_replaced(lab, values, name):
    found = refused(InvalidInputError, lab, arrays={name: values}, overwrite=True)
    assert f"'{EX}sample1Dataset' is in '{lab.url}' already, at 'sample1/sample1Dataset'" in found
    assert "Arrays are never replaced" in found


def test_nor_one_of_another_name_where_the_entity_points_at_none(lab, values):
    put_array(lab, "a/measured", [1.0])
    put_group(lab, "a", entity("a"))
    assert "already, at 'a/measured'" in refused(InvalidInputError, lab, arrays={"a": values})


def test_an_entity_that_points_at_several_needs_the_arrays_own_uri(lab, values):
    put_group(lab, "a", entity("a", hasDataset=["d1", "d2"]))
    found = refused(AmbiguousArrayError, lab, arrays={"a": values})
    assert f"it points at '{EX}d1', '{EX}d2'. Give the array's own URI" in found
    add(lab, arrays={"d1": values, "d2": values})
    assert {"a/d1", "a/d2"} <= tree(lab).keys()


def test_one_that_a_group_with_an_array_points_at_goes_beside_it(lab, values):
    add(lab, entity("sample1", hasDataset="again"), arrays={"again": values}, overwrite=True)
    assert {"sample1/again", "sample1/sample1Dataset"} <= tree(lab).keys()


def test_an_array_beside_one_that_has_its_uri_by_being_alone_is_refused(lab, values):
    put_group(lab, "a", entity("a", hasDataset="d"))
    put_array(lab, "a/measured", [1.0])
    document = entity("a", hasDataset="e")
    found = refused(InvalidInputError, lab, document, arrays={"e": values}, overwrite=True)
    assert f"'a/measured' would be None there instead of '{EX}d'" in found


def test_an_unknown_uri_is_refused_with_those_like_it(lab, values):
    found = refused(EntityNotFoundError, lab, arrays={"Sample1": values})
    assert f"neither in the file nor in '{lab.url}'. Did you mean '{EX}sample1'" in found


def test_two_files_for_one_array_are_refused(lab, values):
    put_group(lab, "a", entity("a", hasDataset="d"))
    found = refused(InvalidInputError, lab, arrays={"a": values, "d": values})
    assert f"Two files for the array '{EX}d'" in found


def test_an_array_and_a_group_with_one_name_are_refused(lab, values):
    document = entity("a", hasDataset="x/d", hasPart="y/d")
    found = refused(InvalidInputError, lab, document, under=f"{EX}campaign", arrays={"a": values})
    assert f"'{EX}y/d' and '{EX}x/d' would both be at 'a/d'" in found


def test_a_uri_of_its_own_that_something_else_has_is_refused(lab, values):
    put_group(lab, "a", entity("a"))
    put_group(lab, "b", entity("aDataset"))
    found = refused(InvalidInputError, lab, arrays={"a": values})
    assert f"would get the URI '{EX}aDataset', which something else has" in found


def test_a_wrong_table_is_refused_before_anything_is_written(lab, tmp_path, values):
    (tmp_path / "x.csv").write_text("1,2\n3,x\n")
    documents = entity("a"), entity("b")
    arrays = {"a": values, "b": tmp_path / "x.csv"}
    found = refused(InvalidTableError, lab, *documents, under=f"{EX}campaign", arrays=arrays)
    assert "x.csv': in line 2, column 2 holds 'x'" in found


def test_one_in_a_store_with_a_context_keeps_its_uri(lab, values):
    put_group(lab, "a", {"@context": {"http": "urn:changed:"}, "@id": "urn:a"})
    add_entities([], lab, arrays={"urn:a": values})
    assert zld.open(lab)["urn:aDataset"].jsonld == {"@context": None, "@id": "urn:aDataset"}


def test_the_link_to_datasets_is_the_stores_own(tmp_path, values):
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_group(storage, "", entity("c", hasMeasured="d"))
    consolidate(storage, options=Options(dataset_link="hasMeasured"))
    add(storage, arrays={"c": values})
    assert tree(storage) == {"": "c", "d": "d"}
