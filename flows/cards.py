"""Cards: what a person looks at when a flow is done.

Each is a page of its own with its pictures inside. Metaflow's own cards ask Google for a font before
they show anything, which behind a firewall takes half a minute; and each is 1 MB.
"""

import shlex
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metaflow import current
from metaflow.cards import MetaflowCard, MetaflowCardComponent
from metaflow.plugins import CARDS

if TYPE_CHECKING:
    from zarr_linked_data.fake import FakePlan
    from zarr_linked_data.linked_store import LinkedNode, LinkedStore
    from zarr_linked_data.plot.tree import NodeLike, Tally

TREE_ROWS = 100
"""Lines of a tree; more is read better with `zld tree`."""

PROPERTIES = 40
"""Properties of an entity; more is read better with `zld show`."""

TYPES = 12
"""Types with a bar."""

STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ground:#f6f8fa;--ink:#1f2328;--quiet:#59636e;--rule:#d1d9e0;--bar:#2f6fb3}
@media(prefers-color-scheme:dark){:root{--paper:#0d1117;--ground:#161b22;--ink:#e6edf3;--quiet:#9198a1;
--rule:#30363d;--bar:#79b8ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,
'Helvetica Neue',Arial,'Noto Sans','DejaVu Sans',sans-serif}
main{max-width:928px;margin:0 auto;padding:32px 24px 48px}
header p{margin:0;color:var(--quiet)}
h1{margin:2px 0 6px;font-size:26px;line-height:1.25}
h2{margin:32px 0 10px;font-size:17px}
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}
header code{overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px;margin:24px 0 0;padding:0}
.tiles div{background:var(--paper);border:1px solid var(--rule);border-radius:8px;padding:12px 16px}
.tiles dt{color:var(--quiet);font-size:13px}
.tiles dd{margin:0;font-size:24px;font-weight:600;font-variant-numeric:tabular-nums}
table{width:100%;border-collapse:separate;border-spacing:0;background:var(--paper);border:1px solid var(--rule);
border-radius:8px;overflow:hidden}
th,td{padding:7px 16px;text-align:left;vertical-align:top;border-top:1px solid var(--rule);overflow-wrap:anywhere}
tr:first-child>*{border-top:0}
th{width:1%;white-space:nowrap;font-weight:400;color:var(--quiet)}
.types :is(th,td){padding:3px 16px;border-top:0}
.types tr:first-child>*{padding-top:10px}
.types tr:last-child>*{padding-bottom:10px}
.types th{color:var(--ink)}
.types td.number{width:1%;text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.types span{display:block;height:10px;margin-top:6px;border-radius:5px;background:var(--bar);min-width:3px}
@media(max-width:600px){main{padding:20px 12px 32px}th,td{padding:7px 10px}}
figure{margin:24px 0 0}
img,svg{display:block;max-width:100%;height:auto}
img{border:1px solid var(--rule);border-radius:8px}
pre{margin:0;padding:12px 16px;background:var(--paper);border:1px solid var(--rule);border-radius:8px;
white-space:pre-wrap;overflow-wrap:anywhere;user-select:all;cursor:pointer}
.hint{margin:14px 0 6px;color:var(--quiet)}
"""


class Html(MetaflowCardComponent):
    """A part of a card that is HTML already."""

    def __init__(self, text: str) -> None:
        self._text = text

    def render(self) -> str:
        """Give it as it stands."""
        return self._text


class PageCard(MetaflowCard):
    """A card that is a page as its step has made it."""

    type = "zld_page"
    ALLOW_USER_COMPONENTS = True

    def __init__(self, components: Iterable[str] = (), **_: object) -> None:
        self._components = components

    def render(self, task: object) -> str:  # noqa: ARG002 - Metaflow's interface
        """Give the page."""
        return "".join(self._components)


CARDS.append(PageCard)


def append_card(page: str) -> None:
    """Put the page into the card of the step that runs."""
    current.card.append(Html(page))


def fake_page(plan: "FakePlan", made: Mapping[str, Any], store: str) -> str:
    """Make the page of a new store: its tree and its types."""
    from zarr_linked_data.plot.words import bytes_as_text

    tree, types, _ = _picture_tree(plan.nodes())
    tiles = {
        "Groups": f"{made['nodes'] - made['arrays']:,}",
        "Arrays": f"{made['arrays']:,}",
        "Size": bytes_as_text(made["bytes"]),
        "Seconds": f"{made['seconds']:.1f}",
    }
    place = shlex.quote(_place(store))
    after = {
        "Make it findable:": f"zld consolidate {place}",
        "The same as a flow:": f"python flows/consolidate_metadata_flow.py run --path_for_store {place}",
    }
    return _page("A new store with random arrays", [store], _tiles(tiles), types, tree, _code("Next", after))


def consolidation_page(lab: "LinkedStore", done: Mapping[str, Any]) -> str:
    """Make the page of a consolidated store: what has changed, its tree and its types."""
    tree, types, example = _picture_tree(lab.catalogue.nodes())
    tiles = {
        "Nodes": f"{done['nodes']:,}",
        "Arrays": f"{done['arrays']:,}",
        "New or changed": f"{done['changed']:,}",
        "Removed": f"{done['removed']:,}",
        "Seconds": f"{done['seconds']:.1f}",
    }
    place = _place(lab.url)
    uri = example or lab.iri or ""
    after = {
        "Find an array by its URI, in Python:": "import zarr_linked_data as zld\n"
        f"values = zld.open({place!r})[{uri!r}].read()",
        "In a shell:": f"zld find {shlex.quote(uri)} {shlex.quote(place)}",
    }
    about = [lab.url, f"generation {done['generation']}"]
    return _page("All metadata in one place", about, _tiles(tiles), types, tree, _code("Next", after))


def retrieval_page(node: "LinkedNode", store: str, file: str) -> str:
    """Make the page of an array in a file: its picture, what it is, and how to open it."""
    from zarr_linked_data.plot import plot_array, sample_array
    from zarr_linked_data.plot.words import form_of

    array = node.choose_array()
    title = (array.path or "array").rpartition("/")[2]
    values = sample_array(array.read, array.shape or ())
    picture = _picture(plot_array(values, title=title, uri=array.uri or ""))
    facts = [
        ("store", _place(store)),
        ("path", array.path or "(root)"),
        ("shape and type", form_of(array.shape or (), array.dtype or "")),
        *(("type", iri) for iri in node.types),
        *_properties(node),
    ]
    return _page(
        f"The array of {_name(node)}",
        [node.uri or "", f"now in {_place(file)}"],
        picture,
        _table("What it is", facts),
        _code("Open it", _openings(node.uri or "", _place(store), _place(file))),
    )


def _openings(uri: str, store: str, file: str) -> dict[str, str]:
    """Give the lines that open a retrieved file, and the array in its store."""
    if "://" in file:
        load = f"from zarr_linked_data.lookup.files import load_values\nvalues = load_values({file!r})"
    elif file.endswith(".csv"):
        load = f"import numpy\nvalues = numpy.loadtxt({file!r}, delimiter=',')"
    else:
        load = f"import numpy\nvalues = numpy.load({file!r})"
    quoted = [shlex.quote(word) for word in (file, uri, store)]
    return {
        "Open the file, in Python:": load,
        "Read from the store, in Python:": "import zarr_linked_data as zld\n"
        f"values = zld.open({store!r})[{uri!r}].read()",
        "Compare the two, in a shell:": f"zld verify {' '.join(quoted)}",
    }


def _page(title: str, about: Iterable[str], *parts: str) -> str:
    """Put parts on a page under a title, and below it what it is about."""
    lines = "<br>".join(f"<code>{escape(line)}</code>" for line in about)
    when = datetime.now(UTC).strftime("%-d %B %Y, %H:%M UTC")
    run = f"{current.flow_name} · run {current.run_id} · {when}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style><main><header><p>{escape(run)}</p><h1>{escape(title)}</h1>"
        f"<p>{lines}</p></header>{''.join(parts)}</main></html>"
    )


def _tiles(values: Mapping[str, str]) -> str:
    """Show a few numbers large."""
    tiles = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in values.items()
    )
    return f'<dl class="tiles">{tiles}</dl>'


def _picture_tree(nodes: "Iterable[NodeLike]") -> tuple[str, str, str]:
    """Draw a store's tree and its types, reading the nodes once; give an array's URI too."""
    from zarr_linked_data.plot import plot_tree
    from zarr_linked_data.plot.tree import Tally

    tally, uris = Tally(), []

    def watched() -> "Iterator[NodeLike]":
        for node in nodes:
            tally.add(node)
            if not uris and node.kind == "array" and (uri := getattr(node, "uri", None)):
                uris.append(uri)
            yield node

    tree = plot_tree(watched(), max_rows=TREE_ROWS)
    return f"<h2>Tree</h2>{tree}", _types(tally), "".join(uris)


def _types(tally: "Tally") -> str:
    """Show how many nodes there are of each type, as bars."""
    counts = sorted(tally.summary(), key=lambda count: not count.type)
    most = max((count.nodes for count in counts), default=1)
    rows = "".join(
        f'<tr><th scope="row">{escape(count.type or "without a type")}</th>'
        f'<td class="number">{count.nodes:,}</td>'
        f'<td><span style="width:{100 * count.nodes / most:.1f}%"></span></td></tr>'
        for count in counts[:TYPES]
    )
    more = f'<p class="hint">… and {len(counts) - TYPES:,} more</p>' if len(counts) > TYPES else ""
    return f'<h2>Types</h2><table class="types">{rows}</table>{more}'


def _table(title: str, rows: Iterable[tuple[str, str]]) -> str:
    """Show names and values."""
    cells = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<h2>{escape(title)}</h2><table>{cells}</table>"


def _properties(node: "LinkedNode") -> Iterator[tuple[str, str]]:
    """Give the properties of a node as a person reads them."""
    from zarr_linked_data.cli.properties import property_fields

    found = list(property_fields(node.expanded()))
    yield from found[:PROPERTIES]
    if len(found) > PROPERTIES:
        yield "…", f"{len(found) - PROPERTIES:,} more"


def _name(node: "LinkedNode") -> str:
    """Name a node as its URI does."""
    from zarr_linked_data.jsonld import local_name

    return local_name(node.uri or "") or node.path or "the store"


def _picture(figure: Any) -> str:
    """Put a matplotlib figure on the page."""
    data = BytesIO()
    figure.savefig(data, format="png", dpi=figure.dpi)
    words = figure.texts[0].get_text() if figure.texts else ""
    source = b64encode(data.getvalue()).decode()
    return f'<figure><img src="data:image/png;base64,{source}" alt="{escape(words)}"></figure>'


def _code(title: str, lines: Mapping[str, str]) -> str:
    """Show lines to copy: a click selects all of one."""
    blocks = "".join(
        f'<p class="hint">{escape(hint)}</p><pre>{escape(code)}</pre>'
        for hint, code in lines.items()
    )
    return f"<h2>{escape(title)}</h2>{blocks}"


def _place(location: str) -> str:
    """Give a place so that it is found from every folder."""
    return location if "://" in location else str(Path(location).absolute())
