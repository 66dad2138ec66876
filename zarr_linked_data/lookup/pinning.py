"""One generation of a store's metadata, held so that nothing changes under a reader."""

import os
from contextlib import suppress

from zarr_linked_data.errors import ConcurrentUpdateError, NotConsolidatedError
from zarr_linked_data.metadata import METADATA_KEY, Head, read_head
from zarr_linked_data.storage import FolderStorage, Storage, file_tag

ATTEMPTS = 3
"""How often a store is opened that somebody consolidates at the same moment."""


def pin(home: Storage) -> tuple[Head, int | None]:
    """Give what a store's metadata say of themselves, and on a folder the file that says it."""
    for _ in range(ATTEMPTS):
        head = read_head(home)
        if head is None:
            raise NotConsolidatedError(
                f"{METADATA_KEY!r} of {home.url!r} is not there any more. Run `zld consolidate`."
            )
        if not isinstance(home, FolderStorage):
            return head, None
        with suppress(FileNotFoundError):
            descriptor = os.open(home.root / METADATA_KEY, os.O_RDONLY | os.O_CLOEXEC)
            if file_tag(os.fstat(descriptor)) == head.tag:
                return head, descriptor
            os.close(descriptor)
    raise ConcurrentUpdateError(
        f"{METADATA_KEY!r} of {home.url!r} changes again and again. Ask again in a moment."
    )
