"""What a check finds: each kind, in stores with one thing wrong, and nothing in a clean one."""

import os
import random
from pathlib import Path

import numpy as np
import orjson
import pytest
import zarr
from obstore.store import MemoryStore

import zarr_linked_data as zld
from tests.rounds import ROUNDS
from tests.stores import EX, put_array, put_group, put_lab
from zarr_linked_data.check import KINDS, check_store
from zarr_linked_data.consolidate import Options, consolidate
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
    """A folder with an empty root group."""
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_group(storage, "", {"@id": f"{EX}campaign"})
    return storage


def found(storage, kind, **options):
    """The findings of one kind; beside them there is none but of stale metadata."""
    findings = check_store(storage, **options)
    assert {finding.kind for finding in findings} <= {kind, "stale-metadata"}
    for finding in findings:
        assert "\n" not in finding.message
        assert finding.message.endswith(".")
    return [finding for finding in findings if finding.kind == kind]


def stale(storage):
    """The one message about the consolidated metadata."""
    (finding,) = found(storage, "stale-metadata")
    assert finding.path == ""
    return finding.message


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


class TestUris:
    def test_that_several_nodes_have_are_named_at_each(self, store):
        for path in ("a", "b", "c", "d", "e"):
            put_group(store, path, {"@id": f"{EX}sample1"})
        findings = found(store, "duplicate-uri")
        assert [finding.path for finding in findings] == ["a", "b", "c", "d", "e"]
        assert {finding.uri for finding in findings} == {f"{EX}sample1"}
        assert "'b', 'c', 'd' and 1 more" in findings[0].message
        assert "'a', 'b', 'c' and 1 more" in findings[4].message

    def test_that_a_group_gives_to_its_array_count_too(self, store):
        put_group(store, "a", {"@id": f"{EX}a", f"{EX}hasDataset": [{"@id": f"{EX}data"}]})
        put_array(store, "a/data", np.zeros(3))
        put_group(store, "b", {"@id": f"{EX}data"})
        assert [f.path for f in found(store, "duplicate-uri")] == ["a/data", "b"]

    @pytest.mark.parametrize("uri", ["sample1", "http://lab.example/a b", "", "_:b0"])
    def test_that_are_no_iris_are_named(self, store, uri):
        put_group(store, "a", {"@id": uri})
        (finding,) = found(store, "invalid-iri")
        assert (finding.path, finding.uri) == ("a", uri)
        assert f"The URI {uri!r} is no absolute, valid IRI" in finding.message
        assert "Correct its @id, or give its prefix or @base in a @context." in finding.message

    def test_are_expanded_by_the_context_of_the_groups_above(self, store):
        put_group(store, "a", {"@context": {"ex": EX}, "@id": "ex:a"})
        put_group(store, "a/b", {"@id": "ex:b"})
        put_group(store, "c", {"@id": f"{EX}b"})
        assert [f.path for f in found(store, "duplicate-uri")] == ["a/b", "c"]

    def test_of_types_that_are_no_iris_are_named(self, store):
        put_group(store, "a", {"@id": f"{EX}a", "@type": ["Sample"]})
        (finding,) = found(store, "invalid-iri")
        assert "The type of 'a' is 'Sample', which is no absolute" in finding.message
        assert finding.uri == f"{EX}a"

    def test_of_links_that_are_no_iris_are_named(self, store):
        put_group(store, "a", {"@id": f"{EX}a", f"{EX}hasPart": {"@id": "part 1"}})
        (finding,) = found(store, "invalid-iri")
        assert "The link 'hasPart' of 'a' is 'part 1', which is no" in finding.message

    def test_are_missed_where_a_node_has_properties(self, store):
        put_group(store, "a", {f"{EX}name": "acetone"})
        put_array(store, "b", np.zeros(3), {"@type": f"{EX}Measurement"})
        findings = found(store, "no-uri")
        assert [finding.path for finding in findings] == ["a", "b"]
        assert "nothing can find it by a URI. Give it an @id." in findings[0].message

    def test_are_not_missed_where_a_node_says_nothing(self, store):
        put_group(store, "a")
        put_array(store, "a/b", np.zeros(3))
        put_array(store, "a/c", np.zeros(3), {"_ARRAY_DIMENSIONS": ["x"]})
        assert found(store, "no-uri") == []

    def test_are_not_missed_where_a_group_gives_them(self, store):
        put_group(store, "a", {"@id": f"{EX}a", f"{EX}hasDataset": [{"@id": f"{EX}other"}]})
        put_array(store, "a/data", np.zeros(3), {f"{EX}name": "spectrum"})
        assert found(store, "no-uri") == []


