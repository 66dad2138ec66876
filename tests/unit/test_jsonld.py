"""JSON-LD → entities: from any form of it, each thing once."""

import json
import os
import re
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyld import jsonld

from zarr_linked_data.errors import InvalidInputError, InvalidJsonLdError, ZldWarning
from zarr_linked_data.jsonld import Entity, is_iri, local_name, read_entities, with_suffix

CAT = "http://lab.example/terms#"
LAB = "http://lab.example/"
CONTEXT = {
    "@vocab": CAT,
    "lab": LAB,
    "id": "@id",
    "type": "@type",
    "hasSample": {"@type": "@id"},
}
CAMPAIGN = Path(__file__).parents[2] / "data" / "campaign.jsonld"

PROTOTYPE = Path(os.environ.get("ZLD_EXTRA_DATA", "missing")) / "prototype/original_data.jsonld"
needs_the_prototype = pytest.mark.skipif(
    not PROTOTYPE.exists(),
    reason="needs prototype/original_data.jsonld in the folder that ZLD_EXTRA_DATA names",
)


def value(content):
    return [{"@value": content}]


def link(*names):
    return [{"@id": LAB + name} for name in names]


def refused(source, **options):
    with pytest.raises(InvalidJsonLdError) as error:
        read_entities(source, **options)
    message = str(error.value)
    assert "\n" not in message
    return message


def test_reads_expanded_entities_as_they_stand():
    batch = {"@id": LAB + "b", "@type": [CAT + "Batch"], CAT + "z": value(1), CAT + "a": value("x")}
    (entity,) = read_entities([batch])
    assert entity == Entity(
        LAB + "b", (CAT + "Batch",), {CAT + "z": value(1), CAT + "a": value("x")}
    )
    assert list(entity.document()) == ["@id", "@type", CAT + "z", CAT + "a"]
    assert entity.document() == batch


def test_reads_a_file_its_bytes_and_its_document_alike(tmp_path):
    document = {"@context": CONTEXT, "id": "lab:b", "hasSample": ["lab:s1"]}
    path = tmp_path / "a b.jsonld"
    path.write_bytes(b"\xef\xbb\xbf" + orjson.dumps(document))
    expected = (Entity(LAB + "b", (), {CAT + "hasSample": link("s1")}),)
    assert read_entities(path) == expected
    assert read_entities(str(path)) == expected
    assert read_entities(path.read_bytes()) == expected
    assert read_entities(document) == expected


def test_nested_entities_stand_for_themselves_in_the_order_of_the_document():
    document = {
        "@context": CONTEXT,
        "id": "lab:b",
        "zeta": {"id": "lab:s2", "mass": 2},
        "hasSample": [{"id": "lab:s1", "hasSample": {"id": "lab:s3", "mass": 3}}, "lab:s4"],
    }
    entities = read_entities(document)
    assert [local_name(entity.uri) for entity in entities] == ["b", "s2", "s1", "s3"]
    assert [uri for _, uri in entities[0].links()] == [LAB + "s2", LAB + "s1", LAB + "s4"]
    assert entities[2].properties == {CAT + "hasSample": link("s3")}


def test_expanded_nested_entities_are_read_like_compact_ones():
    inner = {"@id": LAB + "s1", CAT + "mass": value(2)}
    document = [{"@id": LAB + "b", CAT + "hasSample": [inner], CAT + "list": [{"@list": [inner]}]}]
    batch, sample = read_entities(document)
    assert batch.properties == {
        CAT + "hasSample": link("s1"),
        CAT + "list": [{"@list": link("s1")}],
    }
    assert sample.properties == {CAT + "mass": value(2)}


def test_things_without_a_uri_stay_nested():
    quantity = {"type": "Quantity", "number": 2.5, "of": {"id": "lab:c", "name": "water"}}
    sample, chemical = read_entities({"@context": CONTEXT, "id": "lab:s", "quantity": quantity})
    nested = {"@type": [CAT + "Quantity"], CAT + "number": value(2.5), CAT + "of": link("c")}
    assert sample.properties == {CAT + "quantity": [nested]}
    assert chemical.properties == {CAT + "name": value("water")}


