"""What a check finds in the JSON-LD of nodes: their URIs, links and keys."""

import random

import numpy as np
import pytest

import zarr_linked_data as zld
from tests.findings import found, new_store
from tests.rounds import ROUNDS
from tests.stores import EX, put_array, put_group
from zarr_linked_data.check import check_store
from zarr_linked_data.consolidate import Options, consolidate
from zarr_linked_data.storage import open_storage


@pytest.fixture
def store(tmp_path):
    return new_store(tmp_path)


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
