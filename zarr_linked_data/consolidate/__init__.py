"""Gather the metadata of a whole store in one object, and keep it up to date.

Lock, walk, see what has changed, commit. The write of `.all_metadata` is the only commit point: a
reader sees the old generation or the new one, whatever is killed in between.
"""

from zarr_linked_data.consolidate.run import Consolidation, Options, Progress, consolidate
from zarr_linked_data.consolidate.shards import (
    Shard,
    consolidate_shards,
    plan_shards,
    read_shard,
)

__all__ = [
    "Consolidation",
    "Options",
    "Progress",
    "Shard",
    "consolidate",
    "consolidate_shards",
    "plan_shards",
    "read_shard",
]
