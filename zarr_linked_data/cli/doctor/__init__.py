"""`zld doctor`: what this machine has, and what to do about what it lacks."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from itertools import groupby

from zarr_linked_data.cli.doctor.cluster import check_cluster
from zarr_linked_data.cli.doctor.finding import Finding
from zarr_linked_data.cli.doctor.local import check_local_runs
from zarr_linked_data.cli.doctor.s3 import check_s3
from zarr_linked_data.cli.output import Result, table
from zarr_linked_data.cli.parser import Parser, paragraph
from zarr_linked_data.cli.terminal import Ready, on_terminal, paint, visible
from zarr_linked_data.settings import Settings

MARKS = {"ok": ("✓", "green"), "missing": ("✗", "red"), "off": ("–", "dim")}


def configure_doctor(parser: Parser) -> None:
    """Say what `zld doctor` is for; it takes no arguments."""
    parser.description = paragraph(
        """
        Say what this machine has for local runs, for S3 and for a cluster, one line each, with
        what to do about what is missing (✗). What is not set up at all (–) is no fault.

        S3 is tried when ZLD_STORE is an s3:// URL. Exit code 1 when something is missing.
        """
    )
    parser.examples = (
        "zld doctor",
        "ZLD_STORE=s3://lab/campaign.zarr zld doctor",
        "zld doctor --json",
    )


def run_doctor(args: Namespace, settings: Settings) -> Result:  # noqa: ARG001 - each verb takes both
    """Look at all there is to look at."""
    findings = [*check_local_runs(settings), *check_s3(settings), *check_cluster()]
    missing = sum(finding.state == "missing" for finding in findings)
    document = [finding._asdict() for finding in findings]
    return Result(document, _lines(findings, missing), exit_code=int(missing > 0))


def _lines(findings: Sequence[Finding], missing: int) -> Iterator[Ready]:
    if not on_terminal():
        rows = ((found.state, found.area, found.name, found.text) for found in findings)
        yield from table((), rows)
        return
    width = max(len(finding.name) for finding in findings)
    for area, members in groupby(findings, key=lambda finding: finding.area):
        yield paint(area, "bold")
        for finding in members:
            mark = paint(*MARKS[finding.state])
            yield Ready(f"  {mark} {finding.name.ljust(width)}  {visible(finding.text)}")
        yield Ready()
    yield _verdict(missing)


def _verdict(missing: int) -> Ready:
    if not missing:
        return paint("Nothing is missing.", "green")
    things = "One thing is" if missing == 1 else f"{missing} things are"
    return paint(f"{things} missing; each line with ✗ says what to do.", "red")
