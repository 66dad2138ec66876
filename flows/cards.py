"""Cards: what a person looks at when a flow is done.

Each is a page of its own. Metaflow's ready-made ones are 1 MB, show SVG only as an image, and ask
Google for a font before they show anything, which behind a firewall takes half a minute.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metaflow import current
from metaflow.cards import MetaflowCard, MetaflowCardComponent
from metaflow.plugins import CARDS

from page import make_page, show_code, show_figure, show_numbers, show_table, show_types

if TYPE_CHECKING:
    from zarr_linked_data.fake import FakePlan
    from zarr_linked_data.linked_store import LinkedNode, LinkedStore
    from zarr_linked_data.plot.tree import NodeLike

TREE_ROWS = 100
"""Lines of a tree; more is read better with `zld tree`."""

PROPERTIES = 40
"""Properties of an entity; more is read better with `zld show`."""


class Page(MetaflowCardComponent):
    """A page, as the one component of its card."""

    def __init__(self, html: str) -> None:
        self._html = html

    def render(self) -> str:
        """Give it as it stands."""
        return self._html


class PageCard(MetaflowCard):
    """A card that is a page as its step has made it: `@card(type="zld_page")`."""

    type = "zld_page"
    ALLOW_USER_COMPONENTS = True

    def __init__(self, components: Iterable[str] = (), **_: object) -> None:
        self._components = components

    def render(self, task: object) -> str:  # noqa: ARG002 - Metaflow's interface
        """Give the page."""
        return "".join(self._components)


# Metaflow makes a card in a process of its own, which imports the flow and so comes by here.
CARDS.append(PageCard)


def show_fake_store(plan: "FakePlan", made: Mapping[str, Any], store: str) -> None:
    """Show a new store: its types and its tree."""
    from zarr_linked_data.plot.words import bytes_as_text

    drawing = _Drawing(plan.nodes())
    numbers = {
        "Groups": f"{made['nodes'] - made['arrays']:,}",
        "Arrays": f"{made['arrays']:,}",
        "Size": bytes_as_text(made["bytes"]),
        "Seconds": f"{made['seconds']:.1f}",
    }
    place = shlex.quote(_absolute(store))
    flow = "python flows/consolidate_metadata_flow.py run --path_for_store"
    after = {"Make it findable:": f"zld consolidate {place}", "As a flow:": f"{flow} {place}"}
    _show(
        "A new store with random arrays",
        [_absolute(store)],
        show_numbers(numbers),
        drawing.html,
        show_code("Next", after),
    )


def show_consolidation(lab: "LinkedStore", done: Mapping[str, Any]) -> None:
    """Show a consolidated store: what has changed, its types and its tree."""
    drawing = _Drawing(lab.catalogue.nodes())
    numbers = {
        "Nodes": f"{done['nodes']:,}",
        "Arrays": f"{done['arrays']:,}",
        "New or changed": f"{done['changed']:,}",
        "Removed": f"{done['removed']:,}",
        "Seconds": f"{done['seconds']:.1f}",
    }
    place = _absolute(lab.url)
    lines = {}
    if drawing.example:
        lines = {
            "Read an array by its URI, in Python:": _reading(place, drawing.example),
            "Find it, in a shell:": shlex.join(["zld", "find", drawing.example, place]),
        }
    lines["See it all, in a shell:"] = shlex.join(["zld", "tree", place])
    _show(
        "All metadata in one place",
        [place, f"generation {done['generation']}"],
        show_numbers(numbers),
        drawing.html,
        show_code("Next", lines),
    )


def show_array(node: "LinkedNode", store: str, file: str) -> None:
    """Show an array that is now in a file: its picture, what it is, and how to open it."""
    from zarr_linked_data.jsonld import local_name
    from zarr_linked_data.plot import plot_array, sample_array
    from zarr_linked_data.plot.words import form_of

    array, uri = node.choose_array(), node.uri or ""
    title = f"The array of {local_name(uri) or node.path or 'the store'}"
    values = sample_array(array.read, array.shape or ())
    name = array.path.rpartition("/")[2]
    form = form_of(array.shape or (), array.dtype or "")
    facts = [
        ("store", _absolute(store)),
        ("path", array.path or "(root)"),
        ("shape and data type", form),
        *(("type", iri) for iri in node.types),
        *_properties(node),
    ]
    _show(
        title,
        [uri, f"now in {_absolute(file)}"],
        show_figure(plot_array(values, title=name, uri=array.uri or ""), f"{title}: {form}"),
        show_table("What it is", facts),
        show_code("Open it", _openings(uri, _absolute(store), _absolute(file))),
    )


class _Drawing:
    """A store's types and tree as HTML, and the URI of an array; the nodes are read once."""

    def __init__(self, nodes: "Iterable[NodeLike]") -> None:
        from zarr_linked_data.plot import plot_tree
        from zarr_linked_data.plot.tree import Tally

        self.example: str | None = None
        self._tally = Tally()
        tree = plot_tree(self._watch(nodes), max_rows=TREE_ROWS)
        self.html = f"{show_types(self._tally.summary())}<h2>Tree</h2>{tree}"

    def _watch(self, nodes: "Iterable[NodeLike]") -> "Iterator[NodeLike]":
        for node in nodes:
            self._tally.add(node)
            if self.example is None and node.kind == "array":
                self.example = getattr(node, "uri", None)
            yield node


def _show(title: str, about: Iterable[str], *parts: str) -> None:
    """Make the page the card of the step that runs."""
    when = datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC").removeprefix("0")
    overline = f"{current.flow_name} · run {current.run_id} · {when}"
    current.card.append(Page(make_page(overline, title, about, *parts)))


def _properties(node: "LinkedNode") -> Iterator[tuple[str, str]]:
    """Give the properties of a node as a person reads them."""
    from zarr_linked_data.lookup.properties import property_fields

    found = list(property_fields(node.expanded()))
    yield from found[:PROPERTIES]
    if len(found) > PROPERTIES:
        yield "…", f"{len(found) - PROPERTIES:,} more"


def _openings(uri: str, store: str, file: str) -> dict[str, str]:
    """Give the lines that open a retrieved file, and the array in its store."""
    if "://" in file:
        module = "zarr_linked_data.lookup.files"
        load = f"from {module} import load_values\n\nvalues = load_values({file!r})"
    elif file.endswith(".csv"):
        load = f'import numpy\n\nvalues = numpy.loadtxt({file!r}, delimiter=",")'
    else:
        load = f"import numpy\n\nvalues = numpy.load({file!r})"
    return {
        "The file, in Python:": load,
        "The array in its store, in Python:": _reading(store, uri),
        "Compare the two, in a shell:": shlex.join(["zld", "verify", file, uri, store]),
    }


def _reading(store: str, uri: str) -> str:
    """Give the lines that read an array from its store."""
    return f"import zarr_linked_data as zld\n\nvalues = zld.open({store!r})[{uri!r}].read()"


def _absolute(place: str) -> str:
    """Give a place as it is found from every folder."""
    return place if "://" in place else str(Path(place).absolute())
