"""The picture of a store's tree: what it shows, folds, sums up, and never breaks on."""

import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pictures import contrast
from zarr_linked_data.plot import TreeNode, TypeCount, plot_tree, tree_summary
from zarr_linked_data.plot.tree import KEPT, Folding
from zarr_linked_data.plot.tree_svg import DARK, LIGHT

ONTOLOGY = "http://www.catplus.ch/ontology/concepts/"


def node(path, type_="", shape=None, dtype=None):
    types = (ONTOLOGY + type_,) if type_ else ()
    return TreeNode(path, "group" if shape is None else "array", types, shape, dtype)


def campaign(batches=1, samples=2):
    yield node("", "Campaign")
    for batch in range(batches):
        yield node(f"batch{batch}", "Batch")
        for sample in range(samples):
            path = f"batch{batch}/sample{sample}"
            yield node(path, "Sample")
            yield node(f"{path}/dad", "", (900, 1000), "float64")


def words(svg):
    """All that is written in the picture, in order; without tooltips."""
    texts = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join([text.text or "", *(child.tail or "" for child in text)]) for text in texts]


def rows(nodes, max_rows):
    folding = Folding(max_rows)
    for each in nodes:
        folding.add(each)
    return folding.rows(max_rows)


def names(nodes, max_rows):
    return [row.name for row in rows(nodes, max_rows)]


def test_a_tree_shows_names_types_and_shapes():
    assert words(plot_tree(campaign(), title="s3://lab/campaign.zarr")) == [
        "s3://lab/campaign.zarr",
        "6 nodes  ·  2 arrays  ·  14.4 MB of values",
        *("Sample  2", "Batch  1", "Campaign  1"),
        *("/", "Campaign"),
        *("batch0", "Batch"),
        *("sample0", "Sample", "dad", "900 × 1,000 float64"),
        *("sample1", "Sample", "dad", "900 × 1,000 float64"),
    ]  # fmt: skip


def test_siblings_of_one_type_are_folded_where_there_are_too_many():
    assert names(campaign(samples=10_000), 8) == [
        "/", "batch0", "sample0", "dad", "sample1", "dad", "… and 9,998 more Sample",
    ]  # fmt: skip


def test_as_much_is_shown_as_there_is_room_for():
    everything = [row.name for row in rows(campaign(3, 4), 200)]
    assert len(everything) == 1 + 3 * (1 + 4 * 2)
    assert len(names(campaign(3, 4), len(everything))) == len(everything)
    assert len(names(campaign(3, 4), len(everything) - 1)) < len(everything)


def test_siblings_of_different_types_are_folded_apart():
    nodes = [node(""), *(node(f"s{n}", "Sample") for n in range(9)), node("log", "", (3,), "int8")]
    nodes += [node(f"t{n}", "", (3,), "int8") for n in range(9)]
    assert names(nodes, 6) == [
        "/", "s0", "… and 8 more Sample", "log", "… and 9 more arrays",
    ]  # fmt: skip


def test_one_node_is_never_folded_alone():
    assert names([node(""), node("a"), node("b")], 3) == ["/", "a", "b"]


def test_what_is_below_folded_nodes_is_counted_but_not_shown():
    svg = plot_tree(campaign(1, 10_000), max_rows=8)
    assert words(svg)[0] == "20,002 nodes  ·  10,000 arrays  ·  72 GB of values"


def test_paths_sorted_as_text_are_a_tree():
    paths = ["", "a", "a-2", "a-2/x", "a/x", "a/x/y"]
    found = rows([node(path) for path in paths], 20)
    assert [(row.depth, row.name) for row in found] == [
        (0, "/"), (1, "a"), (2, "x"), (3, "y"), (1, "a-2"), (2, "x"),
    ]  # fmt: skip


def test_a_part_of_a_store_is_a_tree_of_its_own():
    found = rows([node("batch0/sample1"), node("batch0/sample1/dad", "", (3,), "int8")], 20)
    assert [(row.depth, row.name) for row in found] == [(0, "batch0/sample1"), (1, "dad")]


def test_more_nodes_than_are_held_in_memory_give_the_same_tree():
    many = KEPT // 100 + 30
    assert names(campaign(many, 100), 20)[-1] == f"… and {many - 2:,} more Batch"


def test_a_deep_tree_is_moved_in_less_and_stays_in_the_picture():
    paths = ["/".join("abc" for _ in range(depth)) for depth in range(150)]
    svg = plot_tree([node(path) for path in paths])
    places = [float(text.get("x")) for text in ET.fromstring(svg).iter() if text.get("x")]
    assert max(places) < 880


