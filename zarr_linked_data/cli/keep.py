"""`zld consolidate` and `zld check`: keep a store findable."""

from argparse import Namespace
from dataclasses import asdict

from zarr_linked_data.cli.output import Result, fields
from zarr_linked_data.cli.parser import Parser, paragraph
from zarr_linked_data.settings import Settings


def configure_consolidate(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = paragraph("""
        Gather the metadata of all groups and arrays in one object of the store, `.all_metadata`,
        and index it by URI. Only what has changed is read again; with nothing changed, nothing is
        written.
        """)
    parser.examples = (
        "zld consolidate lab.zarr",
        "zld consolidate --full s3://lab/campaign.zarr",
        "zld consolidate --store-iri https://lab.example/campaign lab.zarr",
    )
    parser.add_argument("--full", action="store_true", help="read every document again")
    parser.add_argument(
        "--store-iri",
        metavar="IRI",
        help="name of the store in its graph (default: the one it has, else its root's URI)",
    )
    parser.add_argument(
        "--dataset-link",
        metavar="NAME",
        help="local name of the property by which a group points at its array "
        "(default: hasDataset)",
    )
    parser.add_store()


def run_consolidate(args: Namespace, settings: Settings) -> Result:
    """Consolidate, and say what was found."""
    from zarr_linked_data.cli.progress import progress_bar
    from zarr_linked_data.consolidate import Options, consolidate
    from zarr_linked_data.storage import open_storage

    options = Options(full=args.full, store_iri=args.store_iri, dataset_link=args.dataset_link)
    with progress_bar("Reading metadata") as progress:
        done = consolidate(
            open_storage(args.store), options=options, cache=settings.cache, progress=progress
        )
    document = asdict(done) | {"seconds": round(done.seconds, 3)}
    return Result(document, fields((name, value) for name, value in document.items()))


def configure_check(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = paragraph("""
        Name all that is wrong with a store: URIs that several nodes have, links to nothing, invalid
        IRIs, keys without a meaning, documents that do not parse, metadata that are not up to date.
        Exit code 1 if anything is.
        """)
    parser.examples = ("zld check lab.zarr", "zld check --json s3://lab/campaign.zarr")
    parser.add_store()


def run_check(args: Namespace, settings: Settings) -> Result:  # noqa: ARG001 - as every verb
    """Check, and print a line for each finding."""
    from zarr_linked_data.check import check_store
    from zarr_linked_data.cli.progress import progress_bar
    from zarr_linked_data.storage import open_storage

    with progress_bar("Checking") as progress:
        findings = check_store(open_storage(args.store), progress=progress)
    lines = [f"{found.path or '(root)'}: {found.message} [{found.kind}]" for found in findings]
    if not findings:
        lines = ["Nothing is wrong."]
    return Result([asdict(found) for found in findings], lines, exit_code=int(bool(findings)))
