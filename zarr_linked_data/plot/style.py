"""One look for all pictures: colours, letters, and the page around the drawing."""

import textwrap
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from zarr_linked_data.plot.words import columns, printable, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis as MatplotlibAxis
    from matplotlib.figure import Figure
    from matplotlib.text import Text

INK = "#1f2328"
QUIET = "#59636e"
RULE = "#d1d9e0"
PAPER = "#ffffff"
MISSING = "#d8d8d8"
"""Grey is in none of our colour maps."""

LINES = ("#0b62a8", "#b84300", "#13724a", "#8a3a9b", "#8a5a00", "#4b5563")
"""Blue, orange, green, purple, ochre, grey; each has a contrast of 4.5:1 on white or better."""

FONT = "DejaVu Sans"
MONO = "DejaVu Sans Mono"
"""Both come with matplotlib."""

FALLBACKS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Noto Sans JP",
    "Noto Sans KR",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "PingFang SC",
    "Hiragino Sans",
    "Microsoft YaHei",
    "SimHei",
    "Yu Gothic",
    "Malgun Gothic",
)
"""Fonts with the letters that DejaVu has not; used where one is installed."""

NO_GLYPH = "\N{WHITE SQUARE}"
"""Drawn for a letter that no font here has; matplotlib would warn, and draw the same."""

WIDTH_IN, HEIGHT_IN = 8.0, 4.8
DPI = 150
MARGIN_IN = 0.22
LINEAR = 0.04045
"""Parts of a colour up to which sRGB is linear."""

PAD_IN = 0.04167
"""What matplotlib's constrained layout leaves free around a drawing."""

NOTE_CHARACTERS = 118
"""Characters of 8 points that fit on a line."""


@dataclass(frozen=True)
class Heading:
    """What stands above a picture."""

    title: str = ""
    uri: str = ""
    form: str = ""
    """Shape and data type."""


def new_figure(heading: Heading) -> "Figure":
    """Start a page: its title, and in quiet letters what the array is."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), dpi=DPI, facecolor=PAPER, edgecolor=PAPER)
    FigureCanvasAgg(figure)
    title = heading.title.strip() or heading.uri
    uri = heading.uri if title != heading.uri else ""
    about = "  ·  ".join(part for part in (heading.form, uri) if part)
    lines = [(title, 12.0, "bold", INK)] if title else []
    top = 1 - MARGIN_IN / HEIGHT_IN
    for words, size, weight, color in [*lines, (about, 8.5, "normal", QUIET)]:
        text = figure.text(
            MARGIN_IN / WIDTH_IN, top, "", size=size, weight=weight, color=color, va="top"
        )
        write(text, words, width=1 - 2 * MARGIN_IN / WIDTH_IN)
        top -= size * 1.55 / 72 / HEIGHT_IN
    figure.set_layout_engine("constrained", rect=(0.0, 0.0, 1.0, top))
    return figure


def finish(figure: "Figure", notes: tuple[str, ...]) -> "Figure":
    """Put the notes below the drawing, and give the drawing the room between."""
    lines = [line for note in notes for line in textwrap.wrap(note, NOTE_CHARACTERS)]
    bottom = (MARGIN_IN * 0.7) / HEIGHT_IN
    for line in reversed(lines):
        text = figure.text(MARGIN_IN / WIDTH_IN, bottom, "", size=8, color=QUIET, va="bottom")
        write(text, line)
        bottom += 8 * 1.5 / 72 / HEIGHT_IN
    bottom = bottom + 0.02 if lines else 0.02
    side = (MARGIN_IN - PAD_IN) / WIDTH_IN
    engine = figure.get_layout_engine()
    top = engine.get()["rect"][3] if engine else 1.0
    figure.set_layout_engine("constrained", rect=(side, bottom, 1 - 2 * side, top - bottom - 0.01))
    return figure


def write(text: "Text", words: str, width: float | None = None, *, family: str = FONT) -> None:
    """Set a text that may hold anything: no mathematics, no letter without a glyph, not too wide.

    Parameters
    ----------
    width
        As a share of the figure's.
    """
    words, families = drawable(words, family)
    text.set_parse_math(False)
    text.set_usetex(False)
    text.set_fontfamily(families)
    text.set_text(words)
    figure = text.get_figure(root=True)
    if width is None or figure is None:
        return
    room = width * figure.bbox.width
    length = columns(words)
    while (extent := text.get_window_extent().width) > room and length > 1:
        length = min(length - 1, int(length * room / extent))
        text.set_text(shorten(words, length))


def drawable(words: str, family: str = FONT) -> tuple[str, list[str]]:
    """Make words that the fonts here can draw, and name the fonts that they need."""
    words = printable(words)
    lacking = set(words) - _letters(family)
    families = [family]
    for other in (FONT, *_installed()) if lacking else ():
        found = lacking & _letters(other)
        if found:
            families.append(other)
            lacking -= found
    marks = str.maketrans(dict.fromkeys(lacking, NO_GLYPH))
    return words.translate(marks), families


@cache
def _letters(family: str) -> frozenset[str]:
    """Give the letters that a font has, in normal and in bold."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    maps = [
        get_font(findfont(FontProperties(family=family, weight=weight))).get_charmap()
        for weight in ("normal", "bold")
    ]
    return frozenset(chr(code) for code in maps[0].keys() & maps[1].keys())