def test_labelled_blank_nodes_are_nested_where_they_are_pointed_at_first():
    document = [
        {"@id": LAB + "s", CAT + "q": [{"@id": "_:q"}], CAT + "again": [{"@id": "_:q"}]},
        {"@id": "_:q", CAT + "n": value(1), CAT + "me": [{"@id": "_:q"}]},
    ]
    (sample,) = read_entities(document)
    whole = {"@id": "_:q", CAT + "n": value(1), CAT + "me": [{"@id": "_:q"}]}
    assert sample.properties == {CAT + "q": [whole], CAT + "again": [{"@id": "_:q"}]}
    assert list(sample.links()) == []


def test_an_entity_given_several_times_is_merged_without_duplicate_values():
    first = {"@id": LAB + "s", "@type": [CAT + "A"], CAT + "n": [*value(1), *value(1)]}
    again = {
        "@id": LAB + "s",
        "@type": [CAT + "A", CAT + "B"],
        CAT + "n": [*value(1), *value(True)],
    }
    (entity,) = read_entities([first, again, {"@id": LAB + "s", CAT + "n": value(1.0)}])
    assert entity.types == (CAT + "A", CAT + "B")
    assert repr(entity.properties[CAT + "n"]) == repr([*value(1), *value(True), *value(1.0)])


def test_graphs_and_included_nodes_are_flattened():
    graph = {"@context": CONTEXT, "id": "lab:g", "@graph": [{"id": "lab:s1", "n": 1}]}
    included = {"@context": CONTEXT, "id": "lab:b", "n": 1, "@included": {"id": "lab:s2", "n": 2}}
    assert [e.uri for e in read_entities([graph, included])] == [LAB + "s1", LAB + "b", LAB + "s2"]


def test_reverse_properties_become_links_of_the_other_entity():
    reverse = {"@reverse": {"hasSample": [{"id": "lab:b", "name": "first"}, {"id": "lab:c"}]}}
    sample, *batches = read_entities({"@context": CONTEXT, "id": "lab:s", "n": 1, **reverse})
    assert sample.properties == {CAT + "n": value(1)}
    assert [dict(batch.properties) for batch in batches] == [
        {CAT + "name": value("first"), CAT + "hasSample": link("s")},
        {CAT + "hasSample": link("s")},
    ]


def test_links_are_those_to_entities_and_in_ordered_lists():
    listed = {"@list": [{"@id": LAB + "s2"}, {"@value": LAB + "s3"}]}
    entity = Entity(LAB + "b", (), {CAT + "p": [{"@id": LAB + "s1"}, listed, {"@id": "_:q"}]})
    assert list(entity.links()) == [(CAT + "p", LAB + "s1"), (CAT + "p", LAB + "s2")]


def test_numbers_dates_and_languages_keep_their_types():
    date = {"@value": "2024-03-04", "@type": "http://www.w3.org/2001/XMLSchema#date"}
    values = [date, {"@value": "Probe", "@language": "de"}, {"@value": 2.5}, {"@value": False}]
    (entity,) = read_entities({"@id": LAB + "s", CAT + "p": values})
    assert entity.properties[CAT + "p"] == values


def test_what_only_points_defines_nothing():
    assert read_entities([{"@id": LAB + "s"}]) == ()
    assert read_entities({"@context": CONTEXT, "@graph": []}) == ()


def test_entities_do_not_change_with_the_callers_document():
    document = {"@id": LAB + "s", CAT + "n": value(1)}
    (entity,) = read_entities(document)
    document[CAT + "n"].append("more")
    assert entity.properties[CAT + "n"] == value(1)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b'{"@id": 1,}', "line 1, column 10: trailing comma"),
        (b'[\n {"@id": NaN}\n]', "line 2, column 10: "),
        (b"", "line 1, column 1: "),
        (b"\xff\xfe", "line 1, column 1: "),
        (b"[" * 2000, "line 1, column 1026: depth limit exceeded"),
    ],
)
def test_what_is_not_json_is_refused_with_file_line_and_column(tmp_path, content, place):
    path = tmp_path / "x.jsonld"
    path.write_bytes(content)
    message = refused(path)
    assert message.startswith(f"Cannot read {str(path)!r}: it is not JSON at {place}")
    assert refused(content, name="'s3://lab/x'").startswith("Cannot read 's3://lab/x': it is not")


