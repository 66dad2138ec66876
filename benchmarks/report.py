"""The results: kept as `results.json`, and written from that as `RESULTS.md`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from benchmarks.figures import Row

INTRODUCTION = """# How fast it is

Written by `make bench`; not to be edited. Each figure is the median of several runs, each in a
process of its own, ours and the peer's in turn on one machine. *Ratio*: how many times better than
the peer; below 1 the peer is better, as it must be where it does only a part of the work. *Met*:
whether ours meets the target, which is for 2 cores.
"""

QUICK = """**These are no results**: a quick run takes small stores, and each once.
"""

PICTURED, PICTURE = "consolidate", "scaling"
"""The claim that draws a picture, and its name."""


@dataclass(frozen=True)
class Record:
    """What the program of one claim found, when, and on what."""

    name: str
    title: str
    method: str
    machine: str
    date: str
    busy: float
    """Processes that wanted a processor in the minute before."""
    seconds: float
    rows: tuple[Row, ...]

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Take a record back from JSON."""
        rows = tuple(map(Row.from_document, document["rows"]))
        return cls(**(document | {"rows": rows}))


class Results:
    """The records in a folder, one for each claim."""

    def __init__(self, folder: Path, order: Sequence[str], *, quick: bool = False) -> None:
        self._folder = folder
        self._order = order
        self._quick = quick
        self._file = folder / "results.json"

    def add(self, record: Record) -> None:
        """Put a record in the place of the claim's earlier one, and write both files."""
        records = {one.name: one for one in self._read()} | {record.name: record}
        ordered = [records[name] for name in self._order if name in records]
        self._folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps([asdict(one) for one in ordered], indent=1, ensure_ascii=False)
        self._file.write_text(text + "\n", encoding="utf-8")
        introduction = f"{INTRODUCTION}\n{QUICK}" if self._quick else INTRODUCTION
        page = "\n".join([introduction, *_page(ordered)])
        (self._folder / "RESULTS.md").write_text(page, encoding="utf-8")

    def _read(self) -> list[Record]:
        if not self._file.exists():
            return []
        return list(map(Record.from_document, json.loads(self._file.read_text(encoding="utf-8"))))


def _page(records: Sequence[Record]) -> Iterator[str]:
    """Give the lines of the page: one table of all, then how each was measured."""
    yield from table(row for record in records for row in record.rows)
    if any(record.name == PICTURED for record in records):
        yield f"\n![Time and memory to consolidate, over the number of nodes]({PICTURE}.svg)"
    yield "\n## How each was measured"
    for record in records:
        yield from _section(record)
    yield "\n## The machine\n"
    for machine in dict.fromkeys(record.machine for record in records):
        names = ", ".join(f"`{one.name}`" for one in records if one.machine == machine)
        yield f"- {machine}. Measured on it: {names}."
    yield ""


def table(rows: Iterator[Row]) -> Iterator[str]:
    """Give the lines of a table."""
    yield "| what | target | ours | peer | ratio | met |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        cells = (
            row.what,
            row.target_text,
            str(row.ours),
            row.peer_text,
            row.ratio_text,
            row.met_text,
        )
        text = " | ".join(cell.replace("|", "\\|") for cell in cells)
        yield f"| {text} |"


def _section(record: Record) -> Iterator[str]:
    """Say how one claim was measured, and how much the runs scatter."""
    yield f"\n### {record.title}\n"
    yield f"{record.method}\n"
    yield (
        f"`python -m benchmarks {record.name}`, {record.date}, {record.seconds:.0f} s in all; "
        f"load of the machine before: {record.busy:.1f}.\n"
    )
    for row in record.rows:
        peer = f"; {row.peer_name}: {row.peer.spread()}" if row.peer else ""
        yield f"- {row.what}: {row.ours.spread()}{peer}"
