"""The places that hold a store's objects: folders, buckets, memory, web servers, Zarr stores.

`open_storage` opens one by its URL; all that it opens behave alike, as `Storage` says.
"""

from zarr_linked_data.storage.base import (
    OUR_FOLDER,
    Contents,
    Data,
    Found,
    Storage,
    cache_folder,
    checked_key,
)
from zarr_linked_data.storage.files import file_tag
from zarr_linked_data.storage.folder import FolderStorage
from zarr_linked_data.storage.many import fitting_threads, read_many, write_many
from zarr_linked_data.storage.opening import Location, open_file, open_storage
from zarr_linked_data.storage.overlap import describe_overlap

__all__ = [
    "OUR_FOLDER",
    "Contents",
    "Data",
    "FolderStorage",
    "Found",
    "Location",
    "Storage",
    "cache_folder",
    "checked_key",
    "describe_overlap",
    "file_tag",
    "fitting_threads",
    "open_file",
    "open_storage",
    "read_many",
    "write_many",
]
