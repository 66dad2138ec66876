"""In what order the objects of a store are copied, and which are not."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from zarr_linked_data.journal import JOURNAL
from zarr_linked_data.metadata import METADATA_KEY
from zarr_linked_data.node import CONSOLIDATED_BY_OTHERS, DOCUMENTS
from zarr_linked_data.storage import OUR_FOLDER, Found


def is_ours(key: str) -> bool:
    """Tell whether we keep an object to save time; a journal is more: it tells of a killed run."""
    return key.startswith(f"{OUR_FOLDER}/") and not key.startswith(JOURNAL)


def rounds(found: Iterable[Found]) -> Iterator[list[Found]]:
    """Give the objects in rounds: no reader ever sees a node whose chunks or members are missing.

    First the chunks; then the documents, deepest first, the root's last (in format 2 the attributes
    before the document that makes the node); then what others consolidated, and journals.
    `.all_metadata` is not among them: it is the commit.
    """
    ordered = sorted((one for one in found if one.key != METADATA_KEY), key=_round)
    for _, members in groupby(ordered, key=_round):
        yield list(members)


def _round(found: Found) -> tuple[int, int, bool]:
    """Give the place of an object in the order."""
    name = found.key.rpartition("/")[2]
    if name in DOCUMENTS:
        return 1, -found.key.count("/"), name != ".zattrs"
    is_last = name == CONSOLIDATED_BY_OTHERS or found.key.startswith(JOURNAL)
    return (2 if is_last else 0), 0, False
