"""`zld find` and `zld show`: what a URI names."""

from argparse import Namespace
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from zarr_linked_data.cli.nodes import array_text, node_document, node_fields
from zarr_linked_data.cli.output import Result, fields
from zarr_linked_data.cli.parser import Parser, paragraph
from zarr_linked_data.settings import Settings

if TYPE_CHECKING:
    from zarr_linked_data.linked_node import LinkedNode

EXAMPLE = "http://www.catplus.ch/ontology/concepts/sample1"


def configure_find(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = (
        "Say where the group or array of a URI is: compared character for character."
    )
    parser.examples = (f"zld find {EXAMPLE} lab.zarr", f"zld find --all --json {EXAMPLE}")
    parser.add_argument("uri", metavar="URI", help="the URI that the metadata give it")
    parser.add_argument(
        "--all", action="store_true", help="every node with this URI, not just the one"
    )
    parser.add_store()


def run_find(args: Namespace, settings: Settings) -> Result:
    """Find it."""
    from zarr_linked_data.errors import EntityNotFoundError
    from zarr_linked_data.lookup import open_catalogue
    from zarr_linked_data.storage import open_storage

    catalogue = open_catalogue(open_storage(args.store), settings.cache)
    if not args.all:
        node = catalogue.find(args.uri)
        return Result(node_document(node), fields(node_fields(node)))
    nodes = catalogue.find_all(args.uri)
    if not nodes:
        raise EntityNotFoundError(catalogue.say_unknown(args.uri))
    lines: Iterator[str] = (line for node in nodes for line in [*fields(node_fields(node)), ""])
    return Result([node_document(node) for node in nodes], lines)


def configure_show(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = paragraph("""
        Show what a URI names: where it is, its properties, and with `--plot` a picture of its
        array.
        """)
    parser.examples = (
        f"zld show {EXAMPLE} lab.zarr",
        f"zld show --as turtle {EXAMPLE} lab.zarr",
        f"zld show --plot sample1.png {EXAMPLE} lab.zarr",
    )
    parser.add_argument("uri", metavar="URI", help="the URI that the metadata give it")
    parser.add_argument(
        "--as", dest="form", choices=("text", "jsonld", "turtle"), default="text",
        help="how the metadata are written (default: text)",
    )  # fmt: skip
    parser.add_argument("--plot", metavar="FILE", help="draw the array: .png, .svg or .pdf")
    parser.add_argument("--array", metavar="NAME", help="which array, where a group has several")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the picture if it is there"
    )
    parser.add_store()


def run_show(args: Namespace, settings: Settings) -> Result:
    """Show it."""
    from zarr_linked_data import linked_store

    node = linked_store.open(args.store, cache=settings.cache)[args.uri]
    document = node_document(node.node) | {"jsonld": node.jsonld}
    lines: Iterable[str] = _lines(node, args.form)
    if args.plot is not None:
        from zarr_linked_data.cli.picture import draw

        draw(node, args.plot, array=args.array, overwrite=args.overwrite)
        document["plot"] = args.plot
        lines = [*lines, f"The picture is in {args.plot}."] if args.form == "text" else lines
    return Result(document, lines)


def _lines(node: "LinkedNode", form: str) -> Iterable[str]:
    """Write a node's metadata."""
    if form == "text":
        from zarr_linked_data.lookup.properties import property_fields

        held = node.array_nodes() if node.kind == "group" else []
        arrays = [("array", array_text(array)) for array in held]
        return fields([*node_fields(node.node), *arrays, *property_fields(node.expanded())])
    if form == "jsonld":
        import json

        return json.dumps(node.jsonld, indent=2, ensure_ascii=False).splitlines()
    return node.turtle().splitlines()
