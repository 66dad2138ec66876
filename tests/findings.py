"""Stores with something wrong, for tests, and short ways to see what a check finds."""

from tests.stores import EX, put_group
from zarr_linked_data.check import check_store
from zarr_linked_data.storage import open_storage


def new_store(folder):
    """A folder with an empty root group."""
    storage = open_storage(folder / "lab.zarr", create=True)
    put_group(storage, "", {"@id": f"{EX}campaign"})
    return storage


def found(storage, kind, **options):
    """The findings of one kind; beside them there is none but of stale metadata."""
    findings = check_store(storage, **options)
    assert {finding.kind for finding in findings} <= {kind, "stale-metadata"}
    for finding in findings:
        assert "\n" not in finding.message
        assert finding.message.endswith(".")
    return [finding for finding in findings if finding.kind == kind]


def stale(storage):
    """The one message about the consolidated metadata."""
    (finding,) = found(storage, "stale-metadata")
    assert finding.path == ""
    return finding.message
