"""What a check finds in the consolidated metadata."""

import orjson
import pytest
import zarr

from tests.findings import new_store, stale
from tests.stores import EX, put_group, put_lab
from zarr_linked_data.check import check_store
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.metadata import METADATA_KEY
from zarr_linked_data.storage import open_storage
from zarr_linked_data.transfer import copy_store


@pytest.fixture
def store(tmp_path):
    return new_store(tmp_path)


class TestMetadata:
    def test_that_are_not_there_are_missed(self, store):
        assert "has no '.all_metadata': nothing can be found" in stale(store)

    @pytest.mark.parametrize("zarr_format", [2, 3])
    def test_that_differ_are_counted(self, tmp_path, zarr_format):
        storage = open_storage(tmp_path / "lab.zarr", create=True)
        put_lab(storage, zarr_format=zarr_format)
        consolidate(storage)
        put_group(storage, "new1", {"@id": f"{EX}new1"}, zarr_format)
        put_group(storage, "new2", {"@id": f"{EX}new2"}, zarr_format)
        put_group(storage, "sample1", {"@id": f"{EX}sample01"}, zarr_format)
        put_group(storage, "sample1", {"@id": f"{EX}sample01", f"{EX}x": [1]}, zarr_format)
        storage.delete([found.key for found in storage.list("sample2")])
        assert (
            "differs from the store: 2 nodes are new ('new1', 'new2'); 1 node is changed "
            "('sample1'); 2 nodes are removed ('sample2', 'sample2/sample2Dataset'). "
            "Run `zld consolidate`."
        ) in stale(storage)

    def test_of_a_node_that_lost_its_attributes_count_it_as_changed(self, tmp_path):
        storage = open_storage(tmp_path / "lab.zarr", create=True)
        put_group(storage, "", {"@id": f"{EX}a"}, zarr_format=2)
        consolidate(storage)
        storage.delete([".zattrs"])
        assert "1 node is changed ('')" in stale(storage)

    @pytest.mark.parametrize("data", [b"", b"{", b"[1, 2]", b'{"metadata": 5}'])
    def test_that_are_none_are_named(self, store, data):
        consolidate(store)
        store.write(METADATA_KEY, data)
        assert "Write it anew with `zld consolidate`" in stale(store)

    def test_that_are_cut_off_are_named(self, store):
        put_lab(store)
        consolidate(store)
        store.write(METADATA_KEY, store.read(METADATA_KEY)[:-100])
        assert "it is cut off or not JSON" in stale(store)

    def test_that_somebody_edited_are_named(self, store):
        consolidate(store)
        data = store.read(METADATA_KEY)
        store.write(METADATA_KEY, data.replace(b"example.org/campaign", b"example.org/somewhat"))
        assert "was changed by hand" in stale(store)

    def test_by_others_that_fit_are_fine(self, tmp_path):
        storage = open_storage(tmp_path / "lab.zarr", create=True)
        put_lab(storage, zarr_format=2)
        names = (".zgroup", ".zattrs", ".zarray")
        keys = [f.key for f in storage.list() if f.key.rpartition("/")[2] in names]
        documents = {key: orjson.loads(storage.read(key)) for key in keys}
        theirs = {"metadata": documents, "zarr_consolidated_format": 1}
        storage.write(METADATA_KEY, orjson.dumps(theirs, option=orjson.OPT_INDENT_2))
        assert check_store(storage) == []
        put_group(storage, "late", zarr_format=2)
        assert "1 node is new ('late')" in stale(storage)

    def test_with_constants_made_strings_are_fine(self, store):
        text = b'{"zarr_format": 3, "node_type": "group", "attributes": {"http://e.org/x": NaN}}'
        store.write("a/zarr.json", text.replace(b'"http', b'"@id": "urn:x:a", "http'))
        with pytest.warns(UserWarning, match="bare NaN"):
            consolidate(store)
        assert {f.kind for f in check_store(store)} == {"not-json-constants"}

    def test_kept_in_the_cache_of_who_may_not_write_are_not_missed(self, store):
        put_lab(store)
        memory = zarr.storage.MemoryStore()
        copy_store(store, open_storage(memory))
        assert check_store(open_storage(memory.with_read_only(True))) == []
