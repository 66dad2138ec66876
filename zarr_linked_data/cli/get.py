"""`zld get` and `zld verify`: an array as a file, and the check that the file is right."""

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from zarr_linked_data.cli.output import Result, fields
from zarr_linked_data.cli.parser import Parser, paragraph
from zarr_linked_data.settings import Settings

if TYPE_CHECKING:
    import numpy.typing as npt

EXAMPLE = "http://www.catplus.ch/ontology/concepts/sample1"


def configure_get(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = paragraph("""
        Get the array of a URI into a file: numpy's .npy, or .csv without a header for one or two
        dimensions. The URI of a group that holds one array stands for that array.
        """)
    parser.examples = (
        f"zld get {EXAMPLE} -o sample1.npy lab.zarr",
        f"zld get {EXAMPLE} --select '0:10,:' -o sample1.csv lab.zarr",
    )
    parser.add_argument("uri", metavar="URI", help="the URI that the metadata give it")
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="the file to write: .npy or .csv"
    )
    _add_choice(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace the file if it is there")
    parser.add_store()


def run_get(args: Namespace, settings: Settings) -> Result:
    """Get it."""
    from zarr_linked_data.lookup.files import check_target, save_values

    check_target(args.output, overwrite=args.overwrite)
    values = _read(args, settings)
    save_values(values, args.output, overwrite=args.overwrite)
    document = {
        "uri": args.uri,
        "file": args.output,
        "shape": values.shape,
        "dtype": str(values.dtype),
        "bytes": values.nbytes,
    }
    return Result(document, fields(document.items()))


def configure_verify(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = paragraph("""
        Check that a file is readable and holds exactly the array of a URI: shape, data type and
        every value. Exit code 1 if not.
        """)
    parser.examples = (f"zld verify sample1.npy {EXAMPLE} lab.zarr",)
    parser.add_argument("file", metavar="FILE", help="the file that `zld get` wrote")
    parser.add_argument("uri", metavar="URI", help="the URI that the metadata give it")
    _add_choice(parser)
    parser.add_store()


def run_verify(args: Namespace, settings: Settings) -> Result:
    """Compare the two."""
    from zarr_linked_data.lookup.files import compare_values, load_values

    found = load_values(args.file)
    expected = _read(args, settings)
    compare_values(found, expected, args.file)
    document = {
        "uri": args.uri,
        "file": args.file,
        "equal": True,
        "shape": expected.shape,
        "dtype": str(expected.dtype),
    }
    return Result(
        document,
        [f"{args.file} equals the array of {args.uri}: {document['shape']}, {document['dtype']}"],
    )


def _add_choice(parser: Parser) -> None:
    """Let the reader choose an array, and a part of it."""
    parser.add_argument(
        "--select", metavar="SLICES", help="a slice, one part a dimension: '0:10,:'"
    )
    parser.add_argument("--array", metavar="NAME", help="which array, where a group has several")


def _read(args: Namespace, settings: Settings) -> "npt.NDArray[Any]":
    """Read the array that the arguments name."""
    from zarr_linked_data.lookup import open_catalogue, parse_selection
    from zarr_linked_data.lookup.values import read_values
    from zarr_linked_data.storage import open_storage

    catalogue = open_catalogue(open_storage(args.store), settings.cache)
    node = catalogue.array_of(catalogue.find(args.uri), args.array)
    selection = () if args.select is None else parse_selection(args.select, node.shape or ())
    return read_values(catalogue.storage, node.path, catalogue.document(node), selection)
