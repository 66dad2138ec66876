"""What a node's attributes say of it: its URI, its types, the datasets it points at.

This runs for every node of a store at every consolidation, so it reads the few keys that matter and
leaves the rest; PyLD expands the whole document only where its context has rules that need it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from zarr_linked_data.errors import InvalidJsonLdError
from zarr_linked_data.jsonld.contexts import Context, NeedsFullExpansionError, Plan
from zarr_linked_data.jsonld.names import DATASET_LINK, JSON, linked_uris, local_name


class Description(NamedTuple):
    """What a node's JSON-LD says of it; `links` are the URIs of its datasets."""

    uri: str | None
    types: tuple[str, ...]
    links: tuple[str, ...]


_NOTHING = Description(None, (), ())


def describe(
    attributes: Mapping[str, JSON], context: Context, dataset_link: str = DATASET_LINK
) -> Description:
    """Read what a node's attributes say: its URI, its types, its links to datasets.

    Parameters
    ----------
    context
        What the `@context`s of the groups above the node make.
    dataset_link
        Local name of the properties that point at datasets.

    Raises
    ------
    InvalidJsonLdError
        Its `@id`, its `@type` or its `@context` is no valid JSON-LD.

    Examples
    --------
    >>> describe({"@id": "http://lab.example/sample1", "units": "g"}, Context.NONE).uri
    'http://lab.example/sample1'
    """
    own = context
    if "@context" in attributes:
        own = context.extended(attributes["@context"])
    plan = own.plan(tuple(attributes), dataset_link)
    if plan is not None:
        try:
            return _describe_lightly(attributes, own, plan)
        except NeedsFullExpansionError:
            pass
    return _describe_fully(attributes, context, dataset_link)


def child_context(attributes: Mapping[str, JSON], context: Context) -> Context:
    """Give the context that holds for the nodes below: `context`, and the node's own `@context`.

    Raises
    ------
    InvalidJsonLdError
        Its `@context` is no valid JSON-LD.
    """
    if "@context" not in attributes:
        return context
    own = context.extended(attributes["@context"])
    return own if own.propagates else context


def _describe_lightly(attributes: Mapping[str, JSON], context: Context, plan: Plan) -> Description:
    """Read the keys that matter, and nothing else."""
    uri = None
    if plan.uri is not None:
        uri = attributes[plan.uri]
        if not isinstance(uri, str):
            raise _wrong_uri(plan.uri, uri)
        uri = context.expand_reference(uri)
    elif not plan.types and not plan.links:
        return _NOTHING
    types = _read_types(attributes, context, plan.types) if plan.types else ()
    links = _read_links(attributes, context, plan.links) if plan.links else ()
    return Description(uri, types, links)


def _read_types(
    attributes: Mapping[str, JSON], context: Context, keys: tuple[str, ...]
) -> tuple[str, ...]:
    """Give the expanded types, each once."""
    types: list[str] = []
    for key in keys:
        value = attributes[key]
        for name in value if isinstance(value, list) else (value,):
            if not isinstance(name, str):
                raise InvalidJsonLdError(
                    f"A type must be a string, and {key!r} holds {name!r}. "
                    "Give the IRI of the type, or a list of such."
                )
            if name in context.scoped_types:
                raise NeedsFullExpansionError
            iri = context.expand_type(name)
            if iri is not None:
                types.append(iri)
    return tuple(types) if len(types) < 2 else tuple(dict.fromkeys(types))  # noqa: PLR2004


def _read_links(
    attributes: Mapping[str, JSON], context: Context, keys: tuple[tuple[str, str | None], ...]
) -> tuple[str, ...]:
    """Give the expanded URIs of the datasets, each once."""
    links: dict[str, None] = {}
    for key, coercion in keys:
        value = attributes[key]
        for item in value if isinstance(value, list) else (value,):
            link = _read_link(item, context, coercion)
            if link is not None:
                links[link] = None
    return tuple(links)


def _read_link(item: JSON, context: Context, coercion: str | None) -> str | None:
    """Give the URI that a value points at; None for a value that is no link."""
    if isinstance(item, dict):
        return _read_uri(item, context)
    if isinstance(item, list):
        raise NeedsFullExpansionError
    if isinstance(item, str):
        if coercion == "@id":
            return context.expand_reference(item)
        if coercion == "@vocab":
            return context.expand_type(item)
    return None


def _read_uri(node: Mapping[str, JSON], context: Context) -> str | None:
    """Give the URI of an object; None for a value and for a node without one."""
    if "@value" in node:
        return None
    key = context.uri_key(node)
    if key is None:
        return None
    if not isinstance(node[key], str):
        raise _wrong_uri(key, node[key])
    return context.expand_reference(node[key])


def _describe_fully(
    attributes: Mapping[str, JSON], context: Context, dataset_link: str
) -> Description:
    """Expand the whole document, and read the result."""
    node = context.processed().expand_node(attributes)
    types = [name for name in node.get("@type", ()) if name is not None]
    links = [
        uri
        for key, values in node.items()
        if not key.startswith("@") and local_name(key) == dataset_link
        for uri in linked_uris(values)
    ]
    return Description(node.get("@id"), tuple(dict.fromkeys(types)), tuple(dict.fromkeys(links)))


def _wrong_uri(key: str, value: JSON) -> InvalidJsonLdError:
    """Say that a URI is no string."""
    return InvalidJsonLdError(
        f"A URI must be a string, and {key!r} holds {value!r}. Give one URI, or leave it out."
    )
