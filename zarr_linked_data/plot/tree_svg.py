"""The tree of a store as an SVG picture, light or dark as the reader's screen."""

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from zarr_linked_data.plot.tree import Folding, NodeLike, Row, Tally
from zarr_linked_data.plot.words import (
    bytes_as_text,
    counted,
    form_of,
    printable,
    shorten,
    text_width,
)

WIDTH, ROW, SIDE = 880, 26, 24
"""In pixels: of the picture, of a row, of the margins."""

INDENT, DEEPEST = 20, 220
"""Pixels that each level is moved in by, and all of them together."""

TYPE_X, FORM_ROOM = 440, 220
"""Where the column of types begins, and the width of the column of shapes."""

CHIP_ROOM = WIDTH - 2 * SIDE - FORM_ROOM - (TYPE_X - SIDE)

ICONS = {
    "group": "M1.5 3.5h4.6l1.6 2h6.8v7.5h-13z",
    "array": "M2 2.5h12v11h-12zM2 6.2h12M2 9.8h12M6 2.5v11M10 2.5v11",
}
"""A folder and a grid, in a box of 16 × 16."""


class Colors(NamedTuple):
    """The colours of one scheme; each of letters has a contrast of 4.5:1 or better (WCAG 2 AA)."""

    paper: str
    ink: str
    quiet: str
    rule: str
    group: str
    array: str
    chips: tuple[tuple[str, str], ...]
    """Ground and letters of each type's chip."""


LIGHT = Colors(
    paper="#ffffff",
    ink="#1f2328",
    quiet="#59636e",
    rule="#d1d9e0",
    group="#2f6fb3",
    array="#1a7f4b",
    chips=(
        ("#ddf0ff", "#0550ae"),
        ("#dafbe1", "#116329"),
        ("#f0e6ff", "#6639ba"),
        ("#fff1e0", "#953800"),
        ("#ffeff7", "#99286e"),
        ("#d7f5f2", "#0b5a57"),
        ("#fff8c5", "#6b4400"),
        ("#eaeef2", "#424a53"),
    ),
)
DARK = Colors(
    paper="#0d1117",
    ink="#e6edf3",
    quiet="#9198a1",
    rule="#30363d",
    group="#79b8ff",
    array="#56d364",
    chips=(
        ("#12305a", "#a5d6ff"),
        ("#0f3d22", "#7ee787"),
        ("#3b2463", "#d2a8ff"),
        ("#4b2a10", "#ffb77c"),
        ("#4d1f3b", "#ffadd6"),
        ("#0d3f3d", "#7de3da"),
        ("#453a0c", "#eac54f"),
        ("#30363d", "#c9d1d9"),
    ),
)


def plot_tree(nodes: Iterable[NodeLike], *, max_rows: int = 200, title: str = "") -> str:
    """Draw a store's tree as SVG text, folding siblings of one type where there are too many.

    The nodes are read once, in any number, and need not be held in memory.

    Parameters
    ----------
    nodes
        Parents before their children, as the index gives them.
    max_rows
        Lines that the tree may take.
    """
    folding = Folding(max_rows)
    for node in nodes:
        folding.add(node)
    rows = folding.rows(max_rows)
    chips = _chip_numbers(rows, folding.tally)
    head, top = _head(title, folding.tally, chips)
    height = top + ROW * max(1, len(rows)) + SIDE - 8
    body = _tree(rows, top, chips) if rows else _nothing(top)
    words = f"{title or 'Store'}: {_totals(folding.tally)}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="zld-tree" role="img" '
            f'aria-label="{_safe(words)}" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" style="max-width:100%;height:auto">',
            f"<style>{_style()}</style>",
            f'<rect class="paper" x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
            *head,
            *body,
            "</svg>\n",
        ]
    )


def _safe(words: str) -> str:
    """Make words that XML takes."""
    return escape(printable(words))


def _style() -> str:
    """Give the rules of both schemes, for this kind of picture only."""
    return (
        ".zld-tree text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',"
        "Arial,'Noto Sans','DejaVu Sans',sans-serif;white-space:pre}"
        ".zld-tree .title{font-size:15px;font-weight:600}.zld-tree .chip{font-size:11px}"
        ".zld-tree .form{font-size:12px;text-anchor:end;font-variant-numeric:tabular-nums}"
        ".zld-tree .icon,.zld-tree .guide{fill:none;stroke-width:1.2;stroke-linejoin:round}"
        + _scheme(LIGHT)
        + f"@media (prefers-color-scheme:dark){{{_scheme(DARK)}}}"
    )


def _scheme(colors: Colors) -> str:
    """Give the rules of one scheme."""
    plain = (
        f".zld-tree .paper{{fill:{colors.paper};stroke:{colors.rule}}}"
        f".zld-tree text{{fill:{colors.ink}}}.zld-tree .quiet{{fill:{colors.quiet}}}"
        f".zld-tree .guide{{stroke:{colors.rule}}}"
        f".zld-tree .group{{stroke:{colors.group};fill:{colors.group}33}}"
        f".zld-tree .array{{stroke:{colors.array}}}"
    )
    return plain + "".join(
        f".zld-tree .b{number}{{fill:{ground}}}.zld-tree .t{number}{{fill:{letters}}}"
        for number, (ground, letters) in enumerate(colors.chips)
    )


