"""`zld ls` and `zld tree`: what is in a store."""

from argparse import Namespace
from collections.abc import Iterator

from zarr_linked_data.cli.nodes import node_document, shape_text
from zarr_linked_data.cli.output import Result, table
from zarr_linked_data.cli.parser import Parser
from zarr_linked_data.index import Node
from zarr_linked_data.settings import Settings


def configure_ls(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = "List the groups and arrays of a store, by path."
    parser.examples = (
        "zld ls lab.zarr",
        "zld ls --type Sample lab.zarr",
        "zld ls --depth 1 --json",
    )
    _add_filters(parser)
    parser.add_store()


def run_ls(args: Namespace, settings: Settings) -> Result:
    """List the nodes."""
    nodes = _nodes(args, settings)
    rows = (
        (node.uri, node.path or "(root)", node.kind, shape_text(node), node.dtype) for node in nodes
    )
    return Result(
        [node_document(node) for node in nodes] if args.json else None,
        table(("uri", "path", "kind", "shape", "dtype"), rows),
    )


def configure_tree(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = (
        "Show the groups and arrays of a store as a tree; many alike are folded into one line."
    )
    parser.examples = ("zld tree lab.zarr", "zld tree --depth 2 --type Sample lab.zarr")
    _add_filters(parser)
    parser.add_argument(
        "--rows", metavar="N", type=int, default=200, help="at most N lines (default: 200)"
    )
    parser.add_store()


def run_tree(args: Namespace, settings: Settings) -> Result:
    """Show the tree."""
    from zarr_linked_data.cli.tree_lines import tree_lines

    nodes = _nodes(args, settings)
    return Result(
        [node_document(node) for node in nodes] if args.json else None,
        tree_lines(nodes, title=args.store, max_rows=args.rows),
    )


def _add_filters(parser: Parser) -> None:
    """Let the reader choose what is listed."""
    parser.add_argument("--type", metavar="TYPE", help="only of this type: a local name or an IRI")
    parser.add_argument(
        "--depth", metavar="N", type=int, help="only down to N levels below the root"
    )


def _nodes(args: Namespace, settings: Settings) -> list[Node]:
    """Give the nodes that are asked for."""
    from zarr_linked_data.lookup import open_catalogue
    from zarr_linked_data.lookup.catalogue import is_of_type
    from zarr_linked_data.storage import open_storage

    if args.depth is not None and args.depth < 0:
        from zarr_linked_data.errors import InvalidInputError

        raise InvalidInputError(f"--depth is {args.depth}. Give 0 for the root alone, or more.")
    found: Iterator[Node] = open_catalogue(open_storage(args.store), settings.cache).nodes(
        depth=args.depth
    )
    return [node for node in found if args.type is None or is_of_type(node, args.type)]