def test_a_document_that_json_cannot_hold_is_refused():
    assert "not JSON: Out of range float" in refused({"@id": LAB + "s", CAT + "n": float("nan")})
    assert "not JSON: Object of type set" in refused([{1}])


@pytest.mark.parametrize("content", [b'"http://x.example/"', b"5", b"null"])
def test_json_that_is_no_object_is_refused_and_not_fetched(content):
    assert "JSON-LD is an object or a list of objects" in refused(content)


@pytest.mark.parametrize(
    "uri", ["sample 1", "s1", "", "http://x.example/a b", "lab:s", "../s", "a:{b}"]
)
def test_relative_and_invalid_uris_are_refused_with_their_value(uri):
    document = {"@id": uri, CAT + "n": value(1)}
    if uri == "lab:s":
        document["@context"] = {"lab": "relative/"}
        assert "'relative/'" in refused(document)
        return
    assert f"the @id {uri!r} is no absolute, valid IRI" in refused(document)
    assert repr(uri) in refused({"@id": LAB + "s", CAT + "p": [{"@id": uri}]})
    assert repr(uri) in refused({"@id": LAB + "s", CAT + "p": [{CAT + "q": [{"@id": uri}]}]})


@pytest.mark.parametrize(
    "node",
    [
        {"name": "nobody"},
        {"id": "_:b", "name": "nobody"},
        {"id": "lab:s", "@reverse": {"hasSample": {"name": "nobody"}}},
        {"id": "lab:s", "@included": {"name": "nobody"}},
        {"id": "lab:s", "p": {"name": "nobody", "@reverse": {"q": {"id": "lab:t"}}}},
    ],
)
def test_a_node_that_would_be_lost_is_refused(node):
    message = refused({"@context": CONTEXT, **node})
    assert re.search(r"Give it (one|an @id|an absolute IRI as @id)\.$", message)
    assert "nobody" in message


def test_a_context_elsewhere_is_refused_and_not_fetched():
    message = refused({"@context": "https://schema.org/", "@id": LAB + "s"})
    assert "refers to 'https://schema.org/', and contexts are not fetched" in message


def test_broken_json_ld_is_refused_with_its_fault():
    assert "invalid @id value" in refused({"@id": 5, CAT + "n": value(1)})
    assert "invalid type value" in refused({"@id": LAB + "s", "@type": [5]})
    assert "invalid value object" in refused(
        {"@id": LAB + "s", CAT + "n": {"@value": 1, "@id": "x"}}
    )
    assert "invalid term definition" in refused({"@context": {"n": 5}, "@id": LAB + "s"})


def test_nesting_that_is_too_deep_is_refused():
    document = {"@id": LAB + "0"}
    for number in range(1, 400):
        document = {"@id": f"{LAB}{number}", "x:p": document}
    assert "nested too deeply. Write each entity by itself" in refused(document)


def test_keys_and_types_without_meaning_are_named_in_a_warning():
    keys = dict.fromkeys("cdefg", 1)
    document = {"@context": {"note": None}, "@id": LAB + "s", "@type": "T", "note": 1, **keys}
    with pytest.warns(ZldWarning, match="'c', 'd', 'e', 'f', 'g' and 1 more") as warning:
        (entity,) = read_entities(document)
    assert warning[0].filename == __file__
    assert entity == Entity(LAB + "s", ("T",), {})


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing.jsonld", "No such file or directory"),
        (".", "Is a directory"),
        ("a\0b", "embedded null byte"),
        ("s3://lab/c.jsonld", "this is a URL, and a path on this machine was expected"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(path, reason):
    with pytest.raises(InvalidInputError) as error:
        read_entities(path)
    assert str(error.value) == f"Cannot read {path!r}: {reason}. Give the path of a JSON-LD file."


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        (LAB + "sample1", "sample1"),
        ("http://lab.example/c#sample1", "sample1"),
        ("urn:lab:sample1", "sample1"),
        (LAB + "a/sample%201//#", "sample 1"),
        (LAB + "a%2Fb", "a/b"),
        (LAB + "x?q=1", "x?q=1"),
        ("sample1", "sample1"),
        ("://", ""),
        ("", ""),
    ],
)
def test_the_name_of_a_uri_is_its_last_segment(uri, name):
    assert local_name(uri) == name


