"""URI ↔ path: what each node is, and where in the consolidated metadata its documents lie.

A look-up needs the database alone: `entries`, which makes a new index, is imported by who does so.
"""

from zarr_linked_data.index.database import (
    Index,
    Summary,
    UnusableIndexError,
    write_database,
    write_index,
)
from zarr_linked_data.index.files import (
    INDEX_PREFIX,
    open_index,
    remembered_iri,
    store_index,
    summarise,
)
from zarr_linked_data.index.nodes import Node, Place

__all__ = [
    "INDEX_PREFIX",
    "Index",
    "Node",
    "Place",
    "Summary",
    "UnusableIndexError",
    "open_index",
    "remembered_iri",
    "store_index",
    "summarise",
    "write_database",
    "write_index",
]
