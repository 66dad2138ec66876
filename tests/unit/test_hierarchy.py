"""Entities → a tree of paths: where each lies, and what makes no tree."""

import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zarr_linked_data.errors import InvalidInputError, InvalidJsonLdError
from zarr_linked_data.hierarchy import build_tree, select_level
from zarr_linked_data.jsonld import Entity, local_name, read_entities

CAT = "http://lab.example/terms#"
LAB = "http://lab.example/"
LEVELS = ("Campaign", "Batch", "SamplePreparation", "Sample", "SampleChemical", "Chemical")
CAMPAIGN = Path(__file__).parents[2] / "data" / "campaign.jsonld"

PROTOTYPE = Path(os.environ.get("ZLD_EXTRA_DATA", "missing")) / "prototype/original_data.jsonld"
needs_the_prototype = pytest.mark.skipif(
    not PROTOTYPE.exists(),
    reason="needs prototype/original_data.jsonld in the folder that ZLD_EXTRA_DATA names",
)


def entity(name, /, *parts, kind="", **links):
    """Give an entity with its parts, and other links: the names of their targets, in one string."""
    named = {"hasPart": " ".join(parts), **links}
    properties = {
        CAT + key: [{"@id": LAB + target} for target in targets.split()]
        for key, targets in named.items()
        if targets
    }
    return Entity(LAB + name, (CAT + kind,) if kind else (), properties)


def everywhere(_):
    return True


def paths(tree):
    """Give each path, an array's after its group's with a colon."""
    return [path for place in tree for path in (place.path, *(f":{a.path}" for a in place.arrays))]