def _chip_numbers(rows: list[Row], tally: Tally) -> dict[str, int]:
    """Give each type a colour, in the order in which they stand in the tree."""
    labels = [row.label.partition(" +")[0] for row in rows]
    names = dict.fromkeys(name for name in (*labels, *sorted(tally.types)) if name)
    return {name: number % len(LIGHT.chips) for number, name in enumerate(names)}


def _totals(tally: Tally) -> str:
    """Sum up the store."""
    parts = [counted(tally.nodes, "node"), counted(tally.arrays, "array")]
    if tally.size:
        parts.append(f"{bytes_as_text(tally.size)} of values")
    return "  ·  ".join(parts)


def _head(title: str, tally: Tally, chips: dict[str, int]) -> tuple[list[str], int]:
    """Draw what stands above the tree; give it, and where the tree begins."""
    lines = []
    y = SIDE + 12
    if title:
        room = WIDTH - 2 * SIDE
        lines.append(_text(SIDE, y, _fit(title, room, 16.5), "title", title))
        y += 22
    lines.append(_text(SIDE, y, _totals(tally), "quiet"))
    y += 14
    x = float(SIDE)
    types = [count for count in tally.summary() if count.type]
    for count in types:
        words = f"{shorten(count.type, 28)}  {count.nodes:,}"
        width = text_width(words, 11) + 16
        if x + width > WIDTH - SIDE:
            lines.append(_text(x, y + 13, "…", "quiet"))
            break
        lines += _chip(x, y, words, chips[count.type], count.type)
        x += width + 6
    return lines, y + (34 if types else 8)


def _tree(rows: list[Row], top: int, chips: dict[str, int]) -> list[str]:
    """Draw the rows and the guides that join them."""
    depth = max(row.depth for row in rows)
    indent = min(float(INDENT), DEEPEST / max(1, depth))
    guides = [
        f'<path class="guide" d="M{SIDE + row.depth * indent + 8:.1f} {top + number * ROW + 23}'
        f'V{top + row.last * ROW + 20}"/>'
        for number, row in enumerate(rows)
        if row.last > number
    ]
    lines = []
    for number, row in enumerate(rows):
        x, y = SIDE + row.depth * indent, top + number * ROW
        lines += _node(row, x, y, chips) if row.node else [_text(x, y + 18, row.name, "quiet")]
    return [*guides, *lines]


def _node(row: Row, x: float, y: int, chips: dict[str, int]) -> list[str]:
    """Draw the row of a node."""
    node = row.node
    if node is None:
        return []
    room = TYPE_X - x - 34
    icon = "array" if node.kind == "array" else "group"
    tooltip = "\n".join([f"/{node.path}", *node.types])
    lines = [
        f'<path class="icon {icon}" transform="translate({x:.1f} {y + 5})" d="{ICONS[icon]}"/>',
        _text(x + 24, y + 18, _fit(row.name, room, 13), "name", tooltip),
    ]
    if row.label:
        name = row.label.partition(" +")[0]
        words = _fit(row.label, CHIP_ROOM - 16, 11)
        lines += _chip(TYPE_X, y + 4, words, chips.get(name, 0), "\n".join(node.types))
    if node.shape is not None:
        form = form_of(node.shape, node.dtype or "")
        lines.append(_text(WIDTH - SIDE, y + 18, _fit(form, FORM_ROOM, 12), "form quiet", form))
    return lines


def _chip(x: float, y: int, words: str, number: int, tooltip: str) -> list[str]:
    """Draw a type as a chip."""
    width = text_width(words, 11) + 16
    return [
        f'<rect class="b{number}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="18" rx="9"/>',
        f'<text class="chip t{number}" x="{x + width / 2:.1f}" y="{y + 13}" text-anchor="middle">'
        f"<title>{_safe_lines(tooltip)}</title>{_safe(words)}</text>",
    ]


def _text(x: float, y: int, words: str, kind: str, tooltip: str = "") -> str:
    """Draw words, and what the pointer shows over them."""
    hint = f"<title>{_safe_lines(tooltip)}</title>" if tooltip else ""
    return f'<text class="{kind}" x="{x:.1f}" y="{y}">{hint}{_safe(words)}</text>'


def _safe_lines(words: str) -> str:
    """Make several lines that XML takes."""
    return "\n".join(_safe(line) for line in words.split("\n"))


def _nothing(top: int) -> list[str]:
    """Say that the store is empty."""
    return [_text(SIDE, top + 18, "no nodes", "quiet")]


def _fit(words: str, room: float, size: float) -> str:
    """Shorten words in the middle until they fit."""
    words = printable(words)
    length = int(room / (0.3 * size))
    fitted = shorten(words, length)
    while length > 1 and (width := text_width(fitted, size)) > room:
        length = min(length - 1, int(length * room / width))
        fitted = shorten(words, length)
    return fitted
