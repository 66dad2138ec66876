"""Make a store with random arrays from a JSON-LD file: `python flows/fake_data_flow.py run`."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from metaflow import FlowSpec, Parameter, card, current, retry, step

import zarr_linked_data  # noqa: F401 - Metaflow ships what a flow imports
from cards import show_fake_store
from parameters import checked_place, checked_text, default_data, default_store
from refusals import in_one_line

if TYPE_CHECKING:
    from zarr_linked_data.fake import FakePlan


class FakeDataFlow(FlowSpec):
    """Make a store from the entities of a JSON-LD file, with a random array at each of one level.

    The store is new: the flow refuses a place where one is already.
    """

    path_for_data = Parameter(
        "path_for_data",
        default=default_data(),
        callback=checked_place,
        help="JSON-LD file with the entities: a path or a URL.",
    )
    path_for_store = Parameter(
        "path_for_store",
        default=default_store(),
        callback=checked_place,
        help="New store: a folder or s3://bucket/prefix; by default ZLD_STORE.",
    )
    data_level = Parameter(
        "data_level",
        default="Sample",
        callback=checked_text,
        help="Type of the entities that get an array: a local name or an IRI.",
    )
    hierarchy = Parameter(
        "hierarchy",
        default="",
        callback=checked_text,
        help="Types from the root down, with commas; by default the tree follows the links.",
    )
    shape = Parameter(
        "shape", default="900,1000", callback=checked_text, help="Shape of each array."
    )
    copies = Parameter("copies", default=1, help="How often all below the root is made.")
    seed = Parameter("seed", default=0, help="The same seed gives the same numbers.")

    @retry(times=0)  # what is refused once would be refused again
    @step
    def start(self) -> None:
        """Check everything, before anything is written."""
        from zarr_linked_data.cli.make import new_store

        with in_one_line(), new_store(self.path_for_store) as storage:
            self.plan().check(storage)
        self.next(self.write)

    @step
    def write(self) -> None:
        """Write the store."""
        from zarr_linked_data.cli.make import new_store

        with in_one_line(), new_store(self.path_for_store) as storage:
            # Only an earlier attempt of this run can have made a store since the check.
            self.made = asdict(self.plan().write(storage, overwrite=current.retry_count > 0))
        self.next(self.end)

    @card(type="zld_page")
    @step
    def end(self) -> None:
        """Show the store's tree."""
        with in_one_line():
            show_fake_store(self.plan(), self.made, self.path_for_store)

    def plan(self) -> "FakePlan":
        """Read the entities, and place them in a tree."""
        from zarr_linked_data.fake import FakePlan

        return FakePlan.from_words(
            self.path_for_data,
            level=self.data_level,
            hierarchy=self.hierarchy,
            shape=self.shape,
            copies=self.copies,
            seed=self.seed,
        )


if __name__ == "__main__":
    FakeDataFlow()
