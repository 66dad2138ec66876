"""One node's metadata documents: bytes to what they say and back, Zarr formats 2 and 3.

Nothing here reads or writes a store. Zarr-python is asked only about data types that are not in our
own table.
"""

from zarr_linked_data.node.chunks import LARGEST_CHUNK, chunk_shape
from zarr_linked_data.node.dtypes import NUMBERS
from zarr_linked_data.node.reading import NodeDocument, read_node
from zarr_linked_data.node.text import sanitised, without_consolidated
from zarr_linked_data.node.writing import array_documents, chunk_name, group_documents

__all__ = [
    "CONSOLIDATED_BY_OTHERS",
    "DOCUMENTS",
    "DOCUMENT_NAMES",
    "LARGEST_CHUNK",
    "NUMBERS",
    "NodeDocument",
    "array_documents",
    "chunk_name",
    "chunk_shape",
    "group_documents",
    "read_node",
    "sanitised",
    "without_consolidated",
]

DOCUMENT_NAMES = {2: (".zarray", ".zattrs", ".zgroup"), 3: ("zarr.json",)}
"""The names of a node's metadata documents, by Zarr format."""

DOCUMENTS = frozenset(name for names in DOCUMENT_NAMES.values() for name in names)
"""All of these names, of both formats."""

CONSOLIDATED_BY_OTHERS = ".zmetadata"
"""The consolidated metadata of format 2, as zarr-python writes them."""
