"""Taking the index along: without it the first reader of each machine would build it again."""

from zarr_linked_data.index import INDEX_PREFIX
from zarr_linked_data.metadata import Head
from zarr_linked_data.storage import FolderStorage, Storage

PLAIN, COMPRESSED = ".sqlite", ".sqlite.zst"
"""How indexes end in folders, and elsewhere."""

ZSTD_LEVEL = 3
"""As the one that consolidation writes."""


def carry_index(source: Storage, target: Storage, head: Head | None) -> None:
    """Put the source's index of this generation into the target, in the form of its kind.

    Where the source has none, or the target has it already, nothing is written. It holds only what
    `.all_metadata` holds, so that it is right wherever that is.
    """
    if head is None or head.generation is None:
        return
    stem = f"{INDEX_PREFIX}{head.generation}"
    suffix = PLAIN if isinstance(target, FolderStorage) else COMPRESSED
    if target.read_range(stem + suffix, 0, 1) is None:
        data = _read_as(source, stem, suffix)
        if data is not None:
            target.write(stem + suffix, data)


def _read_as(source: Storage, stem: str, suffix: str) -> bytes | None:
    """Read the source's index, in this form."""
    data = source.read(stem + suffix)
    if data is not None:
        return data
    data = source.read(stem + (PLAIN if suffix == COMPRESSED else COMPRESSED))
    return None if data is None else _turned(data, suffix)


def _turned(data: bytes, suffix: str) -> bytes | None:
    """Compress or unpack an index; None for one that is broken: then readers build it again."""
    from numcodecs import zstd  # costs 60 ms

    if suffix == COMPRESSED:
        return bytes(zstd.compress(data, ZSTD_LEVEL))
    try:
        return bytes(zstd.decompress(data))
    except RuntimeError:  # what numcodecs raises on data that are not zstd's
        return None
