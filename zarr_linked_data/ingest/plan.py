"""What is going to be written: made and checked whole before the first byte."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from zarr_linked_data.errors import InvalidInputError
from zarr_linked_data.hierarchy.places import child_path
from zarr_linked_data.ingest.existing import Existing, list_nodes
from zarr_linked_data.jsonld import JSON, Context
from zarr_linked_data.node import group_documents
from zarr_linked_data.storage import Storage

Report = Callable[[int], None]
"""Told how many bytes were written since it was told last."""


class Content(Protocol):
    """Objects that nobody sees until the documents above them are there: chunks, above all."""

    @property
    def nbytes(self) -> int:
        """Tell about how many bytes it is."""

    def write(self, storage: Storage, report: Report) -> None:
        """Write it."""


@dataclass(frozen=True)
class NewNode:
    """A group or array that is added."""

    path: str
    uri: str | None
    kind: str
    documents: Mapping[str, bytes]
    """By name."""

    @classmethod
    def group(cls, path: str, attributes: Mapping[str, JSON], zarr_format: int) -> "NewNode":
        """Make a group."""
        documents = group_documents(attributes, zarr_format)
        return cls(path, attributes.get("@id"), "group", documents)

    @property
    def objects(self) -> dict[str, bytes]:
        """Give its documents by key; the one that makes it a node comes last."""
        names = sorted(self.documents, key=lambda name: name != ".zattrs")
        return {child_path(self.path, name): self.documents[name] for name in names}


@dataclass(frozen=True)
class Plan:
    """All that one request writes."""

    existing: Existing
    nodes: Sequence[NewNode]
    contents: Sequence[Content] = ()
    changed: Mapping[str, tuple[bytes | None, bytes]] = field(default_factory=dict)
    """Existing documents by key: as they are stored, and as they become."""

    @cached_property
    def tops(self) -> dict[str, list[str]]:
        """Give the topmost new paths, save the root, and the keys of the documents there."""
        return {
            node.path: list(node.objects) for node in self.nodes if node.path and self._is_top(node)
        }

    @property
    def hidden(self) -> dict[str, bytes]:
        """Give the documents that nobody sees until the topmost ones are there."""
        return _merged(node.objects for node in self.nodes if not self._is_top(node))

    @property
    def visible(self) -> dict[str, bytes]:
        """Give the documents that make all visible; the root's come last."""
        tops = [node for node in self.nodes if self._is_top(node)]
        tops.sort(key=lambda node: not node.path)
        changed = {key: data for key, (_, data) in self.changed.items()}
        return _merged(node.objects for node in tops) | changed

    @property
    def documents(self) -> dict[str, bytes]:
        """Give all documents that are new or change."""
        return self.hidden | self.visible

    def _is_top(self, node: NewNode) -> bool:
        """Tell whether no new node is above, save a new root."""
        return "/" not in node.path or node.path.rpartition("/")[0] not in self._paths

    @cached_property
    def _paths(self) -> set[str]:
        return {node.path for node in self.nodes}


def _merged(parts: Iterable[Mapping[str, bytes]]) -> dict[str, bytes]:
    return {key: data for part in parts for key, data in part.items()}


def reset_context(attributes: Mapping[str, JSON], above: Context) -> dict[str, JSON]:
    """Keep the contexts of the groups above a new place from changing what attributes say there."""
    if above is Context.NONE:
        return dict(attributes)
    own = attributes.get("@context", [])
    contexts = [None, *(own if isinstance(own, list) else [own])]
    return {"@context": contexts if len(contexts) > 1 else None} | {
        key: value for key, value in attributes.items() if key != "@context"
    }


def refuse_occupied(plan: Plan, storage: Storage) -> None:
    """Refuse to put nodes where something lies already, be it a node or not."""
    names: dict[str, set[str]] = {}
    for node in plan.nodes:
        above, _, name = node.path.rpartition("/")
        if node.path not in plan.tops:
            continue
        if above not in names:
            folders, objects = storage.list_folder(above)
            names[above] = {*folders, *(found.key for found in objects)}
        if name not in names[above]:
            continue
        other = plan.existing.by_path.get(node.path)
        what = repr(other.uri or other.path) if other else "something that is no node of the store"
        raise InvalidInputError(
            f"Cannot add {node.uri or node.path!r} at {node.path!r} in {storage.url!r}: {what} is "
            "there already. Give it another last segment, or move that away."
        )


def prove(plan: Plan) -> None:
    """See that each node has its URI, and has it alone, in the store as it is going to be.

    Of the nodes that are there, only arrays beside new ones, and what changes itself, could get or
    lose one.

    Raises
    ------
    InvalidInputError
        A new node would have another URI, or that of another node; or an existing one lost its
        own.
    """
    existing = plan.existing
    expected = {node.path: node.uri for node in plan.nodes}
    touched = [path.rpartition("/")[0] for path in (*plan.tops, *plan.changed)]
    around = existing.documents_around(touched)
    owners = {uri: nodes[0].path for uri, nodes in existing.by_uri.items()}
    for node in list_nodes({**around, **plan.documents}, existing.dataset_link):
        is_new = node.path in expected
        before = None if is_new else existing.by_path[node.path].uri
        wanted = expected[node.path] if is_new else before or node.uri
        if node.uri != wanted:
            raise InvalidInputError(
                f"Cannot add this to {existing.url!r}: the node {node.path!r} would be "
                f"{node.uri!r} there instead of {wanted!r}. Give it an absolute IRI as @id."
            )
        if is_new and node.uri is not None and owners.setdefault(node.uri, node.path) != node.path:
            raise InvalidInputError(
                f"Cannot add {node.uri!r} to {existing.url!r}: the nodes {owners[node.uri]!r} and "
                f"{node.path!r} would both be it. Give one of them another URI."
            )
