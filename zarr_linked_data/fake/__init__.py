"""A tree of entities → a store with random arrays.

For trying things out, for demonstrations and for benchmarks: the documents are the real ones, only
the numbers are made up.
"""

from zarr_linked_data.fake.plan import FakePlan, read_entities_at
from zarr_linked_data.fake.store import FakeStore, write_fake_store

__all__ = ["FakePlan", "FakeStore", "read_entities_at", "write_fake_store"]
