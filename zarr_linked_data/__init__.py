"""Find any Zarr array by its URI.

>>> import zarr_linked_data as zld
>>> lab = zld.open("lab.zarr")  # doctest: +SKIP
>>> lab["http://example.org/sample1"].read()  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zarr_linked_data.consolidate import Consolidation
    from zarr_linked_data.errors import *  # noqa: F403 - the error tree is public
    from zarr_linked_data.linked_store import LinkedNode, LinkedStore, open  # noqa: A004 - as zarr.open

METAFLOW_PACKAGE_POLICY = "include"
"""Metaflow ships this whole package with each flow that imports it."""

_HOMES = {
    "AmbiguousArrayError": "errors",
    "AmbiguousEntityError": "errors",
    "ArrayNotFoundError": "errors",
    "ConcurrentUpdateError": "errors",
    "Consolidation": "consolidate",
    "CorruptDocumentError": "errors",
    "EntityNotFoundError": "errors",
    "InvalidInputError": "errors",
    "InvalidJsonLdError": "errors",
    "InvalidTableError": "errors",
    "LinkedNode": "linked_store",
    "LinkedStore": "linked_store",
    "NotConsolidatedError": "errors",
    "NotFoundError": "errors",
    "StoreError": "errors",
    "StoreNotFoundError": "errors",
    "ZldError": "errors",
    "ZldWarning": "errors",
    "open": "linked_store",
}
"""Where each public name lives: imported at first use, so that `zld --help` starts in a blink."""

__all__ = [  # noqa: PLE0604 - the table is the list
    *sorted(_HOMES),
]


def __getattr__(name: str) -> Any:
    """Import a public name at its first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted([*globals(), *__all__])
