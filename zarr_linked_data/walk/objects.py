"""Walk an object store: list it flat or descend it in parallel, then read what has changed."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from zarr_linked_data.node import DOCUMENT_NAMES
from zarr_linked_data.storage import OUR_FOLDER, Storage, read_many
from zarr_linked_data.walk.crew import REPORT_EVERY
from zarr_linked_data.walk.folder import says_array
from zarr_linked_data.walk.result import Known, Span, Walk, is_unclean

FLAT_KEYS = 2_000
"""Keys that a flat listing may see before it is judged: two pages of an S3 listing."""

FLAT_KEYS_A_DOCUMENT = 10
"""Listing flat goes on while it sees fewer keys than this for each document.

A flat page of 1,000 keys takes one request after the other; the descent takes a listing and a read
for each node, 128 at once.
"""

DESCENT_THREADS = 64
"""Listings at once in a descent: more gained nothing with 20 ms of latency."""


def walk_objects(
    storage: Storage,
    zarr_format: int,
    known: Mapping[str, Known],
    span: Span,
    report: Callable[[int, int | None], None],
) -> Walk:
    """Gather the documents of a store in an object store; see `walk_store`."""
    names = frozenset(DOCUMENT_NAMES[zarr_format])
    tags = _list_flat(storage, names, span)
    if tags is None:
        tags = _descend(storage, names, known, span)
    walk = Walk(zarr_format)
    changed = []
    for key, tag in tags.items():
        if tag is not None and key in known and known[key][0] == tag:
            walk.documents[key] = None
        else:
            changed.append(key)
    for done, (key, data, tag) in enumerate(read_many(storage, changed), 1):
        if data is not None:  # else it was removed since it was listed
            walk.documents[key] = data
            walk.signatures[key] = tag
            if is_unclean(data):
                walk.unclean.add(key)
        if done % REPORT_EVERY == 0:
            report(len(walk.documents), len(tags))
    return walk


def _list_flat(storage: Storage, names: frozenset[str], span: Span) -> dict[str, str | None] | None:
    """List the tags of all documents in one go; None when that sees too many other keys."""
    tags: dict[str, str | None] = {}
    # `after` is exclusive: begin one step before the first key, which is never a document's own
    # key.
    after = span.first[:-1] or None
    for seen, found in enumerate(storage.list(after=after), 1):
        if span.end is not None and found.key >= span.end:
            break
        if _is_document(found.key, names) and found.key >= span.first:
            tags[found.key] = found.tag
        if seen > FLAT_KEYS and seen > FLAT_KEYS_A_DOCUMENT * len(tags):
            return None
    return tags


def _is_document(key: str, names: frozenset[str]) -> bool:
    """Tell whether the key is one of a metadata document, and not of ours."""
    return key.rpartition("/")[2] in names and not key.startswith(f"{OUR_FOLDER}/")


def _descend(
    storage: Storage, names: frozenset[str], known: Mapping[str, Known], span: Span
) -> dict[str, str | None]:
    """List the tags of all documents level by level, and nothing below arrays."""
    tags: dict[str, str | None] = {}

    def visit(folder: str) -> list[str]:
        subfolders, objects = storage.list_folder(folder.rstrip("/"))
        found = {f"{folder}{o.key}": o.tag for o in objects if o.key in names}
        tags.update({key: tag for key, tag in found.items() if span.holds(key)})
        if not _is_group(storage, found, known):
            return []
        below = [f"{folder}{name}/" for name in subfolders if folder or name != OUR_FOLDER]
        return [path for path in below if span.touches(path)]

    with ThreadPoolExecutor(DESCENT_THREADS) as pool:
        level: Iterable[str] = [""]
        while level := [path for paths in pool.map(visit, level) for path in paths]:
            pass
    return dict(sorted(tags.items()))


def _is_group(
    storage: Storage, found: Mapping[str, str | None], known: Mapping[str, Known]
) -> bool:
    """Tell whether these documents of one folder make it a group."""
    for key, tag in found.items():
        name = key.rpartition("/")[2]
        if name == "zarr.json":
            if tag is not None and key in known and known[key][0] == tag:
                return known[key][1]
            data = storage.read(key)
            return data is not None and not says_array(data)
        if name == ".zarray":
            return False
    return any(key.rpartition("/")[2] == ".zgroup" for key in found)


def drop_unreachable(walk: Walk, known: Mapping[str, Known]) -> None:
    """Leave out documents that no descent would reach: below an array, or what is no group."""
    groups = {
        _folder(key) for key, data in walk.documents.items() if _makes_group(key, data, known)
    }
    arrays = {_folder(key) for key in walk.documents if key.endswith(".zarray")}
    groups -= arrays
    reached = {""}
    for folder in sorted({_folder(key) for key in walk.documents}):
        parent = folder[:-1].rpartition("/")[0]
        parent = f"{parent}/" if parent else ""
        if folder and parent in reached and parent in groups:
            reached.add(folder)
    for key in [key for key in walk.documents if not _is_reached(key, reached, groups, arrays)]:
        del walk.documents[key]
        walk.signatures.pop(key, None)
        walk.unclean.discard(key)


def _is_reached(key: str, reached: set[str], groups: set[str], arrays: set[str]) -> bool:
    """Tell whether the document is of a node: in a folder that is reached, and of its kind."""
    folder = _folder(key)
    if folder not in reached:
        return False
    if key.endswith(".zattrs"):
        return folder in groups or folder in arrays
    return not (key.endswith(".zgroup") and folder in arrays)


def _makes_group(key: str, data: bytes | None, known: Mapping[str, Known]) -> bool:
    """Tell whether this document makes its folder a group."""
    if key.endswith("zarr.json"):
        return known[key][1] if data is None else not says_array(data)
    return key.endswith(".zgroup")


def _folder(key: str) -> str:
    """Name the folder of a key, with its final slash; the root's is empty."""
    return key[: key.rfind("/") + 1]
