"""What a group or array shows of itself in a notebook: a table of what it is, and its picture."""

import base64
from collections.abc import Iterable
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLE = "border-collapse:collapse;margin:0.5em 0"
NAME = "text-align:left;padding:2px 1.5em 2px 0;font-weight:normal;opacity:0.65;vertical-align:top"
VALUE = "text-align:left;padding:2px 0"
"""Written on each cell: notebooks keep no style sheets, and align cells to the right."""


def node_html(fields: Iterable[tuple[str, str]], figure: "Figure | None") -> str:
    """Write names and values as a table, and under it the picture, if there is one."""
    rows = "".join(
        f'<tr><th style="{NAME}">{escape(name)}</th><td style="{VALUE}">{escape(value)}</td></tr>'
        for name, value in fields
    )
    picture = "" if figure is None else _image(figure)
    return f'<table style="{TABLE}">{rows}</table>{picture}'


def _image(figure: "Figure") -> str:
    """Put a figure into the page itself."""
    png = BytesIO()
    figure.savefig(png, format="png", dpi=figure.dpi, facecolor=figure.get_facecolor())
    data = base64.b64encode(png.getvalue()).decode()
    source = f"data:image/png;base64,{data}"
    return f'<img alt="the array as a picture" style="max-width:100%" src="{source}">'
