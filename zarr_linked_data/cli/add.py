"""`zld add`: what others measured, into a store."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from zarr_linked_data.cli.make import add_tree_options, new_store
from zarr_linked_data.cli.output import Result, fields
from zarr_linked_data.cli.parser import Parser, paragraph
from zarr_linked_data.settings import Settings

if TYPE_CHECKING:
    from zarr_linked_data.storage import Storage


def configure_add(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = paragraph("""
        Add the entities of a JSON-LD file, and measured arrays, to a new or existing store; or a
        contributor's whole store to another. All is checked first, then added whole or not at all,
        then consolidated.
        """)
    parser.examples = (
        "zld add campaign.jsonld --array http://example.org/sample1=run1.npy lab.zarr",
        "zld add more.jsonld --under http://example.org/batch2 s3://lab/campaign.zarr",
        "zld add theirs.zarr --under http://example.org/campaign lab.zarr",
    )
    parser.add_argument("source", metavar="SOURCE", help="a JSON-LD file, or a store: path or URL")
    parser.add_argument(
        "--array", metavar="URI=FILE", action="append", default=[],
        help="a measured array, .npy, .csv or .parquet, of this URI or of the entity with it",
    )  # fmt: skip
    parser.add_argument("--under", metavar="URI", help="the group that it goes below")
    add_tree_options(parser)
    parser.add_argument(
        "--zarr-format", type=int, choices=(2, 3), default=3, help="of a new store (default: 3)"
    )
    parser.add_argument(
        "--overwrite", action="store_true",
        help="replace properties of entities that are there; arrays never are",
    )  # fmt: skip
    parser.add_store()


def run_add(args: Namespace, settings: Settings) -> Result:  # noqa: ARG001 - as every verb
    """Add it."""
    from zarr_linked_data.cli.progress import progress_bar
    from zarr_linked_data.fake.plan import read_entities_at, split_names
    from zarr_linked_data.ingest import add_entities, add_store
    from zarr_linked_data.storage import open_storage

    store = _store_at(args.source)
    if store is not None:
        _refuse_file_options(args)
        with progress_bar("Adding bytes") as progress:
            done = add_store(store, open_storage(args.store), under=args.under, progress=progress)
    else:
        entities, arrays = read_entities_at(args.source), _arrays(args.array)
        with new_store(args.store) as storage, progress_bar("Adding bytes") as progress:
            done = add_entities(
                entities,
                storage,
                arrays=arrays,
                under=args.under,
                links=split_names(args.link),
                hierarchy=split_names(args.hierarchy),
                overwrite=args.overwrite,
                zarr_format=args.zarr_format,
                progress=progress,
            )
    document = asdict(done) | {"seconds": round(done.seconds, 3)}
    return Result(document, fields(document.items()))


def _store_at(source: str) -> "Storage | None":
    """Open the source if it is a store: a folder or URL that holds a Zarr root."""
    from zarr_linked_data.errors import StoreNotFoundError
    from zarr_linked_data.storage import open_storage
    from zarr_linked_data.walk import detect_format

    if "://" not in source and not Path(source).is_dir():
        return None
    try:
        storage = open_storage(source)
        detect_format(storage)
    except StoreNotFoundError:
        if "://" not in source:
            raise
        return None
    return storage


def _refuse_file_options(args: Namespace) -> None:
    """Refuse what only a JSON-LD file takes, and a store without a place to go."""
    from zarr_linked_data.errors import InvalidInputError

    if args.under is None:
        raise InvalidInputError(
            f"{args.source!r} is a store. Say below which group of {args.store!r} it goes: "
            "--under URI."
        )
    given = [name for name in ("array", "link", "hierarchy", "overwrite") if getattr(args, name)]
    if given:
        raise InvalidInputError(
            f"{args.source!r} is a store and is added as it is; "
            f"leave out --{given[0]}, which is for a JSON-LD file."
        )


def _arrays(options: list[str]) -> dict[str, Path]:
    """Read URI=FILE; the URI may hold a '=', the file may not."""
    from zarr_linked_data.errors import InvalidInputError

    arrays: dict[str, Path] = {}
    for option in options:
        uri, equals, file = option.rpartition("=")
        if not (uri and equals and file):
            raise InvalidInputError(f"--array is {option!r}. Give URI=FILE.")
        if uri in arrays:
            raise InvalidInputError(
                f"--array names {uri!r} twice: {str(arrays[uri])!r} and {file!r}. Leave one out."
            )
        arrays[uri] = Path(file)
    return arrays
