"""Read an array's values: arrays of one chunk by ourselves, all others by zarr-python.

Opening an array and reading its only chunk costs zarr-python 1.1 ms, nearly all of it machinery;
most lab arrays are of that kind. What we do not know for certain (sharding, filters, other codecs,
missing chunks) goes to zarr-python.
"""

import gzip
import math
import zlib
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from zarr_linked_data.errors import CorruptDocumentError
from zarr_linked_data.jsonld import JSON
from zarr_linked_data.lookup.selection import Selection
from zarr_linked_data.storage import Storage

Decode = Callable[[bytes], bytes]

PLAIN_TYPES = frozenset(
    [
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "complex64",
        "complex128",
    ]
)
"""Data types of format 3 that are numpy's of the same name, byte for byte."""


class OneChunk(NamedTuple):
    """How to read an array that is one chunk."""

    key: str
    dtype: np.dtype[Any]
    order: str
    chunk_shape: tuple[int, ...]
    shape: tuple[int, ...]
    decode: Decode | None


def read_values(
    storage: Storage,
    path: str,
    document: Mapping[str, JSON],
    selection: Selection = (),
) -> npt.NDArray[Any]:
    """Read an array, or a slice of it, into memory.

    Parameters
    ----------
    path
        The array's path in the store.
    document
        Its `zarr.json` or `.zarray`.
    selection
        Integers, slices and at most one Ellipsis, as numpy takes them; steps are positive.
    """
    plan = plan_one_chunk(document)
    data = None if plan is None else storage.read(f"{path}/{plan.key}" if path else plan.key)
    if plan is None or data is None:
        return _read_with_zarr(storage, path, selection)
    values = _decode(plan, data, f"{storage.url}/{path}")
    if plan.chunk_shape != plan.shape:
        values = values[tuple(slice(length) for length in plan.shape)]
    selected: npt.NDArray[Any] = np.array(values[selection] if selection else values)
    return selected.astype(selected.dtype.newbyteorder("="), copy=False)


def _decode(plan: OneChunk, data: bytes, where: str) -> npt.NDArray[Any]:
    """Turn a chunk's bytes into its values."""
    try:
        raw = data if plan.decode is None else plan.decode(data)
    except (RuntimeError, ValueError, OSError, EOFError, zlib.error) as error:
        raise CorruptDocumentError(
            f"Cannot decode chunk {plan.key!r} of {where!r}: {error}."
        ) from error
    expected = math.prod(plan.chunk_shape) * plan.dtype.itemsize
    if len(raw) != expected:
        raise CorruptDocumentError(
            f"The chunk {plan.key!r} of {where!r} has {len(raw)} bytes, not {expected}. "
            "It was cut off; write the array anew."
        )
    return np.frombuffer(raw, plan.dtype).reshape(plan.chunk_shape, order=plan.order)  # type: ignore[call-overload, no-any-return]


def plan_one_chunk(document: Mapping[str, JSON]) -> OneChunk | None:
    """Tell how to read an array of one chunk with codecs that we know; None for all others."""
    try:
        plan = _PLANS[document["zarr_format"]](document)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return None
    if plan is None or any(c < s for c, s in zip(plan.chunk_shape, plan.shape, strict=True)):
        return None
    return plan


def _plan_format_3(document: Mapping[str, JSON]) -> OneChunk | None:
    """Plan for a `zarr.json`."""
    data_type, codecs, encoding = (
        document["data_type"],
        document["codecs"],
        document["chunk_key_encoding"],
    )
    if data_type not in PLAIN_TYPES or document["chunk_grid"]["name"] != "regular":
        return None
    if document.get("storage_transformers") or codecs[0]["name"] != "bytes":
        return None
    compressors = codecs[1:]
    decode = _decoder(compressors[0]["name"]) if len(compressors) == 1 else None
    if compressors and decode is None:
        return None
    dtype = np.dtype(data_type)
    if codecs[0].get("configuration", {}).get("endian") == "big":
        dtype = dtype.newbyteorder(">")
    shape = tuple(document["shape"])
    separator = encoding.get("configuration", {}).get("separator")
    if encoding["name"] == "default":
        key = (separator or "/").join(["c", *["0"] * len(shape)])
    elif encoding["name"] == "v2":
        key = (separator or ".").join(["0"] * len(shape)) or "0"
    else:
        return None
    chunk_shape = tuple(document["chunk_grid"]["configuration"]["chunk_shape"])
    return OneChunk(key, dtype, "C", chunk_shape, shape, decode)


def _plan_format_2(document: Mapping[str, JSON]) -> OneChunk | None:
    """Plan for a `.zarray`."""
    compressor = document["compressor"]
    decode = None
    if document.get("filters") or not isinstance(document["dtype"], str):
        return None
    dtype = np.dtype(document["dtype"])
    if dtype.kind not in "biufc":
        return None
    if compressor is not None:
        decode = _decoder(compressor["id"])
        if decode is None:
            return None
    shape = tuple(document["shape"])
    key = document.get("dimension_separator", ".").join(["0"] * len(shape)) or "0"
    return OneChunk(key, dtype, document["order"], tuple(document["chunks"]), shape, decode)


_PLANS = {2: _plan_format_2, 3: _plan_format_3}
"""How an array of each Zarr format is planned."""


def _decoder(codec: str) -> Decode | None:
    """Give the function that undoes this compression, None for one that we do not know."""
    if codec in ("zstd", "blosc", "lz4"):
        # Imported at first use: numcodecs costs 60 ms.
        decompress: Decode = import_module(f"numcodecs.{codec}").decompress
        return decompress
    own: dict[str, Decode] = {"gzip": gzip.decompress, "zlib": zlib.decompress}
    return own.get(codec)


def _read_with_zarr(storage: Storage, path: str, selection: Selection) -> npt.NDArray[Any]:
    """Read by zarr-python; with the Rust codecs of `zarrs` where they are installed."""
    import zarr

    array = zarr.open_array(store=storage.zarr(), path=path, mode="r")
    return np.asarray(array[selection or ...])
