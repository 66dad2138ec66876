"""What a check finds in documents and folders: broken, misplaced, or not to be read."""

import os

import numpy as np
import orjson
import pytest
from obstore.store import MemoryStore

from tests.findings import found, new_store
from tests.stores import EX, put_array, put_group, put_lab
from zarr_linked_data.check import check_store
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.storage import open_storage
from zarr_linked_data.transfer import copy_store


@pytest.fixture
def store(tmp_path):
    return new_store(tmp_path)


class TestDocuments:
    @pytest.mark.parametrize(
        ("data", "says"),
        [
            (b"", "it is empty"),
            (b'{"zarr_format": 3', "it is not JSON"),
            (b"[]", "instead of an object"),
            (b'{"zarr_format": 3, "node_type": "grupo"}', "node_type"),
            (b'{"zarr_format": 3, "node_type": "array"}', "data_type"),
        ],
    )
    def test_that_cannot_be_read_are_named_and_the_rest_is_checked(self, store, data, says):
        put_group(store, "a")
        put_group(store, "a/b", {"@id": "relative"})
        store.write("a/zarr.json", data)
        findings = check_store(store)
        assert [f.path for f in findings if f.kind != "stale-metadata"] == ["a", "a/b"]
        (broken,) = [f for f in findings if f.kind == "broken-document"]
        assert "Cannot read 'a/zarr.json': " in broken.message
        assert says in broken.message

    def test_of_the_root_too(self, store):
        store.write("zarr.json", b"{")
        assert found(store, "broken-document")[0].path == ""

    @pytest.mark.parametrize(
        "attributes",
        [
            {"@context": "https://schema.org/"},
            {"@context": {"a": 5}},
            {"@id": 5},
            {"@id": f"{EX}a", "@type": [5]},
        ],
    )
    def test_with_broken_jsonld_are_named(self, store, attributes):
        put_group(store, "a", attributes)
        (finding,) = found(store, "broken-jsonld")
        assert finding.path == "a"
        assert "The JSON-LD of 'a' is wrong: " in finding.message

    def test_with_bare_constants_are_named(self, store):
        text = b'{"zarr_format": 3, "node_type": "group", "attributes": {"http://e.org/x": NaN}}'
        store.write("a/zarr.json", text.replace(b'"http', b'"@id": "urn:x:a", "http'))
        (finding,) = found(store, "not-json-constants")
        assert "'a/zarr.json' holds bare NaN or Infinity" in finding.message

    def test_of_two_formats_are_named(self, store):
        put_group(store, "a", {"@id": f"{EX}a"})
        put_group(store, "a", {"@id": f"{EX}other"}, zarr_format=2)
        (finding,) = found(store, "both-formats")
        assert "There is '.zattrs', '.zgroup' beside the documents of format 3" in finding.message

    def test_of_two_kinds_are_named(self, tmp_path):
        storage = open_storage(tmp_path / "lab.zarr", create=True)
        put_group(storage, "", zarr_format=2)
        put_array(storage, "a", np.zeros(3), zarr_format=2)
        put_group(storage, "a", zarr_format=2)
        (finding,) = found(storage, "both-kinds")
        assert (finding.path, "it is taken for an array" in finding.message) == ("a", True)

    def test_with_names_of_zarr_s_own_are_named(self, store):
        put_group(store, "__cache")
        put_group(store, "a/...")
        put_group(store, "a")
        assert [f.path for f in found(store, "bad-name")] == ["__cache", "a/..."]


