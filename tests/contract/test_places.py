"""A store answers alike wherever it lies: what each place must do, run for each."""

import shutil

import icechunk
import numpy as np
import obstore.store
import pytest
import xarray
import zarr

import zarr_linked_data as zld
from tests.stores import EX, put_group, put_lab
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.storage import open_storage


class PlaceContract:
    """What a user may rely on at every place."""

    def test_every_node_is_found_by_its_uri(self, lab):
        assert len(lab) == 7
        assert lab[f"{EX}campaign"].path == ""
        assert lab[f"{EX}sample1Dataset"].path == "sample1/sample1Dataset"
        assert [node.path for node in lab.search(type="Sample")] == [
            "sample1",
            "sample2",
            "sample3",
        ]

    def test_an_array_is_read_whole_and_in_slices(self, lab):
        expected = np.arange(12.0).reshape(3, 4) + 2
        np.testing.assert_array_equal(lab[f"{EX}sample2"].read(), expected)
        np.testing.assert_array_equal(lab[f"{EX}sample2"].read((..., 1)), expected[:, 1])
        np.testing.assert_array_equal(lab[f"{EX}sample2"].array[1:], expected[1:])

    def test_its_json_ld_is_read(self, lab):
        assert lab[f"{EX}sample1"].jsonld["@type"] == [f"{EX}Sample"]

    def test_xarray_and_zarr_open_it_in_silence(self, lab):
        assert zarr.open_group(lab.zarr, mode="r")["sample3/sample3Dataset"][0, 0] == 3.0
        assert "sample1Dataset" in xarray.open_zarr(lab.zarr, group="sample1")

    def test_an_unknown_uri_names_the_nearest(self, lab):
        with pytest.raises(zld.EntityNotFoundError, match=f"Did you mean '{EX}sample1'"):
            lab[f"{EX}sample1/"]


class ConsolidatedHere(PlaceContract):
    """What a place that takes our objects does."""

    def test_a_second_consolidation_changes_nothing(self, lab):
        assert lab.consolidate().changed == 0

    def test_a_change_is_seen_after_consolidation(self, lab):
        put_group(lab.storage, "late", {"@id": f"{EX}late"})
        assert lab.consolidate().changed == 1
        assert lab[f"{EX}late"].path == "late"


class TestFolder(ConsolidatedHere):
    @pytest.fixture
    def lab(self, tmp_path):
        storage = open_storage(tmp_path / "lab.zarr", create=True)
        return consolidated(storage)


class TestFormat2(PlaceContract):
    @pytest.fixture
    def lab(self, tmp_path):
        storage = open_storage(tmp_path / "lab.zarr", create=True)
        return consolidated(storage, zarr_format=2)


class TestMemory(ConsolidatedHere):
    @pytest.fixture
    def lab(self):
        return consolidated(open_storage(obstore.store.MemoryStore()))


class TestZarrMemoryStore(ConsolidatedHere):
    @pytest.fixture
    def lab(self):
        return consolidated(open_storage(zarr.storage.MemoryStore()))


class TestS3(ConsolidatedHere):
    @pytest.fixture
    def lab(self, s3_url):
        return consolidated(open_storage(s3_url))


class TestRclone(ConsolidatedHere):
    @pytest.fixture
    def lab(self, rclone_url, recwarn):
        return consolidated(open_storage(rclone_url))


@pytest.mark.parametrize("keep_index", [True, False])
class TestHttp(PlaceContract):
    @pytest.fixture
    def lab(self, web, keep_index):
        storage = open_storage(web.root / "lab.zarr", create=True)
        put_lab(storage)
        consolidate(storage)
        if not keep_index:
            shutil.rmtree(storage.root / "__zld")
        return zld.open(f"{web.url}/lab.zarr")


class TestIcechunk(PlaceContract):
    @pytest.fixture
    def lab(self, tmp_path):
        repository = icechunk.Repository.create(icechunk.in_memory_storage())
        session = repository.writable_session("main")
        copy_lab(tmp_path, session.store)
        session.commit("a lab")
        return zld.open(repository.readonly_session("main").store)


class TestZip(PlaceContract):
    @pytest.fixture
    def lab(self, tmp_path):
        with zarr.storage.ZipStore(tmp_path / "lab.zip", mode="w") as store:
            copy_lab(tmp_path, store)
        store = zarr.storage.ZipStore(tmp_path / "lab.zip", mode="r")
        yield zld.open(store)
        store.close()


def consolidated(storage, zarr_format=3):
    """Put the lab there, and open it."""
    put_lab(storage, zarr_format=zarr_format)
    lab = zld.open(storage)
    lab.consolidate()
    return lab


def copy_lab(tmp_path, store):
    """Write the lab by zarr-python, for stores that take nothing else."""
    put_lab(open_storage(tmp_path / "source.zarr", create=True))
    source = zarr.open_group(tmp_path / "source.zarr", mode="r")
    target = zarr.create_group(store, attributes=dict(source.attrs))
    for name, member in sorted(source.members(max_depth=None)):
        if isinstance(member, zarr.Group):
            target.create_group(name, attributes=dict(member.attrs))
        else:
            names = member.metadata.dimension_names
            attributes = dict(member.attrs)
            target.create_array(
                name, data=member[...], attributes=attributes, dimension_names=names
            )


def test_a_store_that_takes_no_objects_cannot_be_consolidated_and_says_so(tmp_path):
    repository = icechunk.Repository.create(icechunk.in_memory_storage())
    session = repository.writable_session("main")
    copy_lab(tmp_path, session.store)
    with pytest.raises(
        zld.StoreError, match=r"cannot take our objects. It can be read all the same"
    ):
        zld.open(session.store).consolidate()


def test_an_http_store_without_metadata_asks_for_its_owner(web):
    put_lab(open_storage(web.root / "lab.zarr", create=True))
    with pytest.raises(zld.NotConsolidatedError, match=r"HTTP cannot list .* Ask its owner"):
        zld.open(f"{web.url}/lab.zarr")[f"{EX}sample1"]


def test_a_remote_store_is_read_of_one_generation_though_it_changes_meanwhile(s3_url):
    lab = consolidated(open_storage(s3_url))
    assert f"{EX}sample1" in lab
    put_group(lab.storage, "aaa", {"@id": f"{EX}first in the file", "text": "x" * 500})
    zld.open(s3_url).consolidate()
    assert lab[f"{EX}sample1"].jsonld["@id"] == f"{EX}sample1"
    assert lab[f"{EX}sample2"].read()[0, 0] == 2.0
