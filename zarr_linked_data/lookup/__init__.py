"""URI → node → array or slice."""

from zarr_linked_data.lookup.catalogue import Catalogue, open_catalogue
from zarr_linked_data.lookup.selection import parse_selection
from zarr_linked_data.lookup.values import read_values
from zarr_linked_data.lookup.view import DocumentsStore

__all__ = ["Catalogue", "DocumentsStore", "open_catalogue", "parse_selection", "read_values"]
