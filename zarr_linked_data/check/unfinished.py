"""What runs that were killed, or are still at it, have left in a store."""

from zarr_linked_data.check.finding import Finding, some
from zarr_linked_data.errors import StoreError
from zarr_linked_data.fake.objects import MARK
from zarr_linked_data.journal.record import read_records
from zarr_linked_data.storage import Storage
from zarr_linked_data.transfer import MARKER, read_marker


def find_unfinished(storage: Storage) -> tuple[list[Finding], list[str]]:
    """Tell of unfinished runs, and at which paths they add what nobody sees yet."""
    findings: list[Finding] = []
    pending: list[str] = []
    source = read_marker(storage)
    if source is not None:
        findings.append(
            _unfinished(
                f"This is an unfinished copy of {source!r} ({MARKER!r} says so). "
                "Run `zld copy` again: it goes on where it was."
            )
        )
    if storage.read(MARK) is not None:
        findings.append(
            _unfinished("A store was being made here, and is not whole. Run `zld fake` again.")
        )
    if storage.can_list():
        try:
            for record, _ in read_records(storage):
                pending += record.tops
        except StoreError as error:
            findings.append(_unfinished(str(error)))
    if pending:
        findings.append(
            _unfinished(
                f"Something is half added at {some(pending)}: a run of `zld add` is at it, or was "
                "killed. If so, run `zld consolidate`: it finishes it or takes it back."
            )
        )
    return findings, pending


def _unfinished(message: str) -> Finding:
    return Finding("unfinished", "", None, message)
