"""A node as the verbs print it: the same JSON document everywhere."""

from collections.abc import Iterable
from typing import Any

from zarr_linked_data.index import Node


def node_document(node: Node) -> dict[str, Any]:
    """Give what `--json` prints of a node."""
    return {
        "uri": node.uri,
        "path": node.path,
        "kind": node.kind,
        "shape": node.shape,
        "dtype": node.dtype,
        "types": node.types,
    }


def node_fields(node: Node) -> Iterable[tuple[str, object]]:
    """Give what a person reads of a node."""
    yield "uri", node.uri
    yield "path", node.path or "(root)"
    yield "kind", node.kind
    if node.kind == "array":
        yield "shape", shape_text(node)
        yield "dtype", node.dtype
    for iri in node.types:
        yield "type", iri


def shape_text(node: Node) -> str | None:
    """Write a shape as in `900 × 1000`; a number's is `scalar`."""
    if node.shape is None:
        return None
    return " × ".join(map(str, node.shape)) or "scalar"


def array_text(node: Node) -> str:
    """Write an array that a group holds: its name, shape and data type."""
    return f"{node.path.rpartition('/')[2]}, {shape_text(node)} {node.dtype}"
