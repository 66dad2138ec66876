"""The parts of a card's page, as HTML that needs nothing from elsewhere; light or dark."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from zarr_linked_data.plot import TypeCount

TYPES = 12
"""Types that get a bar."""

STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ground:#f6f8fa;--ink:#1f2328;--quiet:#59636e;
--rule:#d1d9e0;--bar:#2f6fb3}
@media(prefers-color-scheme:dark){:root{--paper:#0d1117;--ground:#161b22;--ink:#e6edf3;
--quiet:#9198a1;--rule:#30363d;--bar:#79b8ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,
'Segoe UI',Roboto,'Helvetica Neue',Arial,'Noto Sans','DejaVu Sans',sans-serif}
main{max-width:928px;margin:0 auto;padding:32px 24px 48px}
header p{margin:0;color:var(--quiet)}
h1{margin:2px 0 6px;font-size:26px;line-height:1.25;overflow-wrap:anywhere}
h2{margin:32px 0 10px;font-size:17px}
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}
header code{overflow-wrap:anywhere}
.tiles div,table,pre,img{background:var(--paper);border:1px solid var(--rule);border-radius:8px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px;
margin:24px 0 0}
.tiles div{padding:12px 16px}
.tiles dt{color:var(--quiet);font-size:13px}
.tiles dd{margin:0;font-size:24px;font-weight:600;font-variant-numeric:tabular-nums}
table{width:100%;border-spacing:0}
th,td{padding:7px 16px;text-align:left;vertical-align:top;border-top:1px solid var(--rule);
overflow-wrap:anywhere}
tr:first-child>*{border-top:0}
th{width:1%;white-space:nowrap;font-weight:400;color:var(--quiet)}
.types :is(th,td){padding:3px 16px;border-top:0}
.types tr:first-child>*{padding-top:10px}
.types tr:last-child>*{padding-bottom:10px}
.types th{color:var(--ink)}
.types .number{width:1%;text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.types span{display:block;height:10px;margin-top:6px;border-radius:5px;background:var(--bar);
min-width:3px}
figure{margin:24px 0 0}
img,svg{display:block;max-width:100%;height:auto}
pre{margin:0;padding:12px 16px;white-space:pre-wrap;overflow-wrap:anywhere;user-select:all}
.hint{margin:14px 0 6px;color:var(--quiet)}
@media(max-width:600px){main{padding:20px 12px 32px}th,td{padding:7px 10px}}
"""


def make_page(overline: str, title: str, about: Iterable[str], *parts: str) -> str:
    """Put parts on a page, below its title and what it is about."""
    lines = "<br>".join(f"<code>{escape(line)}</code>" for line in about)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style><main><header><p>{escape(overline)}</p><h1>{escape(title)}</h1>"
        f"<p>{lines}</p></header>{''.join(parts)}</main></html>"
    )


def show_numbers(numbers: Mapping[str, str]) -> str:
    """Show a few numbers large."""
    tiles = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(number)}</dd></div>"
        for name, number in numbers.items()
    )
    return f'<dl class="tiles">{tiles}</dl>'


def show_types(counts: "Iterable[TypeCount]") -> str:
    """Show how many nodes there are of each type, as bars; those without one at the end."""
    ordered = sorted(counts, key=lambda count: not count.type)
    most = max((count.nodes for count in ordered), default=1)
    rows = "".join(
        f'<tr><th scope="row">{escape(count.type or "without a type")}</th>'
        f'<td class="number">{count.nodes:,}</td>'
        f'<td><span style="width:{100 * count.nodes / most:.1f}%"></span></td></tr>'
        for count in ordered[:TYPES]
    )
    left = len(ordered) - TYPES
    more = f'<p class="hint">… and {left:,} more</p>' if left > 0 else ""
    return f'<h2>Types</h2><table class="types">{rows}</table>{more}'


def show_table(title: str, rows: Iterable[tuple[str, str]]) -> str:
    """Show names and values."""
    cells = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<h2>{escape(title)}</h2><table>{cells}</table>"


def show_figure(figure: "Figure", words: str) -> str:
    """Show a picture; the words are for those who cannot see it."""
    data = BytesIO()
    figure.savefig(data, format="png", dpi=figure.dpi)
    source = b64encode(data.getvalue()).decode()
    return f'<figure><img src="data:image/png;base64,{source}" alt="{escape(words)}"></figure>'


def show_code(title: str, lines: Mapping[str, str]) -> str:
    """Show lines to copy, each below what it does: a click selects all of them."""
    blocks = "".join(
        f'<p class="hint">{escape(hint)}</p><pre>{escape(code)}</pre>'
        for hint, code in lines.items()
    )
    return f"<h2>{escape(title)}</h2>{blocks}"
