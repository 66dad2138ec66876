"""What a check says of whole stores: clean, unfinished, and wherever they are."""

from pathlib import Path

import numpy as np
import pytest
import zarr
from obstore.store import MemoryStore

from tests.findings import found, new_store, stale
from tests.stores import EX, put_array, put_group, put_lab
from zarr_linked_data.check import KINDS, check_store
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.errors import NotConsolidatedError, StoreError, StoreNotFoundError
from zarr_linked_data.fake import write_fake_store
from zarr_linked_data.hierarchy import build_tree, select_level
from zarr_linked_data.jsonld import read_entities
from zarr_linked_data.metadata import METADATA_KEY
from zarr_linked_data.storage import open_storage
from zarr_linked_data.transfer import copy_store

CAMPAIGN = Path(__file__).parents[2] / "data" / "campaign.jsonld"


@pytest.fixture
def store(tmp_path):
    return new_store(tmp_path)


class TestACleanStore:
    @pytest.mark.parametrize("zarr_format", [2, 3])
    def test_of_entities_has_nothing_wrong(self, tmp_path, zarr_format):
        storage = open_storage(tmp_path / "lab.zarr", create=True)
        entities = read_entities(CAMPAIGN)
        tree = build_tree(entities, has_array=select_level(entities, "Sample"))
        write_fake_store(tree, storage, copies=2, shape=(3, 3), zarr_format=zarr_format)
        consolidate(storage)
        assert check_store(storage) == []

    @pytest.mark.parametrize("place", ["folder", "obstore", "zarr"])
    def test_has_nothing_wrong_wherever_it_is(self, store, place):
        put_lab(store)
        consolidate(store)
        others = {"obstore": MemoryStore, "zarr": zarr.storage.MemoryStore}
        target = store if place == "folder" else open_storage(others[place]())
        if target is not store:
            copy_store(store, target)
        assert check_store(target) == []

    def test_of_xarray_s_own_keys_has_nothing_wrong(self, store):
        put_array(store, "a", np.zeros(3), {"_ARRAY_DIMENSIONS": ["x"], "coordinates": "x"})
        assert found(store, "meaningless-key") == []

    def test_tells_its_progress(self, store):
        put_lab(store)
        seen = []
        check_store(store, progress=lambda done, total: seen.append((done, total)))
        assert seen[-1] == (7, None)


class TestUnfinished:
    def test_copies_are_named(self, store):
        store.write("__zld/copying", b'{"source": "s3://lab/campaign.zarr"}')
        (finding,) = found(store, "unfinished")
        assert "unfinished copy of 's3://lab/campaign.zarr'" in finding.message
        assert "Run `zld copy` again" in finding.message

    def test_journals_that_are_none_are_named(self, store):
        store.write("__zld/adding-1.json", b"{")
        (finding,) = found(store, "unfinished")
        assert "Cannot use '__zld/adding-1.json'" in finding.message

    def test_stores_in_the_making_are_named(self, store):
        store.write("__zld/unfinished", b"")
        assert "is not whole" in found(store, "unfinished")[0].message


class TestPlaces:
    def test_without_a_store_are_refused(self, tmp_path):
        with pytest.raises(StoreNotFoundError, match="No Zarr store at"):
            check_store(open_storage(tmp_path))

    def test_on_the_web_are_checked_by_their_metadata(self, web):
        storage = open_storage(web.root)
        put_lab(storage)
        put_group(storage, "a", {"@id": f"{EX}sample1", f"{EX}hasPart": {"@id": f"{EX}gone"}})
        with pytest.raises(NotConsolidatedError, match="cannot be listed, and has no"):
            check_store(open_storage(web.url))
        consolidate(storage)
        assert check_store(open_storage(web.url)) == check_store(storage)
        assert len(check_store(storage)) == 3
        storage.write(METADATA_KEY, storage.read(METADATA_KEY)[:-100])
        assert "it is cut off" in stale(open_storage(web.url))

    def test_that_do_not_answer_are_an_error(self, faulty_s3):
        storage = open_storage(faulty_s3.s3_url, patience_s=1)
        put_lab(storage)
        faulty_s3.fail(status=503, matches=lambda _, path: path.endswith("sample2/zarr.json"))
        with pytest.raises(StoreError, match="answers 503"):
            check_store(storage)
        faulty_s3.heal()
        assert [f.kind for f in check_store(storage)] == ["stale-metadata"]


def test_findings_are_sorted_by_path_and_of_known_kinds(store):
    for path in ("z", "b", "a"):
        put_group(store, path, {"@id": "same", "operator": "Ada"})
    findings = check_store(store)
    assert [f.path for f in findings] == sorted(f.path for f in findings)
    assert {f.kind for f in findings} <= set(KINDS)
