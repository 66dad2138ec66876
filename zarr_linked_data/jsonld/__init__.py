"""JSON-LD → entities, and what a node's attributes say of it under the contexts above it.

No context is ever fetched. PyLD is asked only where our own reading would not be right.
"""

from zarr_linked_data.jsonld.contexts import Context
from zarr_linked_data.jsonld.description import Description, child_context, describe
from zarr_linked_data.jsonld.entities import Entity, read_entities
from zarr_linked_data.jsonld.names import DATASET_LINK, JSON, is_iri, local_name, with_suffix

__all__ = [
    "DATASET_LINK",
    "JSON",
    "Context",
    "Description",
    "Entity",
    "child_context",
    "describe",
    "is_iri",
    "local_name",
    "read_entities",
    "with_suffix",
]
