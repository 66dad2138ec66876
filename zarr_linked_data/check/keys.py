"""What the keys of a node's attributes mean to JSON-LD, and which it drops."""

from functools import lru_cache
from typing import NamedTuple

from zarr_linked_data.jsonld import Context, local_name
from zarr_linked_data.jsonld.contexts import ABSOLUTE

KEYWORDS = frozenset(
    f"@{word}"
    for word in (
        *("context", "id", "type", "graph", "included", "reverse", "index", "value", "language"),
        *("direction", "list", "set", "nest", "json", "none", "base", "vocab", "version"),
        *("container", "import", "prefix", "propagate", "protected"),
    )
)

OF_SOFTWARE = frozenset(
    (
        # xarray, netCDF
        *("_ARRAY_DIMENSIONS", "_FillValue", "_NCProperties", "_nczarr_attr", "_nczarr_array"),
        *("_nczarr_group", "_nczarr_superblock", "coordinates", "grid_mapping", "bounds"),
        "dimension_names",
        # conventions of Zarr: zarr-specs, OME, AnnData
        *("zarr_conventions", "ome", "multiscales", "omero", "plate", "well", "labels"),
        *("image-label", "bioformats2raw.layout", "encoding-type", "encoding-version"),
        *("column-order", "_index"),
    )
)
"""Keys by which Zarr software talks to itself: nobody misses them in a graph."""

OF_CONVENTIONS = frozenset(
    (
        *("units", "long_name", "standard_name", "calendar", "description", "title", "history"),
        *("institution", "source", "references", "comment", "Conventions", "name", "axis"),
        *("positive", "valid_min", "valid_max", "valid_range", "actual_range", "scale_factor"),
        *("add_offset", "missing_value", "flag_values", "flag_meanings", "cell_methods"),
    )
)
"""Keys that people write for plots and tables (the CF conventions): told once for a whole store."""


class Keys(NamedTuple):
    """What one combination of keys means under one context."""

    dropped: tuple[str, ...]
    conventional: tuple[str, ...]
    """Those of the dropped that many stores have: see `OF_CONVENTIONS`."""
    links: tuple[str, ...]
    """Local names of the properties that link to other nodes: those that begin with `has`."""
    types: tuple[str, ...]
    """The keys that give its types."""
    properties: bool
    """Whether there is any property."""

    @property
    def say_something(self) -> bool:
        """Tell whether there is any property or type."""
        return self.properties or bool(self.types)


@lru_cache(maxsize=4096)
def read_keys(context: Context, keys: tuple[str, ...]) -> Keys:
    """Tell what keys mean: nodes of one kind have the same ones, so that this runs seldom."""
    dropped, conventional, links, types = [], [], [], []
    properties = False
    for key in keys:
        meaning = _meaning(context, key)
        if meaning is None:
            if key in OF_CONVENTIONS:
                conventional.append(key)
            elif key not in OF_SOFTWARE and not _is_dropped_on_purpose(context, key):
                dropped.append(key)
        elif not meaning.startswith("@"):
            properties = True
            if (name := local_name(meaning)).startswith("has"):
                links.append(name)
        elif meaning == "@type":
            types.append(key)
    return Keys(
        tuple(dropped),
        tuple(conventional),
        tuple(dict.fromkeys(links)),
        tuple(types),
        properties,
    )


def _meaning(context: Context, key: str) -> str | None:
    """Expand a key to an IRI or a keyword; None for one that JSON-LD drops."""
    meaning = context.expand_key(key)
    if meaning.startswith("@"):
        return meaning if meaning in KEYWORDS else None
    return meaning if ABSOLUTE.match(meaning) else None


def _is_dropped_on_purpose(context: Context, key: str) -> bool:
    """Tell whether a context maps the key to null: somebody has thought of it."""
    return context.term(key).get("@id", key) is None