@cache
def _installed() -> tuple[str, ...]:
    """Name the fonts for other scripts that this machine has."""
    from matplotlib.font_manager import fontManager

    names = set(fontManager.get_font_names())
    return tuple(family for family in FALLBACKS if family in names)


def style_axes(axes: "Axes", xlabel: str, ylabel: str) -> None:
    """Give a drawing quiet axes and name them."""
    axes.set_facecolor(PAPER)
    axes.grid(visible=False)
    for side, spine in axes.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set_color(RULE)
    axes.tick_params(
        colors=QUIET, labelsize=8.5, length=3, width=0.8, labelfontfamily=FONT, color=RULE
    )
    for axis, words in ((axes.xaxis, xlabel), (axes.yaxis, ylabel)):
        axis.label.set(size=9.5, color=INK)
        write(axis.label, words, width=0.6)
        axis.get_offset_text().set(size=8.5, color=QUIET, family=FONT)


def number_axis(axis: "MatplotlibAxis") -> None:
    """Mark an axis of indices at whole numbers, with commas between the thousands."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True))
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def value_axis(axis: "MatplotlibAxis") -> None:
    """Write values of more than five digits, or of less than a thousandth, with an exponent."""
    from matplotlib.ticker import ScalarFormatter

    formatter = ScalarFormatter(useMathText=False)
    formatter.set_powerlimits((-4, 5))
    axis.set_major_formatter(formatter)


def date_axis(axis: "MatplotlibAxis") -> None:
    """Mark an axis of days since 1970 with dates."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(tz="UTC")  # type: ignore[no-untyped-call]
    axis.set_major_locator(locator)
    axis.set_major_formatter(ConciseDateFormatter(locator, tz="UTC"))  # type: ignore[no-untyped-call]


def say_nothing_finite(axes: "Axes") -> None:
    """Write into an empty drawing why it is empty."""
    axes.set_yticks([])
    axes.text(
        0.5, 0.5, "no finite value", transform=axes.transAxes, size=12, color=QUIET, ha="center",
        va="center", family=FONT, bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 6},
    )  # fmt: skip


def luminance(color: tuple[float, ...]) -> float:
    """Give the relative luminance of a colour of red, green, blue, each 0 to 1 (WCAG 2)."""
    linear = [part / 12.92 if part <= LINEAR else ((part + 0.055) / 1.055) ** 2.4 for part in color]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
