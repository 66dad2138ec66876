"""Where a generation's index is: in the store, in the user's cache, or built again."""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from zarr_linked_data.errors import ConcurrentUpdateError
from zarr_linked_data.index.database import Index, Summary, UnusableIndexError, write_index
from zarr_linked_data.index.nodes import Node
from zarr_linked_data.metadata import METADATA_KEY, Head, split_documents
from zarr_linked_data.storage import OUR_FOLDER, FolderStorage, Storage

INDEX_PREFIX = f"{OUR_FOLDER}/index-"

KEPT_IN_CACHE = 16
"""Index files kept in the user's cache, the latest used; one of a million nodes has 120 MB."""

_PART = ".part-"

_LONG_AGO_S = 24 * 3600
"""No index takes a day to be made."""

_ZSTD_LEVEL = 3
"""Shrinks an index to a tenth or less, at 300 MB/s."""


def index_key(generation: str, storage: Storage) -> str:
    """Name the object that holds a generation's index: plain in a folder, compressed elsewhere."""
    suffix = ".sqlite" if isinstance(storage, FolderStorage) else ".sqlite.zst"
    return f"{INDEX_PREFIX}{generation}{suffix}"


def open_index(storage: Storage, head: Head, cache: Path) -> Index:
    """Open the index of the store's metadata; build it where it is lost, foreign or broken.

    Raises
    ------
    CorruptDocumentError
        The metadata themselves are not whole.
    """
    if head.generation is None:
        data = _read_metadata(storage, head)
        return _open_cached(storage, head, cache, hashlib.sha256(data).hexdigest(), data)
    if isinstance(storage, FolderStorage):
        path = storage.root / index_key(head.generation, storage)
        index = _try(path, head, head.generation)
        if index is None and storage.writable():
            with storage.part() as part:
                _build(part, storage, head, head.generation, None)
                storage.adopt(part, index_key(head.generation, storage))
            index = _try(path, head, head.generation)
        if index is not None:
            return index
    return _open_cached(storage, head, cache, head.generation, None)


def store_index(storage: Storage, path: Path, generation: str) -> None:
    """Put a new index file into the store; on a folder the file is moved."""
    key = index_key(generation, storage)
    if isinstance(storage, FolderStorage):
        storage.adopt(path, key)
    else:
        from numcodecs import zstd

        storage.write(key, bytes(zstd.compress(path.read_bytes(), _ZSTD_LEVEL)))


def _open_cached(
    storage: Storage, head: Head, cache: Path, generation: str, data: bytes | None
) -> Index:
    """Open the index from the user's cache, fetched or built when it is not there."""
    path = cache / "indexes" / f"{generation}.sqlite"
    index = _try(path, head, generation)
    if index is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_PART, dir=path.parent) as folder:
            part = Path(folder) / path.name
            if not _fetch(part, storage, head):
                _build(part, storage, head, generation, data)
            part.replace(path)
        _prune(path.parent)
        index = Index(path)
    with suppress(FileNotFoundError):
        os.utime(path)
    return index


def _try(path: Path, head: Head, generation: str) -> Index | None:
    """Open an index file if it is there, whole, and of these metadata."""
    if not path.exists():
        return None
    try:
        index = Index(path)
    except UnusableIndexError:
        return None
    summary = index.summary
    if (summary.generation, summary.size, summary.dataset_link) == (
        generation,
        head.size,
        head.dataset_link,
    ):
        return index
    index.close()
    return None


def _fetch(part: Path, storage: Storage, head: Head) -> bool:
    """Get the store's own index file, if it has a usable one."""
    if head.generation is None or not _download(part, storage, head.generation):
        return False
    index = _try(part, head, head.generation)
    if index is not None:
        index.close()
    return index is not None


def _download(part: Path, storage: Storage, generation: str) -> bool:
    """Get a generation's index file out of a store, compressed or plain; tell if it was there."""
    key = f"{INDEX_PREFIX}{generation}.sqlite"
    compressed = storage.read(f"{key}.zst")
    if compressed is None:
        plain = storage.read(key)  # in a folder, maybe served over HTTP
        if plain is not None:
            part.write_bytes(plain)
        return plain is not None
    from numcodecs import zstd

    try:
        part.write_bytes(bytes(zstd.decompress(compressed)))
    except RuntimeError:  # what numcodecs raises on data that are not zstd's
        return False
    return True


def remembered_iri(storage: Storage) -> str | None:
    """Give the store's IRI as one of its indexes remembers it, where its metadata are lost."""
    _, objects = storage.list_folder(OUR_FOLDER)
    names = [f"{OUR_FOLDER}/{found.key}" for found in objects]
    generations = [name[len(INDEX_PREFIX) :] for name in names if name.startswith(INDEX_PREFIX)]
    with tempfile.TemporaryDirectory() as folder:
        for generation in generations:
            part = Path(folder) / "index.sqlite"
            if _download(part, storage, generation.partition(".")[0]):
                with suppress(UnusableIndexError), Index(part) as index:
                    return index.summary.iri
    return None


def _build(part: Path, storage: Storage, head: Head, generation: str, data: bytes | None) -> None:
    """Build the index from the consolidated metadata."""
    from zarr_linked_data.index.entries import derive_nodes  # noqa: PLC0415 - see the package

    data = _read_metadata(storage, head) if data is None else data
    documents: dict[str, bytes] = {}
    offsets: dict[str, int] = {}
    for key, offset, length in split_documents(data, storage.url):
        documents[key] = data[offset : offset + length]
        offsets[key] = offset
    part.unlink(missing_ok=True)
    nodes = derive_nodes(documents, offsets, head.dataset_link)
    zarr_format = 3 if "zarr.json" in documents else 2
    write_index(part, nodes, summarise(nodes, head, generation, zarr_format))


def summarise(nodes: Sequence[Node], head: Head, generation: str, zarr_format: int) -> Summary:
    """Say what an index of these nodes is of."""
    return Summary(
        generation=generation,
        iri=head.iri,
        dataset_link=head.dataset_link,
        zarr_format=zarr_format,
        size=head.size,
        nodes=len(nodes),
        arrays=sum(node.kind == "array" for node in nodes),
    )


def _read_metadata(storage: Storage, head: Head) -> bytes:
    """Read the whole object, of the state that the head was read from."""
    data = storage.read(METADATA_KEY)
    if data is None or len(data) != head.size:
        raise ConcurrentUpdateError(
            f"{METADATA_KEY!r} of {storage.url!r} changed while it was read. Ask again."
        )
    return data


def _prune(folder: Path) -> None:
    """Remove all but the latest used index files, and what killed processes left long ago."""
    files = sorted(folder.glob("*.sqlite"), key=_modified_s, reverse=True)
    for path in files[KEPT_IN_CACHE:]:
        path.unlink(missing_ok=True)
    for part in folder.glob(f"{_PART}*"):
        if time.time() - _modified_s(part) > _LONG_AGO_S:
            shutil.rmtree(part, ignore_errors=True)


def _modified_s(path: Path) -> float:
    """Give when a file was last used; others prune the same folder, and may have removed it."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
