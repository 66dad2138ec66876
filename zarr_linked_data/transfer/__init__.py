"""Copy a store from one place to another: in parallel, resumable, verified.

First all is looked at: what the target has already is not copied again, and what would be lost is
refused. Then the objects are written, from the chunks up to the root's document, and compared;
`.all_metadata` is the very last. So no reader of the target ever finds a node whose chunks are
missing, whenever the copy is killed; run again, it goes on.

Of what we keep in a store to save time only the index of the current generation goes along: all
else in `__zld/` is of the place where it lies.
"""

from zarr_linked_data.transfer.run import MARKER, Copy, copy_store, read_marker

__all__ = ["MARKER", "Copy", "copy_store", "read_marker"]
