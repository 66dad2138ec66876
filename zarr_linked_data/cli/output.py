"""What a verb answers: one JSON document, and lines for people."""

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from zarr_linked_data.cli.terminal import HIDDEN, Ready, on_terminal, paint, visible, write

if TYPE_CHECKING:
    from datetime import datetime


class Result(NamedTuple):
    """What a verb found: one JSON document, and the same as lines for people.

    The lines are only read when they are printed: give a generator where they cost something.
    """

    document: Any
    lines: Iterable[str]
    exit_code: int = 0


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[Ready]:
    """Give rows as aligned columns below their headers; in a pipe with tabs and no headers.

    URIs are never cut or folded: they are there to be copied.
    """
    if not on_terminal():
        for row in rows:
            yield Ready("\t".join(_cell(value, nothing="") for value in row))
        return
    whole = [tuple(row) for row in rows]
    columns = [_Column(header, [row[n] for row in whole]) for n, header in enumerate(headers)]
    yield paint("  ".join(column.padded(column.header) for column in columns).rstrip(), "bold")
    for cells in zip(*(column.cells for column in columns), strict=True):
        pairs = zip(columns, cells, strict=True)
        yield Ready("  ".join(column.padded(cell) for column, cell in pairs).rstrip())


def fields(pairs: Iterable[tuple[str, object]]) -> Iterator[Ready]:
    """Give names and values, one pair a line; in a pipe with a tab between them."""
    whole = list(pairs)
    width = max((_width(name) for name, _ in whole), default=0)
    for name, value in whole:
        if on_terminal():
            space = " " * (width - _width(name))
            yield Ready(f"{paint(name, 'dim')}{space}  {_cell(value, nothing='–')}")
        else:
            yield Ready(f"{visible(name)}\t{_cell(value, nothing='')}")


def when(time: "datetime | None") -> str | None:
    """Give a time as a person reads it, in the zone of this machine."""
    return time.astimezone().strftime("%Y-%m-%d %H:%M:%S") if time else None


def print_result(result: Result, *, as_json: bool) -> None:
    """Print what a verb answers, whole or not at all."""
    if as_json:
        write(_to_json(result.document))
        return
    lines = [line if isinstance(line, Ready) else visible(line) for line in result.lines]
    write("".join(f"{line}\n" for line in lines))


class _Column:
    """One column of a table; its numbers stand at the right."""

    def __init__(self, header: str, values: Sequence[object]) -> None:
        self.header = header
        self.cells = [_cell(value, nothing="–") for value in values]
        self.width = max(map(_width, [header, *self.cells]))
        self.numeric = all(isinstance(value, int | float | None) for value in values)

    def padded(self, cell: str) -> str:
        space = " " * (self.width - _width(cell))
        return space + cell if self.numeric else cell + space


def _cell(value: object, *, nothing: str) -> str:
    return nothing if value is None else visible(str(value)).replace("\t", "\\t")


def _width(text: str) -> int:
    """Count the columns of a text: Chinese characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    none = sum(unicodedata.combining(character) > 0 for character in text)
    return len(text) + wide - none


def _to_json(document: object) -> str:
    """Write a document as JSON: indented and without hidden characters where a person reads it."""
    import json

    import orjson

    options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
    if on_terminal():
        options |= orjson.OPT_INDENT_2
    try:
        text = orjson.dumps(document, default=str, option=options).decode()
    except TypeError:  # orjson writes no lone surrogates, which file names may hold
        return json.dumps(document, default=str) + "\n"
    if "utf" not in (getattr(sys.stdout, "encoding", None) or "utf-8").lower():
        return json.dumps(json.loads(text)) + "\n"
    if on_terminal():
        return re.sub(f"[{HIDDEN}]", lambda found: f"\\u{ord(found[0]):04x}", text)
    return text
