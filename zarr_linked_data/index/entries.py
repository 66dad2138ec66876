"""Metadata documents → entries of the index: what each node is, and where its documents lie."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from zarr_linked_data.errors import InvalidJsonLdError
from zarr_linked_data.index.nodes import Node, Place
from zarr_linked_data.jsonld import DATASET_LINK, Context, child_context, is_iri, local_name
from zarr_linked_data.walk import Facts, read_facts

NO_FACTS: Mapping[str, Facts] = MappingProxyType({})


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
    nodes: list[Node] = []
    links: dict[str, tuple[str, ...]] = {}  # of groups, by path
    nameless: list[int] = []  # arrays, by their number among the nodes
    for path, keys, found in _read_facts(documents, dataset_link, facts):
        kind, shape, dtype, uri, types, linked = found
        if linked and kind == "group":
            links[path] = linked
        elif uri is None and kind == "array" and path:
            nameless.append(len(nodes))
        if uri is not None and not is_iri(uri):
            uri = None
        places = _places(keys, documents, offsets)
        nodes.append(Node(uri, path, kind, shape, dtype, types, *places))
    if links and nameless:
        _name_by_links(nodes, nameless, links)
    return nodes


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


def _read_facts(
    documents: Mapping[str, bytes], dataset_link: str, known: Mapping[str, Facts]
) -> Iterator[tuple[str, list[str], Facts]]:
    """Give the path of each node, the keys of its documents, and what they say.

    They are read under the contexts of the groups above.
    """
    contexts: dict[str, Context] = {}  # only of paths whose context is not none
    for path, keys in group_keys(documents).items():
        context = contexts.get(path.rpartition("/")[0], Context.NONE) if contexts else Context.NONE
        if context is Context.NONE and path in known:
            yield path, keys, known[path]
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
        yield path, keys, facts


def _places(
    keys: list[str], documents: Mapping[str, bytes], offsets: Mapping[str, int]
) -> tuple[Place, Place | None]:
    """Tell where a node's document lies, and in format 2 its attributes."""
    first, *others = keys
    place = Place(offsets[first], len(documents[first]))
    if not others:
        return place, None
    other = Place(offsets[others[0]], len(documents[others[0]]))
    # ".zattrs" sorts behind ".zarray", but before ".zgroup"
    return (other, place) if first.endswith(".zattrs") else (place, other)


def _name_by_links(
    nodes: list[Node], nameless: list[int], links: Mapping[str, tuple[str, ...]]
) -> None:
    """Give arrays without a URI that of their group's link.

    It is the link whose last segment is the array's name; else the one link of a group with one
    array, if no node has that URI.
    """
    owned = {node.uri for node in nodes}
    arrays = Counter(_above(node) for node in nodes if node.kind == "array" and node.path)
    for number in nameless:
        node = nodes[number]
        linked = links.get(_above(node), ())
        by_name = {local_name(uri): uri for uri in reversed(linked)}
        uri = by_name.get(node.path.rpartition("/")[2])
        if uri is None and len(linked) == 1 and arrays[_above(node)] == 1:
            uri = None if linked[0] in owned else linked[0]
        if uri is not None and is_iri(uri):
            nodes[number] = node._replace(uri=uri)


def _above(node: Node) -> str:
    """Give the path of the group that a node lies in."""
    return node.path.rpartition("/")[0]
