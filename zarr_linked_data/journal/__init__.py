"""What is being added to a store, noted in the store: a killed run is finished or taken back.

A request first writes all that nobody can see yet (chunks, and documents below folders that have
none). Then one write to its journal makes up the mind: before it, the next run takes everything
back; after it, the next run writes the few documents that make it all visible.
"""

from zarr_linked_data.journal.claim import Claim, claimed
from zarr_linked_data.journal.record import JOURNAL, Record
from zarr_linked_data.journal.recovery import recovered

__all__ = ["JOURNAL", "Claim", "Record", "claimed", "recovered"]