class TestUnreachable:
    def test_below_a_folder_without_a_document(self, store):
        put_group(store, "a/b/c")
        put_array(store, "a/b/d", np.zeros(3))
        findings = found(store, "unreachable")
        assert [finding.path for finding in findings] == ["a/b/c", "a/b/d"]
        assert "There is 'zarr.json', and yet 'a/b/c' is no node" in findings[0].message
        assert "the folder 'a' above it has no 'zarr.json'" in findings[0].message

    @pytest.mark.parametrize("zarr_format", [2, 3])
    def test_below_an_array(self, tmp_path, zarr_format):
        storage = open_storage(tmp_path / "lab.zarr", create=True)
        put_group(storage, "", zarr_format=zarr_format)
        put_array(storage, "a", np.zeros((3, 3)), zarr_format=zarr_format)
        put_group(storage, "a/notes/b", zarr_format=zarr_format)
        (finding,) = found(storage, "unreachable")
        assert finding.path == "a/notes/b"
        assert "it lies below the array 'a'" in finding.message

    @pytest.mark.parametrize(("mine", "other"), [(2, 3), (3, 2)])
    def test_of_the_other_format(self, tmp_path, mine, other):
        storage = open_storage(tmp_path / "lab.zarr", create=True)
        put_group(storage, "", zarr_format=mine)
        put_group(storage, "a", zarr_format=other)
        (finding,) = found(storage, "unreachable")
        assert f"it is of Zarr format {other}, and the store of format {mine}" in finding.message

    def test_attributes_by_themselves(self, tmp_path):
        storage = open_storage(tmp_path / "lab.zarr", create=True)
        put_group(storage, "", zarr_format=2)
        storage.write("a/.zattrs", b"{}")
        assert "neither '.zgroup' nor '.zarray'" in found(storage, "unreachable")[0].message

    def test_is_found_in_object_stores_too(self, store):
        put_group(store, "a/b")
        put_array(store, "c", np.zeros(3))
        put_group(store, "c/d")
        bucket = open_storage(MemoryStore())
        copy_store(store, bucket)
        assert [f.path for f in found(bucket, "unreachable")] == ["a/b", "c/d"]

    def test_is_found_in_object_stores_with_many_chunks(self, store):
        put_group(store, "a/b")
        put_array(store, "c", np.zeros(3))
        put_group(store, "c/d")
        bucket = open_storage(MemoryStore())
        copy_store(store, bucket)
        for number in range(2_100):
            bucket.write(f"c/c/{number}", b"")
        assert [f.path for f in found(bucket, "unreachable")] == ["a/b", "c/d"]


class TestFolders:
    def test_that_cannot_be_listed_are_named_and_the_rest_is_checked(self, store, as_nobody):
        put_lab(store)
        put_group(store, "sample3", {"@id": "relative"})
        consolidate(store)
        (store.root / "sample2").chmod(0)
        printed = as_nobody(
            "from zarr_linked_data.check import check_store\n"
            "from zarr_linked_data.storage import open_storage\n"
            f"for f in check_store(open_storage({store.url!r})): print(f.path, f.kind, f.message)\n"
        )
        (store.root / "sample2").chmod(0o755)
        assert "sample2 unlistable Cannot list 'sample2'" in printed
        assert "sample3 invalid-iri" in printed
        assert "removed" not in printed

    def test_whose_document_cannot_be_read_are_named(self, store, as_nobody):
        put_lab(store)
        consolidate(store)
        (store.root / "sample2" / "zarr.json").chmod(0)
        printed = as_nobody(
            "from zarr_linked_data.check import check_store\n"
            "from zarr_linked_data.storage import open_storage\n"
            f"for f in check_store(open_storage({store.url!r})): print(f.path, f.kind, f.message)\n"
        )
        assert "sample2 unreadable Cannot read 'sample2/zarr.json'" in printed
        assert "stale-metadata" not in printed

    def test_that_lead_back_to_themselves_are_named(self, store):
        put_group(store, "a")
        (store.root / "a" / "loop").symlink_to(store.root)
        (finding,) = found(store, "unlistable")
        assert finding.path == "a/loop"
        assert "leads back to a folder that holds it. Remove the link." in finding.message

    def test_whose_names_are_no_text_are_named(self, store):
        (store.root / os.fsdecode(b"a\xff")).mkdir()
        (finding,) = found(store, "bad-name")
        assert finding.path == "a\\xff"
        assert "is not UTF-8. Rename the folder." in finding.message
        assert orjson.dumps(finding)