def refused(*entities, **options):
    with pytest.raises(InvalidJsonLdError) as error:
        build_tree(entities, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_the_entity_that_nobody_points_at_is_the_root():
    tree = build_tree([entity("b"), entity("a", "b")])
    assert [(place.path, place.uri) for place in tree] == [("", LAB + "a"), ("b", LAB + "b")]


def test_parents_come_before_children_depth_first_in_the_order_of_the_document():
    tree = build_tree(
        [entity("z"), entity("r", "c", "a"), entity("c", "z", "y"), entity("a"), entity("y")]
    )
    assert paths(tree) == ["", "c", "c/z", "c/y", "a"]


def test_each_place_has_the_entitys_document():
    (place,) = build_tree([Entity(LAB + "a", (CAT + "T",), {CAT + "n": [{"@value": 1}]})])
    assert place.document == {"@id": LAB + "a", "@type": [CAT + "T"], CAT + "n": [{"@value": 1}]}


def test_what_is_pointed_at_but_not_described_gets_a_group_with_its_uri_only():
    _, place = build_tree([entity("a", "b")], has_array=everywhere)
    assert place == ("b", LAB + "b", {"@id": LAB + "b"}, ())


def test_what_several_contain_is_placed_once_below_the_first():
    tree = build_tree([entity("r", "x", "y"), entity("y", "s"), entity("x", "s"), entity("s", "t")])
    assert paths(tree) == ["", "x", "x/s", "x/s/t", "y"]
    assert tree.places[-1].document == entity("y", "s").document()


def test_only_properties_that_begin_with_has_make_the_tree():
    tree = build_tree([entity("r", "x"), entity("x", isPartOf="r", hasData="d", of="nowhere")])
    assert paths(tree) == ["", "x", "x/d"]


@pytest.mark.parametrize("name", ["contains", CAT + "contains"])
def test_links_can_be_named_by_local_name_or_iri(name):
    tree = build_tree([entity("r", "not", contains="x"), entity("x")], links=[name])
    assert paths(tree) == ["", "x"]


def test_links_in_an_ordered_list_count():
    parts = {CAT + "hasPart": [{"@list": [{"@id": LAB + "b"}, {"@id": LAB + "a"}]}]}
    assert paths(build_tree([Entity(LAB + "r", (), parts)])) == ["", "b", "a"]


def test_a_hierarchy_of_types_follows_any_property():
    entities = [
        entity("r", kind="Campaign", batches="b", hasPerson="p", about="nowhere"),
        entity("b", kind="Batch", samples="s1 s2", campaign="r"),
        entity("s1", kind="Sample", next="s2"),
        entity("s2", kind="Sample"),
    ]
    tree = build_tree(entities, hierarchy=["Campaign", CAT + "Batch", "Sample"])
    assert paths(tree) == ["", "b", "b/s1", "b/s2", "p"]
    named = build_tree(
        entities, hierarchy=["Campaign", "Batch", "Sample"], links=["batches", "samples"]
    )
    assert paths(named) == ["", "b", "b/s1", "b/s2"]


def test_a_hierarchy_may_have_a_type_twice():
    entities = [entity("s", kind="Set"), entity("r", kind="Set", sets="s")]
    assert paths(build_tree(entities, hierarchy=["Set", "Set"])) == ["", "s"]


def test_arrays_are_named_by_their_own_uris():
    sample = entity("s", hasDataset="raw blank")
    tree = build_tree([entity("r", "s"), sample], has_array=lambda e: e.uri == LAB + "s")
    assert paths(tree) == ["", "s", ":s/raw", ":s/blank"]
    assert tree.places[1].arrays[0] == ("s/raw", LAB + "raw", {"@id": LAB + "raw"})


def test_an_array_that_nothing_points_at_is_named_after_its_entity():
    tree = build_tree([entity("r", "s/"), entity("s/")], has_array=everywhere)
    assert paths(tree) == ["", ":rDataset", "s", ":s/sDataset"]
    assert tree.places[1].arrays[0].uri == LAB + "sDataset/"


def test_a_described_dataset_is_the_arrays_document_and_no_group():
    data = Entity(LAB + "d", (), {CAT + "unit": [{"@value": "g"}]})
    entities = [data, entity("r", "d", hasDataset="d")]
    tree = build_tree(entities, has_array=everywhere)
    assert paths(tree) == ["", ":d"]
    assert tree.places[0].arrays[0].document == data.document()
    without = build_tree(entities)
    assert paths(without) == [""]
    assert without.unplaced == (data,)


def test_a_dataset_that_several_share_is_placed_once():
    entities = [entity("r", "x", "y"), entity("x", hasDataset="d"), entity("y", hasDataset="d")]
    tree = build_tree(entities, has_array=lambda e: e.uri != LAB + "r")
    assert paths(tree) == ["", "x", ":x/d", "y"]


def test_the_dataset_link_can_have_another_name():
    tree = build_tree([entity("r", hasFile="f")], dataset_link="hasFile", has_array=everywhere)
    assert paths(tree) == ["", ":f"]


@pytest.mark.parametrize("level", ["Sample", CAT + "Sample"])
def test_a_level_is_a_type_by_local_name_or_iri(level):
    sample, other = entity("s", kind="Sample"), entity("o", kind="Samples")
    is_at_level = select_level([sample, other], level)
    assert [is_at_level(sample), is_at_level(other)] == [True, False]


def test_a_level_that_no_entity_has_is_refused_with_those_there_are():
    with pytest.raises(
        InvalidJsonLdError,
        match=r"type 'Sampel'\. The types found are 'Sample': give one of these as the level",
    ):
        select_level([entity("s", kind="Sample")], "Sampel")


def test_names_are_whole_segments():
    tree = build_tree([entity("r", "sample10", "sample1"), entity("sample1", "x")])
    assert paths(tree) == ["", "sample10", "sample1", "sample1/x"]


def test_a_cycle_is_refused_and_shown():
    message = refused(entity("r", "a"), entity("a", "b"), entity("b", "c"), entity("c", "a"))
    assert (
        f"The links make a cycle: {LAB}a → {LAB}b → {LAB}c → {LAB}a. A store is a tree" in message
    )
    assert "--link" in message
    assert f"cycle: {LAB}a → {LAB}a." in refused(entity("a", "a"))


def test_a_long_cycle_is_shown_from_both_ends():
    ring = [entity(f"n{i}", f"n{(i + 1) % 20}") for i in range(20)]
    assert f"{LAB}n3 → (13 more) → {LAB}n17 → " in refused(*ring)


def test_nothing_is_refused():
    assert "No entity was found, and a store needs one at its root" in refused()


def test_a_hierarchy_without_a_root_is_refused_with_the_types_there_are():
    message = refused(entity("a", kind="Batch"), hierarchy=["Campaign", "Batch"])
    assert message.startswith("No entity can be the root: ")
    assert message.endswith("The types found are 'Batch'.")


def test_several_roots_are_refused_by_name_with_the_way_out():
    message = refused(*(entity(name) for name in "abcdefg"))
    assert f"nothing points at 7 entities: '{LAB}a', " in message
    assert message.endswith(
        f"'{LAB}e' and 2 more. Name the properties that make the tree with --link, "
        "or its types with --hierarchy."
    )


def test_an_entity_at_no_place_is_refused():
    entities = [entity("r", "x", kind="Campaign"), entity("x", kind="Person")]
    message = refused(*entities, hierarchy=["Campaign", "Batch"])
    assert message.startswith(f"The tree has no place for 1 of 2 entities: '{LAB}x'. Add")


def test_two_children_of_one_name_are_refused_with_both_uris():
    message = refused(entity("r", "a/s", "b/s"))
    assert message.startswith(f"'{LAB}a/s' and '{LAB}b/s' would both be at 's'")
    assert "'d'" in refused(entity("r", "x/d", hasDataset="y/d"), has_array=everywhere)
    assert paths(build_tree([entity("r", "a/s", "b"), entity("b", "b/s")])) == ["", "s", "b", "b/s"]


@pytest.mark.parametrize(
    "entities",
    [
        [entity("r", "x", "y"), entity("x"), entity("y", "xDataset"), entity("xDataset")],
        [entity("r", "x", "y"), entity("x"), entity("y", "xDataset")],
        [entity("r", "y", "x"), entity("x"), entity("y", "xDataset")],
        [entity("r", "x", "y"), entity("x"), entity("y", hasDataset="xDataset")],
        [entity("r", "x"), entity("x", "xDataset")],
    ],
)
def test_an_array_may_not_get_the_uri_of_something_else(entities):
    message = refused(*entities, has_array=lambda e: e.uri != LAB + "r")
    assert message.startswith(f"An array would get the URI '{LAB}xDataset', after its entity, and")
    assert message.endswith("Let the entity point at its array, as with hasDataset.")


@pytest.mark.parametrize(
    ("segment", "reason"),
    [
        ("..", "has nothing but dots"),
        ("%2E", "has nothing but dots"),
        ("...", "has nothing but dots"),
        ("%2F", "contains a character"),
        ("a%5Cb", "contains a character"),
        ("a%00", "contains a character"),
        ("__zld", "begins with '__'"),
        ("zarr.json", "name of a metadata document"),
        (".zgroup", "name of a metadata document"),
        (".zarray", "name of a metadata document"),
        (".zattrs", "name of a metadata document"),
        (".all_metadata", "name of a metadata document"),
        ("é" * 128, "is too long"),
    ],
)
def test_names_that_zarr_forbids_are_refused(segment, reason):
    message = refused(entity("r", segment))
    assert message.startswith(f"The entity {LAB + segment!r} cannot be a node of a store: its name")
    assert reason in message
    assert reason in refused(entity("r", hasDataset=segment), has_array=everywhere)


@pytest.mark.parametrize("segment", ["a b", "ü", "a(b)[c]*", ".hidden", "_x", "c", "x" * 255])
def test_other_names_are_taken_as_they_are(segment):
    escaped = segment.replace(" ", "%20")
    assert paths(build_tree([entity("r", escaped)])) == ["", segment]


def test_a_chain_of_thousands_is_no_trouble():
    chain = [entity(f"n{i}", f"n{i + 1}") for i in range(5000)]
    assert build_tree(chain).places[-1].path.count("/") == 4999
    assert "(4994 more)" in refused(*chain, entity("n5000", "n0"))


def copies_of(number, *entities, **options):
    tree = build_tree(entities, **options)
    places = list(tree.copied(number))
    assert sum(1 + len(place.arrays) for place in places) == tree.count(number)
    return places


def test_copies_repeat_all_below_the_root_with_new_names_and_uris():
    _, b, s, b2, s2 = copies_of(
        2, entity("r", "b"), entity("b", "s/"), entity("s/"), has_array=lambda e: e.uri != LAB + "r"
    )
    assert [b.path, s.path, b2.path, s2.path] == ["b", "b/s", "b-2", "b-2/s-2"]
    assert [b2.uri, s2.uri] == [LAB + "b-2", LAB + "s-2/"]
    assert s2.arrays[0][:2] == ("b-2/s-2/sDataset-2", LAB + "sDataset-2/")
    assert s2.document["@id"] == LAB + "s-2/"
    assert s2.arrays[0].document == {"@id": LAB + "sDataset-2/"}


def test_links_between_copied_entities_change_and_others_do_not():
    links = {"hasDataset": "d{0}", "of": "r rootData", "like": "s{0}", "see": "outside s{0}"}

    def sample(suffix):
        return entity("s" + suffix, **{key: names.format(suffix) for key, names in links.items()})

    *_, copy = copies_of(2, entity("r", "s", hasDataset="rootData"), sample(""))
    assert copy.document == sample("-2").document()


def test_links_in_lists_and_nested_things_change_too():
    def part(name):
        value = {"@value": LAB + "s", "@type": CAT + "x"}
        listed = {"@list": [{"@id": LAB + name}, value]}
        return {CAT + "x": [value, listed, {CAT + "y": [{"@id": LAB + name}]}]}

    *_, copy = copies_of(3, entity("r", "s"), Entity(LAB + "s", (CAT + "T",), part("s")))
    assert copy.document == {"@id": LAB + "s-3", "@type": [CAT + "T"], **part("s-3")}


def test_the_root_stays_one_and_points_at_all_copies():
    ordered = {CAT + "hasX": [{"@list": [{"@id": LAB + "c"}]}]}
    plain = entity("r", "a", "b", hasDataset="d", see="outside").properties
    root, *_ = copies_of(3, Entity(LAB + "r", (), {**plain, **ordered}), has_array=everywhere)
    expected = entity("r", "a", "b", "a-2", "b-2", "a-3", "b-3", hasDataset="d", see="outside")
    assert root.document[CAT + "hasPart"] == expected.properties[CAT + "hasPart"]
    assert root.document[CAT + "hasDataset"] == [{"@id": LAB + "d"}]
    assert root.document[CAT + "hasX"] == [
        {"@list": [{"@id": LAB + n} for n in ("c", "c-2", "c-3")]}
    ]
    assert [array.path for array in root.arrays] == ["d"]


def test_one_copy_is_the_tree_itself():
    tree = build_tree(read_entities(CAMPAIGN))
    assert list(tree.copied(1)) == list(tree)


@pytest.mark.parametrize(
    ("entities", "copies", "clash"),
    [
        ([entity("r", "a", "x/a-3")], 3, ("a", "x/a-3")),
        ([entity("r", "b"), entity("b", "c"), entity("c", "b-2")], 2, ("b", "b-2")),
        ([entity("r-2", "r")], 2, ("r", "r-2")),
        ([entity("r", "a", hasDataset="x/a-2")], 2, ("a", "a-2")),
        ([entity("r", "s"), entity("s", hasDataset="s-2")], 2, ("s", "s-2")),
    ],
)
def test_copies_that_would_be_named_like_something_else_are_refused(entities, copies, clash):
    tree = build_tree(entities, has_array=lambda e: e.uri == LAB + "r")
    assert len(list(tree.copied(copies - 1))) > 0
    with pytest.raises(InvalidJsonLdError, match="Give one of them another") as error:
        tree.copied(copies)
    assert f"A copy of '{LAB}{clash[0]}' would be named like '" in str(error.value)
    assert f"{clash[1]}'" in str(error.value)


def test_copies_whose_names_would_be_too_long_are_refused():
    tree = build_tree([entity("r", "x" * 253)])
    tree.copied(9)
    with pytest.raises(
        InvalidJsonLdError, match=r"The names of the copies of .* would be too long"
    ):
        tree.copied(10)


@pytest.mark.parametrize("copies", [0, -1])
def test_less_than_one_copy_is_refused(copies):
    with pytest.raises(InvalidInputError, match=f"^{copies} copies were asked for"):
        build_tree([entity("r")]).copied(copies)


def test_copies_are_made_as_they_are_asked_for():
    places = build_tree(read_entities(CAMPAIGN)).copied(1000)
    tracemalloc.start()
    next(places)
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    assert sum(1 for _ in places) == 21_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - before < 500_000


trees = st.integers(2, 12).flatmap(
    lambda size: st.tuples(*(st.integers(0, max(number - 1, 0)) for number in range(1, size)))
)


@given(trees, st.randoms())
def test_every_entity_is_placed_once_below_what_points_at_it(parents, random):
    names = [f"n{number}" for number in range(len(parents) + 1)]
    entities = [
        entity(name, *(names[i] for i, parent in enumerate(parents, 1) if names[parent] == name))
        for name in names
    ]
    random.shuffle(entities)
    found = {place.uri: place.path for place in build_tree(entities)}
    assert sorted(found) == sorted(LAB + name for name in names)
    for number, parent in enumerate(parents, 1):
        above = found[LAB + names[parent]]
        assert found[LAB + names[number]] == f"{above}/{names[number]}".lstrip("/")
    assert [path for path in found.values() if path.rpartition("/")[0] not in found.values()] == []


EXPECTED = [
    "",
    "myBatch",
    "myBatch/mySamplePrep",
    "myBatch/mySamplePrep/sample1",
    ":myBatch/mySamplePrep/sample1/sample1Dataset",
    "myBatch/mySamplePrep/sample1/sampleChemical1",
    "myBatch/mySamplePrep/sample1/sampleChemical1/chemical1",
    "myBatch/mySamplePrep/sample2",
    ":myBatch/mySamplePrep/sample2/sample2Dataset",
    "myBatch/mySamplePrep/sample2/sampleChemical2",
    "myBatch/mySamplePrep/sample2/sampleChemical2/chemical2",
]


@needs_the_prototype
@pytest.mark.parametrize("hierarchy", [(), LEVELS])
def test_the_prototypes_file_makes_its_tree(hierarchy):
    entities = read_entities(PROTOTYPE)
    tree = build_tree(entities, hierarchy=hierarchy, has_array=select_level(entities, "Sample"))
    assert paths(tree) == EXPECTED
    assert local_name(tree.places[0].uri) == "myCampaign"


@pytest.mark.parametrize("hierarchy", [(), LEVELS])
def test_the_example_campaign_makes_a_tree(hierarchy):
    entities = read_entities(CAMPAIGN)
    tree = build_tree(entities, hierarchy=hierarchy, has_array=select_level(entities, "Sample"))
    assert [len(place.arrays) for place in tree].count(1) == 4
    assert [place.path for place in tree if place.path.endswith("dioxane")] == [
        "batch1/preparation1/sample1/sample1Solvent/dioxane"
    ]
