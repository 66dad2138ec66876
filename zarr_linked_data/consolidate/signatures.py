"""The signature of each document at the last consolidation, kept in the store as SQLite."""

import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from zarr_linked_data.index import write_database
from zarr_linked_data.storage import OUR_FOLDER, FolderStorage, Storage
from zarr_linked_data.walk import Known

SIGNATURES_KEY = f"{OUR_FOLDER}/signatures.sqlite"

_FORM = 1
"""Changes when the table changes; another form is not used."""


_TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE document (key TEXT, signature, is_group)",
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
    except sqlite3.Error:
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
        rows = database.execute("SELECT key, signature, is_group FROM document")
        return {key: (signature, bool(is_group)) for key, signature, is_group in rows}


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
        database.executemany(
            "INSERT INTO document VALUES (?,?,?)",
            ((key, signature, is_group) for key, (signature, is_group) in signatures.items()),
        )


def _meta(storage: Storage, generation: str) -> dict[str, str | int]:
    """Tell what the signatures are of.

    A folder's signatures hold inodes and times, which a copy does not share. ETags can be the same
    in a copy whose documents differ (some servers make them of size and time), so they count for
    their own URL only.
    """
    place = "folder" if isinstance(storage, FolderStorage) else storage.url
    return {"form": _FORM, "generation": generation, "place": place}