class TestLinks:
    def test_to_no_node_are_named(self, store):
        put_group(store, "a", {"@id": f"{EX}a", f"{EX}hasPart": [{"@id": f"{EX}gone"}]})
        (finding,) = found(store, "dangling-link")
        assert (finding.path, finding.uri) == ("a", f"{EX}a")
        assert f"The link 'hasPart' points at '{EX}gone', and no node has that URI." in (
            finding.message
        )
        assert "Correct it, or add what it names." in finding.message

    def test_by_terms_of_a_context_are_read(self, store):
        context = {"hasPart": {"@id": f"{EX}hasPart", "@type": "@id"}, "ex": EX}
        put_group(store, "a", {"@context": context, "@id": "ex:a", "hasPart": "ex:gone"})
        (finding,) = found(store, "dangling-link")
        assert f"{EX}gone" in finding.message

    def test_to_nodes_before_and_after_are_fine(self, store):
        for one, other in (("a", "b"), ("b", "a")):
            put_group(store, one, {"@id": EX + one, f"{EX}hasPart": [{"@id": EX + other}]})
        assert found(store, "dangling-link") == []

    @pytest.mark.parametrize(
        ("name", "target"),
        [
            ("hasUnit", "http://qudt.org/vocab/unit/GRAM"),  # of somebody else
            ("seeAlso", f"{EX}gone"),  # no part of the store's tree
        ],
    )
    def test_that_were_never_meant_to_lead_to_nodes_are_fine(self, store, name, target):
        put_group(store, "a", {"@id": f"{EX}a", EX + name: [{"@id": target}]})
        assert found(store, "dangling-link") == []

    def test_to_datasets_must_lead_to_nodes_wherever_those_are(self, store):
        link = [{"@id": "https://elsewhere.example/data"}]
        put_group(store, "a", {"@id": f"{EX}a", f"{EX}hasDataset": link})
        assert [f.path for f in found(store, "dangling-link")] == ["a"]

    def test_to_datasets_may_have_another_name(self, store):
        put_group(store, "a", {"@id": f"{EX}a", f"{EX}measured": [{"@id": f"{EX}gone"}]})
        assert found(store, "dangling-link") == []
        assert found(store, "dangling-link", dataset_link="measured")
        consolidate(store, options=Options(dataset_link="measured"))
        assert found(store, "dangling-link")


class TestKeys:
    def test_without_meaning_are_listed_once_a_node(self, store):
        put_group(store, "a", {"@id": f"{EX}a", "operator": "Ada", "lamp": 3, f"{EX}x": 1})
        (finding,) = found(store, "meaningless-key")
        assert (finding.path, finding.uri) == ("a", f"{EX}a")
        assert "The keys 'operator', 'lamp' mean nothing to JSON-LD" in finding.message
        assert "Give each an IRI in a @context, or null" in finding.message

    @pytest.mark.parametrize("value", [f"{EX}operator", None])
    def test_that_a_context_above_knows_are_fine(self, store, value):
        put_group(store, "", {"@context": {"operator": value}, "@id": f"{EX}campaign"})
        put_group(store, "a", {"@id": f"{EX}a", "operator": "Ada"})
        assert found(store, "meaningless-key") == []

    def test_under_a_vocabulary_are_fine(self, store):
        put_group(store, "a", {"@context": {"@vocab": EX}, "@id": f"{EX}a", "operator": "Ada"})
        assert found(store, "meaningless-key") == []

    def test_that_a_type_s_own_context_knows_are_fine(self, store):
        scoped = {"Sample": {"@id": f"{EX}Sample", "@context": {"lamp": f"{EX}lamp"}}}
        put_group(store, "a", {"@context": scoped, "@id": f"{EX}a", "@type": "Sample", "lamp": 1})
        assert found(store, "meaningless-key") == []

    def test_that_look_like_keywords_and_are_none_are_listed(self, store):
        put_group(store, "a", {"@id": f"{EX}a", "@ident": "x"})
        assert "'@ident'" in found(store, "meaningless-key")[0].message

    def test_of_plots_and_tables_are_told_once_for_the_store(self, store):
        for path in ("a", "b"):
            put_array(store, path, np.zeros(3), {"units": "mV", "long_name": "signal"})
        (finding,) = found(store, "meaningless-key")
        assert finding.path == ""
        assert "'long_name' (2 nodes, first 'a'), 'units' (2 nodes, first 'a')" in finding.message


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


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_uris_are_those_that_look_ups_give(tmp_path, seed):
    choose = random.Random(seed)
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_group(storage, "")
    uris = [f"{EX}{name}" for name in ("a0", "a1", "x", "y")]
    for group in ("a", "b", "c"):
        links = [{"@id": uri} for uri in choose.sample(uris, choose.randint(0, 2))]
        put_group(storage, group, {f"{EX}hasDataset": links} if links else {})
        for number in range(choose.randint(0, 2)):
            own = {"@id": choose.choice(uris)} if choose.random() < 0.3 else {f"{EX}p": 1}
            put_array(storage, f"{group}/a{number}", np.zeros(1), own)
    consolidate(storage)
    lab = zld.open(storage)
    nodes = list(lab.catalogue.index.nodes())
    given = [node.uri for node in nodes if node.uri]
    findings = check_store(storage)
    assert {f.path for f in findings if f.kind == "duplicate-uri"} == {
        node.path for node in nodes if given.count(node.uri) > 1
    }
    arrays_without = {node.path for node in nodes if node.kind == "array" and not node.uri}
    assert arrays_without == {f.path for f in findings if f.kind == "no-uri" and "/" in f.path}
