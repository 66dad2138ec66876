"""A store's tree as lines of text."""

from collections.abc import Iterable, Iterator

from zarr_linked_data.cli.terminal import Ready, paint, visible
from zarr_linked_data.index import Node
from zarr_linked_data.plot.tree import Folding, Row
from zarr_linked_data.plot.words import bytes_as_text, counted, form_of


def tree_lines(nodes: Iterable[Node], *, title: str, max_rows: int) -> Iterator[Ready]:
    """Give the tree, each node with its type or shape; then what there is in all."""
    folding = Folding(keep=max(1, max_rows))
    for node in nodes:
        folding.add(node)
    rows = folding.rows(max_rows)
    for number, row in enumerate(rows):
        yield Ready(paint(_guides(rows, number), "dim") + _row_text(row, title))
    tally = folding.tally
    groups = tally.nodes - tally.arrays
    counts = f"{counted(groups, 'group')}, {counted(tally.arrays, 'array')}"
    yield Ready("")
    yield Ready(paint(f"{counts}, {bytes_as_text(tally.size)} of values", "dim"))


def _row_text(row: Row, title: str) -> str:
    """Write one line without its guides."""
    if row.node is None:
        return paint(visible(row.name), "dim")
    name = visible(row.name if row.node.path else title)
    label = f"  {paint(visible(row.label), 'cyan')}" if row.label else ""
    if row.node.kind != "array":
        return f"{paint(name, 'bold')}{label}"
    form = form_of(row.node.shape or (), row.node.dtype or "")
    return f"{name}{label}  {paint(visible(form), 'green')}"


def _guides(rows: list[Row], number: int) -> str:
    """Draw the lines that lead from the nodes above to this one."""
    depth = rows[number].depth
    if depth <= 0:
        return ""
    open_levels = set()
    level = depth
    for later in rows[number + 1 :]:
        if later.depth <= level:
            level = later.depth
            open_levels.add(level)
            if level <= 1:
                break
    bars = "".join("│  " if level in open_levels else "   " for level in range(1, depth))
    return bars + ("├─ " if depth in open_levels else "└─ ")
