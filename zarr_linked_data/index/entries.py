"""Metadata documents → entries of the index: what each node is, and where its documents lie."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from zarr_linked_data.errors import InvalidJsonLdError
from zarr_linked_data.index.nodes import Node, Place
from zarr_linked_data.jsonld import DATASET_LINK, Context, child_context, is_iri, local_name
from zarr_linked_data.walk import Facts, read_facts

NO_FACTS: Mapping[str, Facts] = MappingProxyType({})


class _Draft(NamedTuple):
    """A node as it is before URIs from other nodes are given."""

    path: str
    keys: list[str]
    facts: Facts


@dataclass(slots=True)
class _Family:
    """The arrays directly in one group, and the group's links to datasets."""

    arrays: list[_Draft] = field(default_factory=list)
    links: tuple[str, ...] = ()


def derive_nodes(
    documents: Mapping[str, bytes],
    offsets: Mapping[str, int],
    dataset_link: str = DATASET_LINK,
    facts: Mapping[str, Facts] = NO_FACTS,
) -> list[Node]:
    """Give the index's entry of each node, sorted by path.

    Parameters
    ----------
    documents
        Each metadata document by its object key.
    offsets
        Where each begins in the consolidated metadata.
    facts
        What nodes say by themselves, as far as it was found out already.

    Raises
    ------
    CorruptDocumentError
        A document is not what its name says.
    InvalidJsonLdError
        A context cannot be processed.
    """
    drafts = list(_read_drafts(documents, dataset_link, facts))
    owned = {draft.facts.uri for draft in drafts}
    given = dict(_uris_from_groups(drafts, owned))
    return [_entry(draft, given.get(draft.path), documents, offsets) for draft in drafts]


def group_keys(keys: Iterable[str]) -> dict[str, list[str]]:
    """Gather the keys of each node's documents by its path, sorted by path: parents first."""
    nodes: dict[str, list[str]] = {}
    for key in keys:
        path = key[: key.rfind("/")] if "/" in key else ""
        if path in nodes:
            nodes[path].append(key)
        else:
            nodes[path] = [key]
    return {path: nodes[path] for path in sorted(nodes)}


def _read_drafts(
    documents: Mapping[str, bytes], dataset_link: str, known: Mapping[str, Facts]
) -> Iterator[_Draft]:
    """Read what each node's documents say, under the contexts of the groups above it."""
    contexts: dict[str, Context] = {}  # only of paths whose context is not none
    for path, keys in group_keys(documents).items():
        context = contexts.get(path.rpartition("/")[0], Context.NONE) if contexts else Context.NONE
        if context is Context.NONE and path in known:
            yield _Draft(path, keys, known[path])
            continue
        named = {key.rpartition("/")[2]: documents[key] for key in keys}
        try:
            facts, attributes = read_facts(named, path, context, dataset_link)
            if facts.kind == "group" and (context is not Context.NONE or "@context" in attributes):
                contexts[path] = child_context(attributes, context)
        except InvalidJsonLdError as error:
            raise InvalidJsonLdError(
                f"The JSON-LD of {path or '(root)'!r} cannot be read: {error}"
            ) from error
        yield _Draft(path, keys, facts)


def _uris_from_groups(drafts: list[_Draft], owned: set[str | None]) -> Iterator[tuple[str, str]]:
    """Give path and URI of the arrays that are named only by their group's link.

    The link whose last segment is the array's name; else the one link of a group with one array,
    if no node has that URI.
    """
    for family in _families(drafts).values():
        by_name = {local_name(uri): uri for uri in reversed(family.links)}
        for array in family.arrays:
            if array.facts.uri is not None:
                continue
            name = array.path.rpartition("/")[2]
            if name in by_name:
                yield array.path, by_name[name]
            elif len(family.arrays) == 1 and len(family.links) == 1:
                (link,) = family.links
                if link not in owned:
                    yield array.path, link


def _families(drafts: list[_Draft]) -> dict[str, _Family]:
    """Gather the arrays and links of each group that has a link."""
    families = {
        draft.path: _Family(links=draft.facts.links)
        for draft in drafts
        if draft.facts.links and draft.facts.kind == "group"
    }
    if families:
        for draft in drafts:
            if draft.facts.kind == "array" and draft.path:
                family = families.get(draft.path.rpartition("/")[0])
                if family is not None:
                    family.arrays.append(draft)
    return families


def _entry(
    draft: _Draft, given: str | None, documents: Mapping[str, bytes], offsets: Mapping[str, int]
) -> Node:
    """Make the index's entry."""
    path, keys, (kind, shape, dtype, own, types, _) = draft
    document, *others = (Place(offsets[key], len(documents[key])) for key in keys)
    attributes = others[0] if others else None  # ".zattrs" sorts behind ".zarray"
    if others and keys[0].endswith(".zattrs"):  # but before ".zgroup"
        document, attributes = others[0], document
    uri = given if own is None else own
    if uri is not None and not is_iri(uri):
        uri = None
    return Node(uri, path, kind, shape, dtype, types, document, attributes)
