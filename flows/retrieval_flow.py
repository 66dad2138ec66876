"""Get the array of a URI into a file: `python flows/retrieval_flow.py run`."""

from typing import TYPE_CHECKING

from metaflow import FlowSpec, Parameter, card, current, retry, step

import zarr_linked_data  # noqa: F401 - Metaflow ships what a flow imports
from cards import show_array
from parameters import (
    SAMPLE,
    SETTINGS,
    checked_place,
    checked_text,
    default_file,
    default_store,
)
from refusals import in_one_line

if TYPE_CHECKING:
    from zarr_linked_data.linked_store import LinkedNode


class RetrievalFlow(FlowSpec):
    """Find an array by its URI, and write it into a file: .npy, or .csv without a header.

    The file is new: the flow refuses a name that is taken already.
    """

    path_for_store = Parameter(
        "path_for_store",
        default=default_store(),
        callback=checked_place,
        help="The store: a folder, s3://bucket/prefix or http(s)://…; by default ZLD_STORE.",
    )
    uri = Parameter(
        "uri",
        default=SAMPLE,
        callback=checked_text,
        help="URI of an array, or of a group that holds one.",
    )
    path_save = Parameter(
        "path_save",
        default=default_file(),
        callback=checked_place,
        help="New file, .npy or .csv: a path or s3://bucket/name.",
    )

    @retry(times=0)  # what is refused once would be refused again
    @step
    def start(self) -> None:
        """Find the array, and check that the file can be written."""
        from zarr_linked_data.lookup.files import check_form, check_target

        with in_one_line():
            check_target(self.path_save)
            array = self.find().choose_array()
            check_form(self.path_save, array.shape or (), array.dtype or "")
        self.next(self.retrieve)

    @step
    def retrieve(self) -> None:
        """Read the array, and write the file."""
        from zarr_linked_data.lookup.files import save_values

        with in_one_line():
            values = self.find().read()
            # Only an earlier attempt of this run can have made a file since the check.
            save_values(values, self.path_save, overwrite=current.retry_count > 0)
        self.next(self.end)

    @card(type="zld_page")
    @step
    def end(self) -> None:
        """Show the array."""
        with in_one_line():
            show_array(self.find(), self.path_for_store, self.path_save)

    def find(self) -> "LinkedNode":
        """Find what the URI names."""
        from zarr_linked_data import linked_store

        lab = linked_store.open(self.path_for_store, cache=SETTINGS.cache)
        return lab[self.uri]


if __name__ == "__main__":
    RetrievalFlow()
