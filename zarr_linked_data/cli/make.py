"""`zld fake`, `zld add` and `zld copy`: make a store."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from zarr_linked_data.cli.output import Result, fields
from zarr_linked_data.cli.parser import Parser, paragraph
from zarr_linked_data.settings import Settings

if TYPE_CHECKING:
    from zarr_linked_data.jsonld import Entity


def configure_fake(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = paragraph("""
        Make a store from the entities of a JSON-LD file, with a random array at each entity of one level: something to
        try the rest with. The tree follows the links of the entities, or the types of `--hierarchy`.
        """)
    parser.examples = (
        "zld fake data/campaign.jsonld lab.zarr",
        "zld fake --hierarchy Campaign,Batch,SamplePreparation,Sample data/campaign.jsonld lab.zarr",
        "zld fake --shape 16,16 --copies 1000 data/campaign.jsonld s3://lab/many.zarr",
    )
    parser.add_argument("jsonld", metavar="JSONLD", help="file with the entities: a path or a URL")
    parser.add_argument(
        "--level", metavar="TYPE", default="Sample",
        help="type of the entities that get an array: a local name or an IRI (default: Sample)",
    )  # fmt: skip
    _add_tree_options(parser)
    parser.add_argument(
        "--shape", metavar="N,M", default="900,1000", help="of each array (default: 900,1000)"
    )
    parser.add_argument("--dtype", metavar="TYPE", default="float64", help="(default: float64)")
    parser.add_argument(
        "--copies", metavar="N", type=int, default=1,
        help="make all below the root so often (default: 1)",
    )  # fmt: skip
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="(default: 0)")
    parser.add_argument("--zarr-format", type=int, choices=(2, 3), default=3, help="(default: 3)")
    parser.add_argument("--overwrite", action="store_true", help="replace the store that is there")
    parser.add_store()


def run_fake(args: Namespace, settings: Settings) -> Result:  # noqa: ARG001 - as every verb
    """Make the store."""
    from zarr_linked_data.cli.progress import progress_bar
    from zarr_linked_data.fake import write_fake_store
    from zarr_linked_data.hierarchy import build_tree, select_level
    from zarr_linked_data.storage import open_storage

    entities = read_entities_at(args.jsonld)
    tree = build_tree(
        entities,
        links=_names(args.link),
        hierarchy=_names(args.hierarchy),
        has_array=select_level(entities, args.level),
    )
    shape = parse_shape(args.shape)
    with progress_bar("Writing nodes") as progress:
        made = write_fake_store(
            tree,
            open_storage(args.store, create=True),
            copies=args.copies,
            shape=shape,
            dtype=args.dtype,
            seed=args.seed,
            zarr_format=args.zarr_format,
            overwrite=args.overwrite,
            progress=progress,
        )
    document = asdict(made) | {"seconds": round(made.seconds, 3)}
    return Result(document, fields(document.items()))


def configure_copy(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = paragraph("""
        Copy a store from one URL to another. What is there already with the same content is skipped, so a copy that
        was stopped goes on; at its end every object is compared.
        """)
    parser.examples = (
        "zld copy lab.zarr s3://lab/campaign.zarr",
        "zld copy s3://lab/campaign.zarr lab.zarr",
    )
    parser.add_argument(
        "source", metavar="SOURCE", help="the store: a folder or s3://bucket/prefix"
    )
    parser.add_argument(
        "target", metavar="TARGET", help="where it goes: a folder or s3://bucket/prefix"
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="make the target equal to the source, whatever it holds",
    )


def run_copy(args: Namespace, settings: Settings) -> Result:  # noqa: ARG001 - as every verb
    """Copy the store."""
    from zarr_linked_data.cli.progress import progress_bar
    from zarr_linked_data.storage import open_storage
    from zarr_linked_data.transfer import copy_store

    source = open_storage(args.source)
    target = open_storage(args.target, create=True)
    with progress_bar("Copying objects") as progress:
        done = copy_store(source, target, overwrite=args.overwrite, progress=progress)
    document = asdict(done) | {"seconds": round(done.seconds, 3)}
    return Result(document, fields(document.items()))


def read_entities_at(location: str) -> "tuple[Entity, ...]":
    """Read the entities of a JSON-LD file, at a path or a URL."""
    from zarr_linked_data.errors import InvalidJsonLdError, StoreNotFoundError
    from zarr_linked_data.jsonld import read_entities
    from zarr_linked_data.storage import open_file

    if "://" not in location:
        return read_entities(Path(location))
    folder, name = open_file(location)
    data = folder.read(name)
    if data is None:
        raise StoreNotFoundError(f"There is no file {location!r}. Check the URL.")
    try:
        return read_entities(data)
    except InvalidJsonLdError as error:
        raise InvalidJsonLdError(f"{location}: {error}") from error


def parse_shape(text: str) -> tuple[int, ...]:
    """Read a shape: whole numbers with commas between them."""
    from zarr_linked_data.errors import InvalidInputError

    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise InvalidInputError(
            f"The shape is {text!r}. Give whole numbers with commas between them: 900,1000."
        ) from error


def _add_tree_options(parser: Parser) -> None:
    """Let the reader say how the tree is made."""
    parser.add_argument(
        "--hierarchy", metavar="TYPE,TYPE,…", default="", help="types from the root down, in order"
    )
    parser.add_argument(
        "--link", metavar="NAME,NAME,…", default="",
        help="properties that say what an entity contains (default: those that begin with 'has')",
    )  # fmt: skip


def _names(text: str) -> tuple[str, ...]:
    """Split a list with commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
