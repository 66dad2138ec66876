"""Find any Zarr array by its URI.

>>> import zarr_linked_data as zld
>>> lab = zld.open("lab.zarr")  # doctest: +SKIP
>>> lab["http://example.org/sample1"].read()  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zarr_linked_data.consolidate import Consolidation
    from zarr_linked_data.errors import (
        AmbiguousArrayError,
        AmbiguousEntityError,
        ArrayNotFoundError,
        ConcurrentUpdateError,
        CorruptDocumentError,
        EntityNotFoundError,
        InvalidInputError,
        InvalidJsonLdError,
        InvalidTableError,
        NotConsolidatedError,
        NotFoundError,
        StoreError,
        StoreNotFoundError,
        ZldError,
        ZldWarning,
    )
    from zarr_linked_data.linked_node import LinkedNode
    from zarr_linked_data.linked_store import LinkedStore, open  # noqa: A004 - as zarr.open

METAFLOW_PACKAGE_POLICY = "include"
"""Metaflow ships this whole package with each flow that imports it."""

__all__ = [
    "AmbiguousArrayError",
    "AmbiguousEntityError",
    "ArrayNotFoundError",
    "ConcurrentUpdateError",
    "Consolidation",
    "CorruptDocumentError",
    "EntityNotFoundError",
    "InvalidInputError",
    "InvalidJsonLdError",
    "InvalidTableError",
    "LinkedNode",
    "LinkedStore",
    "NotConsolidatedError",
    "NotFoundError",
    "StoreError",
    "StoreNotFoundError",
    "ZldError",
    "ZldWarning",
    "open",
]

_HOMES = {
    "Consolidation": "consolidate",
    "LinkedNode": "linked_node",
    "LinkedStore": "linked_store",
    "open": "linked_store",
}
"""Where each public name lives that is no error.

Names are imported at their first use, so that `zld --help` starts in a blink.
"""


def __getattr__(name: str) -> Any:
    """Import a public name at its first use (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted([*globals(), *__all__])
