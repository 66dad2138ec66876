"""The signature of each document at the last consolidation, kept in the store as SQLite."""

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from zarr_linked_data.index import write_database
from zarr_linked_data.storage import OUR_FOLDER, FolderStorage, Storage
from zarr_linked_data.walk import SIGNATURE_LENGTH, Known, Signature

SIGNATURES_KEY = f"{OUR_FOLDER}/signatures.sqlite"

_FORM = 2
"""Changes when the table changes; another form is not used."""


_NONE = bytes(SIGNATURE_LENGTH)
"""Stands for "cannot be told": no file has inode 0."""

_TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    # One row for all: a row for each document would take ten times as long.
    "CREATE TABLE documents (keys BLOB, signatures BLOB, are_groups BLOB)",
)


def read_signatures(storage: Storage, generation: str) -> dict[str, Known]:
    """Read the signatures of this generation; none where they are lost, broken or of another."""
    try:
        if isinstance(storage, FolderStorage):
            return _read(storage.root / SIGNATURES_KEY, storage, generation)
        data = storage.read(SIGNATURES_KEY)
        if data is None:
            return {}
        with tempfile.NamedTemporaryFile(suffix=".sqlite") as file:
            file.write(data)
            file.flush()
            return _read(Path(file.name), storage, generation)
    except (sqlite3.Error, TypeError, ValueError):  # broken, in whatever way
        return {}


def _read(path: Path, storage: Storage, generation: str) -> dict[str, Known]:
    """Read the file."""
    if not path.exists():
        return {}
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as database:
        meta = dict(database.execute("SELECT name, value FROM meta").fetchall())
        if meta != _meta(storage, generation):
            return {}
        keys, signatures, groups = database.execute("SELECT * FROM documents").fetchone()
    known = zip(_take_apart(signatures), map(bool, groups), strict=True)
    return dict(zip(keys.decode().split("\0"), known, strict=True))


def write_signatures(storage: Storage, generation: str, signatures: Mapping[str, Known]) -> None:
    """Keep the signatures for the next consolidation."""
    if isinstance(storage, FolderStorage):
        with storage.part() as part:
            _write(part, storage, generation, signatures)
            storage.adopt(part, SIGNATURES_KEY)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "signatures.sqlite"
        _write(path, storage, generation, signatures)
        storage.write(SIGNATURES_KEY, path.read_bytes())


def _write(path: Path, storage: Storage, generation: str, signatures: Mapping[str, Known]) -> None:
    """Write the file."""
    with write_database(path, _TABLES) as database:
        database.executemany("INSERT INTO meta VALUES (?,?)", _meta(storage, generation).items())
        keys = "\0".join(signatures).encode()
        groups = bytes(is_group for _, is_group in signatures.values())
        together = _put_together([signature for signature, _ in signatures.values()])
        database.execute("INSERT INTO documents VALUES (?,?,?)", (keys, together, groups))


def _meta(storage: Storage, generation: str) -> dict[str, str | int]:
    """Tell what the signatures are of.

    A folder's signatures hold inodes and times, which a copy does not share. ETags can be the same
    in a copy whose documents differ (some servers make them of size and time), so they count for
    their own URL only.
    """
    place = "folder" if isinstance(storage, FolderStorage) else storage.url
    return {"form": _FORM, "generation": generation, "place": place}


def _put_together(signatures: Sequence[Signature]) -> bytes | str:
    """Write signatures in a row: those of a folder have one length, ETags get NUL between."""
    if any(isinstance(one, str) for one in signatures):
        return "\0".join(one if isinstance(one, str) else "" for one in signatures)
    return b"".join(one if isinstance(one, bytes) else _NONE for one in signatures)


def _take_apart(together: bytes | str) -> Iterator[Signature]:
    """Give back what `_put_together` was given."""
    if isinstance(together, str):
        return (signature or None for signature in together.split("\0"))
    pieces = (together[at : at + len(_NONE)] for at in range(0, len(together), len(_NONE)))
    return (None if piece == _NONE else piece for piece in pieces)
