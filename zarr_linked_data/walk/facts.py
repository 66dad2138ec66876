"""What one node's documents say by themselves: all of its entry that needs no other node."""

from collections.abc import Mapping
from typing import NamedTuple

from zarr_linked_data.jsonld import JSON, Context, describe
from zarr_linked_data.node import NodeDocument, read_node


class Facts(NamedTuple):
    """What a node is, and what it is called."""

    kind: str
    shape: tuple[int, ...] | None
    dtype: str | None
    uri: str | None
    types: tuple[str, ...]
    links: tuple[str, ...]
    """The URIs of the datasets that it points at."""


_types: dict[tuple[str, ...], tuple[str, ...]] = {}
"""Each combination of types once: a store has few, and a million nodes would have a million."""


def read_facts(
    documents: Mapping[str, bytes], path: str, context: Context, dataset_link: str
) -> tuple[Facts, Mapping[str, JSON]]:
    """Read a node's documents, by name, under the context of the groups above; also its attributes.

    Raises
    ------
    CorruptDocumentError
        A document is not what its name says.
    InvalidJsonLdError
        The attributes are no valid JSON-LD.
    """
    node = read_node(documents, path)
    return facts_of(node, context, dataset_link), node.attributes


def facts_of(node: NodeDocument, context: Context, dataset_link: str) -> Facts:
    """Give the facts of a node whose documents are read already.

    Raises
    ------
    InvalidJsonLdError
        The attributes are no valid JSON-LD.
    """
    kind, attributes, shape, dtype, _ = node
    uri, types, links = describe(attributes, context, dataset_link)
    return Facts(kind, shape, dtype, uri, _types.setdefault(types, types), links)