def test_a_tree_that_cannot_be_folded_ends_with_a_note():
    nodes = [node(""), *(node(f"n{number}", f"Type{number}") for number in range(50))]
    assert names(nodes, 10)[-1] == "… the rest is left out after 9 rows"
    assert len(names(nodes, 10)) == 10


@given(
    st.sets(st.lists(st.sampled_from("abcd"), min_size=1, max_size=5).map("/".join)),
    st.integers(2, 40),
)
def test_rows_are_within_their_limit_and_each_ends_after_its_descendants(paths, limit):
    complete = {"/".join(path.split("/")[:end]) for path in paths for end in range(1, 6)}
    found = rows([node(""), *map(node, sorted(complete))], limit)
    assert 1 <= len(found) <= limit
    for number, row in enumerate(found):
        assert all(below.depth > row.depth for below in found[number + 1 : row.last + 1])
        assert row.last == len(found) - 1 or found[row.last + 1].depth <= row.depth


def test_nodes_are_not_all_held_in_memory():
    program = (
        "import resource\n"
        "from zarr_linked_data.plot import TreeNode, plot_tree\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "paths = (f'b{n % 1000}/s{n}' if n >= 1000 else f'b{n}' for n in range(200_000))\n"
        "plot_tree(TreeNode(path, 'group', ('T',)) for path in paths)\n"
        "assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000, 'kilobytes'\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_an_empty_store_says_so():
    assert words(plot_tree([])) == ["0 nodes  ·  0 arrays", "no nodes"]


def test_an_array_at_the_root_is_a_tree_of_one():
    assert words(plot_tree([node("", "Dataset", (5,), "float64")]))[-3:] == [
        "/", "Dataset", "5 float64",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<script>alert('&')</script>", "<script>alert('&')</script>"),
        ('"]]>', '"]]>'),
        ("two  spaces", "two  spaces"),
        ("样品 一号", "样品 一号"),
        ("a\nb\x00\x1b", "a b\ufffd\ufffd"),
        ("turned \u202eround", "turned round"),
        ("half \ud800", "half \ufffd"),
    ],
)
def test_names_of_any_letters_are_shown_as_they_are_or_marked(name, shown):
    svg = plot_tree([node(""), node(name, name.replace("/", ""))], title=name)
    svg.encode()
    assert shown in words(svg)
    assert words(svg)[0] == shown


def test_wide_names_are_shortened_in_the_middle_and_whole_in_the_tooltip():
    svg = plot_tree([node(""), node("sample" * 30 + "END")])
    (name,) = [text for text in words(svg) if "…" in text]
    assert name.startswith("sample")
    assert name.endswith("END")
    assert "<title>/" + "sample" * 30 + "END</title>" in svg


def test_several_types_are_told_by_number_and_in_the_tooltip():
    svg = plot_tree([TreeNode("", "group", ("http://a/Sample", "http://b/Liquid"))])
    assert words(svg)[-1] == "Sample +1"
    assert "<title>http://a/Sample\nhttp://b/Liquid</title>" in svg


def test_words_have_no_fixed_length_and_count_for_no_bytes():
    nodes = [
        node("", "", (9,), "StringDType()"),
        node("", "", (2,), "object"),
        node("", "", (2,), "int8"),
    ]
    assert words(plot_tree(nodes))[0] == "3 nodes  ·  3 arrays  ·  2 bytes of values"


def test_the_picture_is_dark_where_the_screen_is_and_says_what_it_is():
    svg = plot_tree(campaign(), title="lab <1>")
    assert f"@media (prefers-color-scheme:dark){{.zld-tree .paper{{fill:{DARK.paper}" in svg
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label").startswith("lab <1>: 6 nodes")


def test_a_tree_is_the_same_each_time():
    assert plot_tree(campaign(3, 50), max_rows=20) == plot_tree(campaign(3, 50), max_rows=20)


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_letters_and_icons_have_enough_contrast(colors):
    for letters in (colors.ink, colors.quiet, colors.group, colors.array):
        assert contrast(letters, colors.paper) >= 4.5
    for ground, letters in colors.chips:
        assert contrast(letters, ground) >= 4.5


def test_a_summary_counts_the_nodes_and_arrays_of_each_type():
    nodes = [*campaign(2, 3), TreeNode("x", "array", ("Sample", "Dataset"), (3,), "int8")]
    assert tree_summary(nodes) == [
        TypeCount("Sample", 7, 1), TypeCount("", 6, 6), TypeCount("Batch", 2, 0),
        TypeCount("Campaign", 1, 0), TypeCount("Dataset", 1, 1),
    ]  # fmt: skip