@given(st.text("a1%2/#:é-", max_size=8))
def test_a_suffix_goes_to_the_name(uri):
    if local_name(uri):
        assert local_name(with_suffix(uri, "-2")) == local_name(uri) + "-2"


@pytest.mark.parametrize("text", ["http://é.example/ü", "urn:a:b", "HTTP://x", "a:"])
def test_absolute_iris_are_valid(text):
    assert is_iri(text)


@pytest.mark.parametrize(
    "text", ["", "a", "a b:c", "_:b", "//a", "http://x/%zz", "a:\ud800", "a:<b>"]
)
def test_other_text_is_no_iri(text):
    assert not is_iri(text)


uris = st.sampled_from([LAB + name for name in "abcd"])
scalars = st.sampled_from(
    [{"@value": 1}, {"@value": True}, {"@value": "x"}, {"@value": "x", "@language": "en"}]
)
properties = st.sampled_from([CAT + "p", CAT + "q"])
nodes = st.deferred(
    lambda: st.fixed_dictionaries(
        {"@id": uris},
        optional={
            "@type": st.lists(st.sampled_from([CAT + "T", CAT + "U"]), min_size=1, max_size=2),
            CAT + "p": st.lists(objects, max_size=3),
            CAT + "q": st.lists(objects, max_size=3),
            "@reverse": st.dictionaries(properties, st.lists(nodes, max_size=2), max_size=1),
        },
    )
)
objects = scalars | nodes | uris.map(lambda uri: {"@id": uri})


@given(st.lists(nodes, max_size=4))
def test_merging_is_what_json_ld_flattening_does(document):
    flattened = {node.pop("@id"): node for node in jsonld.flatten(document)}
    found = {entity.uri: entity.document() for entity in read_entities(document)}
    for uri, node in found.items():
        assert node.pop("@id") == uri
    assert in_one_order(found) == in_one_order(flattened)


def in_one_order(nodes):
    return {
        uri: {
            key: sorted(json.dumps(item, sort_keys=True) for item in items)
            for key, items in node.items()
        }
        for uri, node in nodes.items()
    }


@given(st.lists(nodes, max_size=4))
def test_an_expanded_document_is_read_like_its_compact_form(document):
    compact = jsonld.compact(document, CONTEXT, {"graph": True})
    found = [read_entities(form) for form in (document, compact)]
    one, other = ({e.uri: e.document() for e in entities} for entities in found)
    assert in_one_order(without_empty(one)) == in_one_order(without_empty(other))


def without_empty(nodes):
    kept = {uri: {k: v for k, v in node.items() if k != "@id" and v} for uri, node in nodes.items()}
    return {uri: node for uri, node in kept.items() if node}


def test_the_example_campaign_is_real_and_typed():
    entities = {local_name(entity.uri): entity for entity in read_entities(CAMPAIGN)}
    concepts = "http://www.catplus.ch/ontology/concepts/"
    samples = [e for e in entities.values() if concepts + "Sample" in e.types]
    assert len(samples) == 4
    assert all(concepts + "hasDataset" in sample.properties for sample in samples)
    solvent = entities["sample1Solvent"].properties
    assert solvent[concepts + "quantity"] == [
        {"@value": "2.0", "@type": "http://www.w3.org/2001/XMLSchema#decimal"}
    ]
    assert solvent[concepts + "quantityUnit"] == [{"@id": "http://qudt.org/vocab/unit/MilliL"}]
    for entity in entities.values():
        for number in entity.properties.get(concepts + "CASNumber", []):
            *digits, check = map(int, number["@value"].replace("-", ""))
            assert sum(i * d for i, d in enumerate(reversed(digits), 1)) % 10 == check


@needs_the_prototype
def test_reads_the_prototypes_file():
    entities = read_entities(PROTOTYPE)
    assert [local_name(entity.uri) for entity in entities] == [
        *("chemical2", "sample2", "myCampaign", "sample1"),
        *("myBatch", "sampleChemical2", "sampleChemical1", "mySamplePrep"),
    ]
