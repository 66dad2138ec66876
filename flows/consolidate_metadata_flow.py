"""Make a store findable: `python flows/consolidate_metadata_flow.py run`."""

import time
from dataclasses import asdict
from typing import Any

from metaflow import FlowSpec, Parameter, card, retry, schedule, step

import zarr_linked_data  # noqa: F401 - Metaflow ships what a flow imports
from cards import show_consolidation
from parameters import SETTINGS, checked_place, default_store
from refusals import in_one_line


@schedule(daily=True)  # on a cluster; a laptop runs it when it is told to
class ConsolidateMetadataFlow(FlowSpec):
    """Gather the metadata of all groups and arrays of a store in one object, and index them by URI.

    Only what has changed is read again; with nothing changed, nothing is written.
    """

    path_for_store = Parameter(
        "path_for_store",
        default=default_store(),
        callback=checked_place,
        help="The store: a folder or s3://bucket/prefix; by default ZLD_STORE.",
    )
    shards = Parameter(
        "shards", default=1, help="How many tasks read the store, each a part; for large stores."
    )

    @retry(times=0)  # what is refused once would be refused again
    @step
    def start(self) -> None:
        """Divide the store among the readers."""
        from zarr_linked_data.consolidate import plan_shards
        from zarr_linked_data.storage import open_storage

        self.started = time.time()
        with in_one_line():
            storage = open_storage(self.path_for_store)
            self.spans = plan_shards(storage, self.shards, cache=SETTINGS.cache)
        self.next(self.read, foreach="spans")

    @step
    def read(self) -> None:
        """Read the metadata of one part of the store that have changed."""
        from zarr_linked_data.consolidate import read_shard
        from zarr_linked_data.storage import open_storage

        with in_one_line():
            storage = open_storage(self.path_for_store)
            self.shard = read_shard(storage, self.input, cache=SETTINGS.cache)
        self.next(self.commit)

    @step
    def commit(self, inputs: Any) -> None:
        """Write the metadata of the whole store as one generation."""
        from zarr_linked_data.consolidate import consolidate_shards
        from zarr_linked_data.storage import open_storage

        with in_one_line():
            storage = open_storage(self.path_for_store)
            shards = [one.shard for one in inputs]  # not kept as an artifact of this step
            done = consolidate_shards(storage, shards, cache=SETTINGS.cache)
        seconds = time.time() - inputs[0].started
        self.consolidation = asdict(done) | {"seconds": round(seconds, 3)}
        self.next(self.end)

    @card(type="zld_page")
    @step
    def end(self) -> None:
        """Show what the store holds."""
        from zarr_linked_data import linked_store

        with in_one_line():
            lab = linked_store.open(self.path_for_store, cache=SETTINGS.cache)
            show_consolidation(lab, self.consolidation)


if __name__ == "__main__":
    ConsolidateMetadataFlow()
