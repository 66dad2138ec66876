"""A node's JSON-LD under the contexts above it: expanded, and as Turtle."""

from collections.abc import Mapping
from io import BytesIO

import orjson

from zarr_linked_data.errors import InvalidJsonLdError
from zarr_linked_data.index import Node
from zarr_linked_data.jsonld import JSON, Context, child_context
from zarr_linked_data.lookup.catalogue import Catalogue


def expand_node(catalogue: Catalogue, node: Node) -> dict[str, JSON]:
    """Expand a node's JSON-LD: every key and reference an IRI, under all contexts that hold."""
    context = Context.NONE
    parts = node.path.split("/") if node.path else []
    for depth in range(len(parts)):
        above = catalogue.at("/".join(parts[:depth]))
        context = child_context(catalogue.attributes(above), context)
    expanded = context.processed().expand_node(catalogue.attributes(node))
    if node.uri is not None:
        expanded.setdefault("@id", node.uri)  # an array named by its group
    return expanded


def write_turtle(expanded: Mapping[str, JSON]) -> str:
    """Write expanded JSON-LD as Turtle, with a prefix for each namespace that it uses.

    Raises
    ------
    InvalidJsonLdError
        It is no RDF.
    """
    import pyoxigraph

    try:
        quads = list(
            pyoxigraph.parse(orjson.dumps([expanded]), format=pyoxigraph.RdfFormat.JSON_LD)
        )
    except SyntaxError as error:
        raise InvalidJsonLdError(
            f"The JSON-LD of {expanded.get('@id')!r} is no RDF: {error}. "
            "See what is wrong with `zld check`."
        ) from error
    prefixes = _prefixes({quad.predicate.value for quad in quads})
    triples = (quad.triple for quad in quads)
    turtle = BytesIO()
    pyoxigraph.serialize(triples, turtle, format=pyoxigraph.RdfFormat.TURTLE, prefixes=prefixes)
    return turtle.getvalue().decode()


KNOWN = {
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs",
    "http://www.w3.org/2001/XMLSchema#": "xsd",
    "http://schema.org/": "schema",
    "https://schema.org/": "schema",
    "http://www.w3.org/ns/dcat#": "dcat",
    "http://purl.org/dc/terms/": "dcterms",
    "http://qudt.org/schema/qudt/": "qudt",
}
"""Prefixes that readers of Turtle know."""


def _prefixes(iris: set[str]) -> dict[str, str]:
    """Choose a prefix for each namespace."""
    prefixes: dict[str, str] = {}
    for iri in sorted(iris):
        namespace = iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]
        if namespace and namespace not in prefixes.values():
            prefixes[KNOWN.get(namespace, f"ns{len(prefixes) + 1}")] = namespace
    return prefixes
