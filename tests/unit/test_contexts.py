"""What the attributes of a node say of it, under the contexts of the groups above it."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pyld import jsonld

from zarr_linked_data.errors import InvalidJsonLdError
from zarr_linked_data.jsonld import Context, Description, child_context, describe, local_name

CAT = "http://lab.example/terms#"
DATA = CAT + "hasDataset"
LAB = "http://lab.example/"
SHARED = {
    "cat": CAT,
    "id": "@id",
    "type": "@type",
    "hasDataset": {"@id": "cat:hasDataset", "@type": "@id"},
}

NONE = Context.NONE


def under(*contexts):
    active = NONE
    for local in contexts:
        active = child_context({"@context": local}, active)
    return active


def refused(attributes, context=NONE):
    with pytest.raises(InvalidJsonLdError) as error:
        describe(attributes, context)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_reads_an_expanded_document_as_it_stands():
    document = {
        "@id": LAB + "sample1",
        "@type": [CAT + "Sample", CAT + "Blank"],
        DATA: [{"@id": LAB + "d1"}, {"@id": LAB + "d2"}],
        CAT + "mass": [{"@value": 2.5}],
    }
    assert describe(document, NONE) == Description(
        LAB + "sample1", (CAT + "Sample", CAT + "Blank"), (LAB + "d1", LAB + "d2")
    )


def test_attributes_that_are_no_json_ld_say_nothing():
    plain = {
        "units": "g",
        "_ARRAY_DIMENSIONS": ["x", "y"],
        "scale": [[1, None]],
        "@note": {"@id": 5},
    }
    assert describe(plain, NONE) == Description(None, (), ())
    assert describe({}, NONE) == Description(None, (), ())


def test_plain_attributes_do_not_hinder_a_vocabulary_above():
    plain = {"id": "cat:s1", "units": "g", "_ARRAY_DIMENSIONS": ["x"], "scale": [[1], {"a": None}]}
    context = under({"@vocab": CAT, "cat": LAB, "id": "@id"})
    assert describe(plain, context) == Description(LAB + "s1", (), ())


def test_a_context_above_expands_aliases_prefixes_and_links():
    document = {"id": "cat:s1", "type": "cat:Sample", "hasDataset": ["cat:d1", {"id": "cat:d2"}]}
    assert describe(document, under(SHARED)) == Description(
        CAT + "s1", (CAT + "Sample",), (CAT + "d1", CAT + "d2")
    )


def test_the_own_context_comes_after_those_above():
    document = {"@context": {"cat": "http://other.example/"}, "id": "cat:s1", "cat:x": 1}
    assert describe(document, under(SHARED)).uri == "http://other.example/s1"


def test_without_a_context_aliases_mean_nothing():
    assert describe({"id": "cat:s1", "@type": "cat:Sample"}, NONE) == Description(
        None, ("cat:Sample",), ()
    )


@pytest.mark.parametrize(
    "uri", ["sample 1", "", "../x", "HTTP://Lab.example/%7Ea/../é", "sample1", "a:b", "_:b"]
)
def test_what_nothing_expands_stays_as_it_stands(uri):
    assert describe({"@id": uri}, NONE).uri == uri
    assert describe({"@id": uri}, under(SHARED)).uri == uri
    assert describe({"@id": uri, "@nest": {}}, NONE).uri == uri


def test_a_base_completes_relative_uris():
    context = under({"@base": "http://lab.example/run/1"})
    assert describe({"@id": "../s 1"}, context).uri == "http://lab.example/s 1"
    assert describe({"@id": "s1"}, under({"@base": LAB}, None)).uri == "s1"


def test_a_null_context_forgets_those_above():
    assert describe({"id": "cat:s1", "@id": "cat:s2"}, under(SHARED, None)).uri == "cat:s2"
    assert describe({"@context": None, "id": "cat:s1"}, under(SHARED)).uri is None


def test_contexts_of_several_groups_add_up():
    context = under({"cat": CAT}, [{"id": "@id"}, {"Sample": "cat:Sample"}], {})
    document = {"id": "cat:s1", "@type": ["Sample", "cat:Sample"]}
    assert describe(document, context) == Description(CAT + "s1", (CAT + "Sample",), ())


def test_a_context_that_does_not_propagate_ends_at_its_own_node():
    local = {"@propagate": False, "cat": CAT}
    assert child_context({"@context": local}, NONE) is NONE
    assert describe({"@context": local, "@id": "cat:s1"}, NONE).uri == CAT + "s1"
    nested = {"@context": {**local, "id": "@type"}, DATA: {"id": "cat:d"}}
    assert describe(nested, under({"id": "@id", "cat": LAB})).links == (LAB + "d",)


def test_without_an_own_context_the_one_above_holds_unchanged():
    context = under(SHARED)
    assert child_context({"id": "cat:s1"}, context) is context
    assert under(SHARED) is context
    assert under(SHARED, []) is context


@pytest.mark.parametrize(
    "link",
    [
        {DATA: {"@id": LAB + "d"}},
        {CAT + "hasDataset/": {"@id": LAB + "d"}},
        {CAT + "hasD%61taset": {"@id": LAB + "d"}},
        {DATA: {"@id": LAB + "d", "@type": "x:D", "x:unit": "g"}},
        {DATA: [{"@value": "x"}, {"@id": LAB + "d"}, {"@id": LAB + "d"}, 5, None]},
        {DATA: {"@list": [{"@id": LAB + "d"}]}},
        {DATA: {"@set": [{"@id": LAB + "d"}]}},
        {"@context": {"cat": CAT}, "cat:hasDataset": {"@id": LAB + "d"}},
        {"@context": {"d": {"@id": DATA, "@type": "@vocab"}, "e": LAB + "d"}, "d": "e"},
        {"@context": {"d": {"@id": DATA, "@type": "@id", "@container": "@list"}}, "d": [LAB + "d"]},
        {"@context": {"d": {"@id": DATA, "@container": "@id"}}, "d": {LAB + "d": {}}},
        {"@context": {"in": "@nest", "cat": CAT}, "in": {"cat:hasDataset": {"@id": LAB + "d"}}},
    ],
)  # fmt: skip
def test_links_to_datasets_are_read_in_every_form(link):
    assert describe({"@id": LAB + "s1", **link}, NONE) == Description(LAB + "s1", (), (LAB + "d",))


@pytest.mark.parametrize(
    "no_link",
    [
        {"hasDataset": {"@id": LAB + "d"}},
        {CAT + "hasDatasets": {"@id": LAB + "d"}},
        {DATA: LAB + "d"},
        {DATA: [{"@value": LAB + "d"}, {"@type": CAT + "D"}]},
        {"@reverse": {DATA: {"@id": LAB + "d"}}},
        {"@context": {"d": {"@reverse": DATA}}, "d": {"@id": LAB + "d"}},
    ],
)
def test_other_properties_and_values_are_no_links_to_datasets(no_link):
    assert describe({"@id": LAB + "s1", **no_link}, NONE).links == ()


def test_the_dataset_link_can_have_another_name():
    document = {DATA: {"@id": LAB + "d"}, CAT + "data": {"@id": LAB + "e"}}
    assert describe(document, NONE, "data").links == (LAB + "e",)


def test_a_type_may_bring_its_own_context():
    context = under({"@vocab": CAT, "Run": {"@context": {"name": "@id", "lab": LAB}}})
    document = {"@type": "Run", "name": "lab:run1"}
    assert describe(document, context) == Description(LAB + "run1", (CAT + "Run",), ())
    assert describe({"@type": "Other", "name": "lab:run1"}, context).uri is None


def test_of_a_graph_only_the_top_counts():
    document = {"@id": LAB + "g", "@graph": [{"@id": LAB + "s1", "@type": CAT + "Sample"}]}
    assert describe(document, NONE) == Description(LAB + "g", (), ())


@pytest.mark.parametrize("value", [5, None, ["x"], {"@id": "x"}])
def test_a_uri_that_is_no_string_is_refused(value):
    assert refused({"@id": value}) == (
        f"A URI must be a string, and '@id' holds {value!r}. Give one URI, or leave it out."
    )
    assert repr(value) in refused({DATA: {"@id": value}})
    assert "id" in refused({"id": value}, under(SHARED))


def test_a_type_that_is_no_string_is_refused():
    assert "'@type' holds 5" in refused({"@id": "x:y", "@type": ["x:A", 5]})


def test_two_uris_are_refused():
    assert "colliding keywords" in refused({"@id": "x:a", "id": "x:b"}, under(SHARED))


@pytest.mark.parametrize(
    "local", ["https://schema.org/", ["context.jsonld"], [SHARED, "http://x.example/c"]]
)
def test_a_context_elsewhere_is_refused_and_not_fetched(local):
    name = local if isinstance(local, str) else local[-1]
    message = refused({"@context": local, "@id": "x:y"})
    assert message == (
        f"The @context refers to {name!r}, and contexts are not fetched. "
        "Put its content inline, in place of this IRI."
    )


@pytest.mark.parametrize(
    "local",
    [
        {"@import": "http://x.example/c"},
        {"Run": {"@id": "x:Run", "@context": "http://x.example/c"}},
    ],
)
def test_a_context_elsewhere_is_refused_wherever_it_is_named(local):
    assert "refers to 'http://x.example/c'" in refused({"@context": local})


@pytest.mark.parametrize(
    ("local", "fault"),
    [
        (5, "invalid local context): @context must be an object. Found: 5."),
        ({"term": 5}, "invalid term definition"),
        ({"a": "b:c", "b": "a:c"}, "cyclic IRI mapping"),
        ({"a": {"@id": "x:y", "@container": "@bag"}}, "invalid container mapping"),
        ({"@base": 5}, "invalid base IRI"),
        ({"@vocab": ["x"]}, "invalid vocab mapping"),
        ({"@version": 2}, "invalid @version value"),
        ({"@id": "x:y"}, "Found: '@id'."),
        ({"term": "relative"}, "invalid IRI mapping"),
        ([{"@protected": True, "t": "x:y"}, {"t": "x:z"}], "protected term redefinition"),
        ([{"@protected": True, "t": "x:y"}, None], "invalid context nullification"),
        ({"@base": "relative/"}, "Found invalid"),
        ({"x": {"@id": None, "@prefix": True}, "y": "x:z"}, "The JSON-LD is not valid"),
    ],
)
def test_a_broken_context_is_refused_with_its_fault(local, fault):
    assert fault in refused({"@context": local, "@id": "rel"})


def test_nulls_where_there_is_nothing_to_forget_are_no_fault():
    local = {"@vocab": None, "@language": None, "@direction": None, "@base": None}
    assert describe({"@context": local, "@id": "x:y"}, NONE).uri == "x:y"


def test_terms_that_look_like_keywords_are_ignored_without_a_warning():
    context = {"@context": {"@note": "x:y", "name": {"@id": "@title"}}}
    assert describe({**context, "@id": "x:y", "@note": 1}, NONE).uri == "x:y"


NAMES = ["s1", "a:s1", "b:s1", "a://x", "x:y", "_:b1", "http://h.example/p#q", "../up", ":c", "Run"]
NAMES += ["", "a b"]
MARK = "http://mark.example/"
iris = st.sampled_from(["http://a.example/", "http://b.example/v#", "a:more#", "b:hasDataset"])
names = st.sampled_from(NAMES)


def rarely(strategy, usual):
    """Give mostly the usual: a document with one fault in it is refused whole."""
    return st.integers(0, 11).flatmap(lambda number: usual if number else strategy)


def definitions(scoped):
    parts = {
        "@container": st.sampled_from(
            ["@set", "@list", "@id", "@index", "@type", "@graph", ["@set"]]
        ),
        "@context": scoped,
        "@protected": st.booleans(),
        "@nest": st.just("in"),
    }
    rare = st.one_of([st.fixed_dictionaries({key: part}) for key, part in parts.items()])
    kind = st.sampled_from(["@id", "@id", "@vocab", "http://x.example/T"])
    term = st.fixed_dictionaries({"@id": iris}, optional={"@type": kind})
    with_rare = st.tuples(term, rare).map(lambda pair: {**pair[0], **pair[1]})
    return rarely(st.none() | st.fixed_dictionaries({"@reverse": iris}), iris | term | with_rare)


def local_contexts(scoped):
    prefixes = {
        "a": st.just("http://pa.example/") | st.just({"@id": "http://pa.example", "@prefix": True}),
        "b": st.just("http://pb.example#") | st.just({"@id": "http://pb.example/"}),
    }
    parts = {
        "@vocab": rarely(st.none() | st.just(""), iris),
        "@base": st.none() | st.just("http://base.example/d/e"),
        "@propagate": st.booleans(),
        "@language": st.just("en"),
        "id": rarely(iris | st.just("@type"), st.just("@id")),
        "kind": rarely(iris | st.just("@value"), st.just("@type")),
        "Run": definitions(scoped) | st.fixed_dictionaries({"@id": iris, "@context": scoped}),
        "hasDataset": definitions(scoped),
        "in": rarely(st.just("@reverse"), st.just("@nest")),
    }
    one = st.fixed_dictionaries(prefixes, optional=parts)
    return rarely(st.none() | st.lists(one, max_size=2), one)


# PyLD passes over a scoped context that is null
scoped_contexts = local_contexts(st.just({})).filter(lambda local: local is not None)
contexts = local_contexts(scoped_contexts)
links = st.recursive(
    names | names.map(lambda name: {"@id": name}) | st.sampled_from([5, None, {"@value": "s1"}]),
    lambda below: (
        st.lists(below, max_size=3)
        | st.fixed_dictionaries({"id": names}, optional={"kind": names, "a:p": below})
        | st.sampled_from(["@list", "@set", "s1", "a:p"]).flatmap(
            lambda key: st.fixed_dictionaries({key: below})
        )
    ),
    max_leaves=5,
)
documents = st.fixed_dictionaries(
    {MARK: st.just(1)},
    optional={
        "@id": rarely(st.just(5), names),
        "@type": names | st.lists(names, max_size=3),
        "id": names,
        "kind": names,
        "hasDataset": links,
        "a:hasDataset": links,
        "http://a.example/hasDataset": links,
        "a:p": links,
        "in": st.fixed_dictionaries({"hasDataset": links}),
        "@graph": st.lists(st.fixed_dictionaries({"@id": names}), max_size=2),
        "units": st.just("g") | st.lists(st.just([1, 2])),
    },
)


def with_no_base(local):
    """PyLD resolves against a base of its own invention, unless it is told that there is none."""
    if isinstance(local, list):
        return [part for entry in local for part in with_no_base(entry)]
    if local is None:
        return [None, {"@base": None}]
    scoped = {
        term: {**value, "@context": with_no_base(value["@context"])}
        for term, value in local.items()
        if isinstance(value, dict) and "@context" in value
    }
    return [{**local, **scoped}]


def expand_by_pyld(document, above):
    """What PyLD's public function makes of a document; None where it refuses it."""
    context = [{"@base": None}, *with_no_base(above)]
    options = {"expandContext": context, "keepFreeFloatingNodes": True, "documentLoader": None}
    if "@context" in document:
        document = {**document, "@context": with_no_base(document["@context"])}
    try:
        return jsonld.expand(document, options)[0]
    except (jsonld.JsonLdError, AttributeError, KeyError, TypeError, ValueError):
        return None


