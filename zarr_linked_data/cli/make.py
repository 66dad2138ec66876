"""`zld fake` and `zld copy`: make a store."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from zarr_linked_data.cli.output import Result, fields
from zarr_linked_data.cli.parser import Parser, paragraph
from zarr_linked_data.settings import Settings

if TYPE_CHECKING:
    from zarr_linked_data.storage import Storage


def configure_fake(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = paragraph("""
        Make a store from the entities of a JSON-LD file, with a random array at each entity of one
        level: something to try the rest with. The tree follows the links of the entities, or the
        types of `--hierarchy`.
        """)
    parser.examples = (
        "zld fake data/campaign.jsonld lab.zarr",
        "zld fake --hierarchy Campaign,Batch,SamplePreparation,Sample "
        "data/campaign.jsonld lab.zarr",
        "zld fake --shape 16,16 --copies 1000 data/campaign.jsonld s3://lab/many.zarr",
    )
    parser.add_argument("jsonld", metavar="JSONLD", help="file with the entities: a path or a URL")
    parser.add_argument(
        "--level", metavar="TYPE", default="Sample",
        help="type of the entities that get an array: a local name or an IRI (default: Sample)",
    )  # fmt: skip
    add_tree_options(parser)
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
    from zarr_linked_data.fake import FakePlan

    plan = FakePlan.from_words(
        args.jsonld,
        level=args.level,
        hierarchy=args.hierarchy,
        links=args.link,
        shape=args.shape,
        dtype=args.dtype,
        copies=args.copies,
        seed=args.seed,
        zarr_format=args.zarr_format,
    )
    with new_store(args.store) as storage, progress_bar("Writing nodes") as progress:
        made = plan.write(storage, overwrite=args.overwrite, progress=progress)
    document = asdict(made) | {"seconds": round(made.seconds, 3)}
    return Result(document, fields(document.items()))


def configure_copy(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = paragraph("""
        Copy a store from one URL to another. What is there already with the same content is
        skipped, so a copy that was stopped goes on; at its end every object is compared.
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
        help="make the store at the target equal to the source",
    )


def run_copy(args: Namespace, settings: Settings) -> Result:  # noqa: ARG001 - as every verb
    """Copy the store."""
    from zarr_linked_data.cli.progress import progress_bar
    from zarr_linked_data.storage import open_storage
    from zarr_linked_data.transfer import copy_store

    source = open_storage(args.source)
    with new_store(args.target) as target, progress_bar("Copying objects") as progress:
        done = copy_store(source, target, overwrite=args.overwrite, progress=progress)
    document = asdict(done) | {"seconds": round(done.seconds, 3)}
    return Result(document, fields(document.items()))


@contextmanager
def new_store(location: str) -> "Iterator[Storage]":
    """Open a place for a store, made where it is not there; a failure leaves no empty folder."""
    from zarr_linked_data.storage import open_storage

    path = Path(location)
    made = [] if "://" in location else [p for p in (path, *path.parents) if not p.exists()]
    try:
        yield open_storage(location, create=True)
    except BaseException:
        for folder in made:
            with suppress(OSError):  # it holds something by now
                folder.rmdir()
        raise


def add_tree_options(parser: Parser) -> None:
    """Let the reader say how the tree is made."""
    parser.add_argument(
        "--hierarchy", metavar="TYPE,TYPE,…", default="", help="types from the root down, in order"
    )
    parser.add_argument(
        "--link", metavar="NAME,NAME,…", default="",
        help="properties that say what an entity contains (default: those that begin with 'has')",
    )  # fmt: skip
