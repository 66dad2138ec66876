"""URI ↔ path: what each node is, and where in the consolidated metadata its documents lie."""

from zarr_linked_data.index.database import (
    Index,
    Summary,
    UnusableIndexError,
    write_database,
    write_index,
)
from zarr_linked_data.index.entries import Node, Place, derive_nodes, group_keys
from zarr_linked_data.index.files import (
    INDEX_PREFIX,
    open_index,
    remembered_iri,
    store_index,
    summarise,
)

__all__ = [
    "INDEX_PREFIX",
    "Index",
    "Node",
    "Place",
    "Summary",
    "UnusableIndexError",
    "derive_nodes",
    "group_keys",
    "open_index",
    "remembered_iri",
    "store_index",
    "summarise",
    "write_database",
    "write_index",
]