@given(documents, st.lists(contexts, max_size=2), st.none() | contexts)
def test_a_description_is_what_pyld_would_make_of_the_document(document, above, own):
    assume("@propagate" not in str(above))
    if own is not None:
        document = {**document, "@context": own}
    expected = expand_by_pyld(document, above)
    try:
        found = describe(document, under(*above))
    except InvalidJsonLdError:
        assert expected is None
    else:
        assert expected is None or by_value(found) == read_expanded(expected)


def by_value(description):
    return description.uri, set(description.types), set(description.links)


def read_expanded(node):
    links = {
        item["@id"]
        for key, items in node.items()
        if not key.startswith("@") and local_name(key) == "hasDataset"
        for item in without_lists(items)
        if "@id" in item
    }
    return node.get("@id"), set(node.get("@type", ())) - {None}, links


def without_lists(items):
    for item in items:
        yield from without_lists(item["@list"]) if "@list" in item else [item]


STRANGE = """
    @id @type @context @value @list @set @reverse @nest @container @base @vocab @language @index
    @prefix @graph @included @note @json a b a:b hasDataset http://x.example/hasDataset units
"""
strange_keys = st.sampled_from(STRANGE.split())
strange = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2) | st.floats(allow_nan=False) | strange_keys,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(strange_keys, below, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(strange_keys, strange, max_size=5), strange)
def test_whatever_the_attributes_are_they_are_read_or_refused_in_one_line(attributes, above):
    try:
        description = describe(attributes, under(above))
    except InvalidJsonLdError as error:
        message = str(error)
    else:
        message = "."
        assert isinstance(description.uri, str | None)
        assert all(isinstance(text, str) for text in description.types + description.links)
    assert "\n" not in message
    assert message.endswith(".")
