"""The index as a file: URI ↔ path in SQLite, immutable, one for each generation of the metadata.

Two tables without row ids: `node` ordered by URI, so that a look-up by URI is one descent; `place`
ordered by path. What many nodes have in common (kind, shape, data type, types) is written once, in
`form`. SQLite was measured against LMDB, DuckDB, Parquet and an RDF store: 8 µs a look-up at a
million nodes, 22 ms in a new process, and nothing to install.
"""

import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from zarr_linked_data.errors import StoreError, ZldError
from zarr_linked_data.index.nodes import Node, Place

_FORM = 1
"""Changes when the tables change; an index of another form is rebuilt."""

_TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE form (id INTEGER PRIMARY KEY,"
    " kind TEXT NOT NULL, shape TEXT NOT NULL, dtype TEXT, types TEXT NOT NULL)",
    "CREATE TABLE node (uri TEXT NOT NULL, path TEXT NOT NULL, form INTEGER NOT NULL,"
    " offset INTEGER NOT NULL, length INTEGER NOT NULL,"
    " attributes_offset INTEGER, attributes_length INTEGER,"
    " PRIMARY KEY (uri, path)) WITHOUT ROWID",
    "CREATE TABLE place (path TEXT PRIMARY KEY, uri TEXT NOT NULL) WITHOUT ROWID",
)

_BY_PATH = "SELECT node.* FROM place JOIN node USING (uri, path)"

_NO_URI = ""
"""Stands for "none" in the tables: part of a primary key cannot be NULL."""


class UnusableIndexError(ZldError):
    """The file is not the index of this generation: build it again. It never reaches a user."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What an index says of itself."""

    generation: str
    iri: str | None
    dataset_link: str
    zarr_format: int
    size: int
    """Bytes of the metadata that it points into; metadata of another size are not whole."""
    nodes: int
    arrays: int


Form = tuple[str, tuple[int, ...] | None, str | None, tuple[str, ...]]
"""Kind, shape, data type and types of a node: what many nodes have in common."""


def write_index(path: Path, nodes: Iterable[Node], summary: Summary) -> None:
    """Write a new index file of these nodes, sorted by path."""
    forms: dict[Form, int] = {}
    rows = []
    for uri, place, kind, shape, dtype, types, (offset, length), attributes in nodes:
        form = forms.setdefault((kind, shape, dtype, types), len(forms))
        attributes_offset, attributes_length = attributes or (None, None)
        rows.append(
            (uri or _NO_URI, place, form, offset, length, attributes_offset, attributes_length)
        )
    rows.sort()  # a table takes rows in its own order twice as fast
    with write_database(path, _TABLES) as database:
        database.executemany("INSERT INTO node VALUES (?,?,?,?,?,?,?)", rows)
        database.execute("INSERT INTO place SELECT path, uri FROM node ORDER BY path")
        database.executemany("INSERT INTO form VALUES (?,?,?,?,?)", map(_form_row, forms.items()))
        meta = {"form": _FORM} | asdict(summary)
        database.executemany("INSERT INTO meta VALUES (?,?)", meta.items())


@contextmanager
def write_database(path: Path, tables: Iterable[str]) -> Iterator[sqlite3.Connection]:
    """Write a new SQLite file in one go, without a journal: it is moved when it is whole."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            for statement in (
                "PRAGMA journal_mode=OFF",
                "PRAGMA synchronous=OFF",
                "BEGIN",
                *tables,
            ):
                database.execute(statement)
            yield database
            database.execute("COMMIT")
    except sqlite3.Error as error:
        raise StoreError(
            f"Cannot write {str(path)!r}: {error}. Free some space and run it again; "
            "nothing was changed."
        ) from error


def _form_row(item: tuple[Form, int]) -> tuple[int, str, str, str | None, str]:
    """Turn a form into a table's row."""
    (kind, shape, dtype, types), number = item
    return number, kind, orjson.dumps(shape).decode(), dtype, orjson.dumps(types).decode()


def _read_form(row: tuple[int, str, str, str | None, str]) -> tuple[int, Form]:
    """Turn a table's row into a form."""
    number, kind, shape_text, dtype, types = row
    shape = orjson.loads(shape_text)
    return number, (
        kind,
        None if shape is None else tuple(shape),
        dtype,
        tuple(orjson.loads(types)),
    )


