"""URI → node → array or slice.

`values`, `files` and `view` are imported where they are used: they need numpy and zarr, and a
look-up does not.
"""

from zarr_linked_data.lookup.catalogue import Catalogue
from zarr_linked_data.lookup.opening import open_catalogue
from zarr_linked_data.lookup.selection import Selection, parse_selection

__all__ = ["Catalogue", "Selection", "open_catalogue", "parse_selection"]