class Index:
    """An index file, opened for look-ups; safe to use from several threads.

    Raises
    ------
    UnusableIndexError
        From every method, where the file turns out to be no whole index of the generation.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # Immutable: no lock files, and no look for a journal at each query.
            self._database = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            # Closed when nobody uses it any more, be it only a list that is not read to its end.
            self._closer = weakref.finalize(self, self._database.close)
            self._execute = self._database.execute
            meta = dict(self._execute("SELECT name, value FROM meta").fetchall())
            form = meta.pop("form", None)
            self._forms: dict[int, Form] = {}
            self.summary = Summary(**meta)
        except (sqlite3.Error, TypeError) as error:
            raise UnusableIndexError(f"{path}: {error}") from error
        if form != _FORM:
            raise UnusableIndexError(f"{path}: of form {form!r}, not {_FORM}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._closer()

    def discard(self) -> None:
        """Close the file and remove it: it is broken."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _to_node(self, row: tuple[Any, ...]) -> Node:
        """Turn a table's row into an entry."""
        uri, path, number, offset, length, attributes_offset, attributes_length = row
        form = self._forms.get(number)
        if form is None:
            query = "SELECT * FROM form WHERE id=?"
            ((_, form),) = map(_read_form, self._rows(query, (number,)))
            self._forms[number] = form
        attributes = None
        if attributes_offset is not None:
            attributes = Place(attributes_offset, attributes_length)
        return Node(uri or None, path, *form, Place(offset, length), attributes)

    def find(self, uri: str) -> list[Node]:
        """Give every node with this URI, compared character for character."""
        if not uri:
            return []
        return [self._to_node(row) for row in self._rows("SELECT * FROM node WHERE uri=?", (uri,))]

    def at(self, path: str) -> Node | None:
        """Give the node at this path."""
        for row in self._rows(f"{_BY_PATH} WHERE place.path=?", (path,)):
            return self._to_node(row)
        return None

    def children(self, path: str) -> Iterator[Node]:
        """Give the nodes right below this path, by path, without looking at what is below them."""
        first, end = (f"{path}/", f"{path}0") if path else ("", "\U0010ffff")  # "0" follows "/"
        query = "SELECT path FROM place WHERE path > ? AND path < ? ORDER BY path LIMIT 1"
        after = first
        while found := self._rows(query, (after, end)):
            name, slash, _ = found[0][0][len(first) :].partition("/")
            if slash:
                after = f"{first}{name}/\U0010ffff"  # past all that is below this child
            else:
                after = found[0][0]
                yield from filter(None, [self.at(after)])

    def below(self, path: str, *, depth: int | None = None) -> Iterator[Node]:
        """Give the nodes below this path, by path, so many levels deep."""
        if depth == 1:
            return self.children(path)
        first, end = (f"{path}/", f"{path}0") if path else ("", "\U0010ffff")
        level = path.count("/") + 1 if path else 0
        deepest = None if depth is None else level + depth - 1
        query = f"{_BY_PATH} WHERE place.path >= ? AND place.path < ? AND place.path != ''"
        if deepest is not None:
            query += " AND length(place.path) - length(replace(place.path, '/', '')) <= ?"
        query += " ORDER BY place.path"
        arguments = (first, end) if deepest is None else (first, end, deepest)
        return map(self._to_node, self._stream(query, arguments))

    def nodes(self) -> Iterator[Node]:
        """Give all nodes, by path."""
        return map(self._to_node, self._stream(f"{_BY_PATH} ORDER BY place.path", ()))

    def uris(self, *, after: str = "") -> Iterator[str]:
        """Give each URI once, sorted."""
        query = "SELECT DISTINCT uri FROM node WHERE uri > ? ORDER BY uri"
        return (row[0] for row in self._stream(query, (after,)))

    def count_uris(self) -> int:
        """Count the distinct URIs."""
        return int(self._rows("SELECT count(DISTINCT uri) FROM node WHERE uri != ''", ())[0][0])

    def _rows(self, query: str, arguments: tuple[Any, ...]) -> list[Any]:
        """Run a query for a few rows."""
        try:
            return self._execute(query, arguments).fetchall()
        except sqlite3.DatabaseError as error:
            raise UnusableIndexError(f"{self.path}: {error}") from error

    def _stream(self, query: str, arguments: tuple[Any, ...]) -> Iterator[Any]:
        """Run a query for many rows."""
        try:
            yield from self._execute(query, arguments)
        except sqlite3.DatabaseError as error:
            raise UnusableIndexError(f"{self.path}: {error}") from error
