"""A node's metadata documents, written.

They have what zarr-python 2.18 and 3, xarray and zarrs need to open them without a warning, and
nothing else.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from zarr_linked_data.errors import InvalidInputError
from zarr_linked_data.node.dtypes import NUMBERS
from zarr_linked_data.node.text import sanitised

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

JSON = Any

_FORMATS = (2, 3)

DIMENSIONS = "_ARRAY_DIMENSIONS"
"""The attribute in which xarray keeps the names of an array's dimensions in format 2."""


def group_documents(attributes: Mapping[str, JSON], zarr_format: int = 3) -> dict[str, bytes]:
    """Write the documents of a group: their bytes, by their names.

    Raises
    ------
    InvalidInputError
        JSON cannot hold the attributes, or there is no such Zarr format.
    """
    if _is_format_3(zarr_format):
        start = b'{"zarr_format":3,"node_type":"group"'
        return {"zarr.json": b'%b,"attributes":%b}' % (start, _encoded(attributes))}
    documents = {".zgroup": b'{"zarr_format":2}'}
    if attributes:
        documents[".zattrs"] = _encoded(attributes)
    return documents


def array_documents(
    attributes: Mapping[str, JSON],
    *,
    shape: Sequence[int],
    dtype: "DTypeLike",
    chunks: Sequence[int] | None = None,
    zarr_format: int = 3,
    compressed: bool = False,
) -> dict[str, bytes]:
    """Write the documents of an array: their bytes, by their names.

    Chunks are in C order, with the byte order of `dtype`; one that is not there counts as zeros.

    Parameters
    ----------
    attributes
        Xarray needs names of dimensions: those in `_ARRAY_DIMENSIONS`, where it keeps them in
        format 2, else `dim_0` and so on.
    chunks
        The shape of a chunk; without it, the whole array is one.
    compressed
        Each chunk is compressed with zstd.

    Raises
    ------
    InvalidInputError
        JSON cannot hold the attributes, the data type is none of `NUMBERS`, or the shapes do not
        fit together.
    """
    is_3 = _is_format_3(zarr_format)
    lengths, chunk = _checked_shapes(shape, chunks)
    names = _dimension_names(attributes, len(lengths))
    layout = _layout(is_3, lengths, chunk, _type_string(dtype), compressed)
    if not is_3:
        return {".zarray": layout, ".zattrs": _encoded({**attributes, DIMENSIONS: names})}
    others = {name: value for name, value in attributes.items() if name != DIMENSIONS}
    parts = layout[:-1], orjson.dumps(names), _encoded(others)
    return {"zarr.json": b'%b,"dimension_names":%b,"attributes":%b}' % parts}


def chunk_name(index: tuple[int, ...], zarr_format: int = 3) -> str:
    """Name the object of a chunk, relative to its array.

    Examples
    --------
    >>> chunk_name((0, 12)), chunk_name((0, 12), zarr_format=2)
    ('c/0/12', '0.12')
    """
    if _is_format_3(zarr_format):
        return "/".join(("c", *map(str, index)))
    return ".".join(map(str, index)) or "0"


@lru_cache(maxsize=256)
def _layout(
    is_3: bool,  # noqa: FBT001 - the cache takes arguments by position faster
    shape: tuple[int, ...],
    chunks: tuple[int, ...],
    type_string: str,
    compressed: bool,  # noqa: FBT001 - the same
) -> bytes:
    """Write what a document says of an array's values; many arrays of a store have it in common."""
    layout = _layout_3 if is_3 else _layout_2
    return orjson.dumps(layout(shape, chunks, type_string, compressed=compressed))


def _layout_3(
    shape: tuple[int, ...], chunks: tuple[int, ...], type_string: str, *, compressed: bool
) -> dict[str, JSON]:
    """Say in the words of format 3 how an array's values lie."""
    order = {"<": "little", ">": "big"}.get(type_string[0])
    codecs: list[JSON] = [{"name": "bytes"}]
    if order:
        codecs = [{"name": "bytes", "configuration": {"endian": order}}]
    if compressed:
        codecs.append({"name": "zstd", "configuration": {"level": 0, "checksum": False}})
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": shape,
        "data_type": _name(type_string),
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": _zero(type_string),
        "codecs": codecs,
    }


def _layout_2(
    shape: tuple[int, ...], chunks: tuple[int, ...], type_string: str, *, compressed: bool
) -> dict[str, JSON]:
    """Say in the words of format 2 how an array's values lie."""
    return {
        "zarr_format": 2,
        "shape": shape,
        "chunks": chunks,
        "dtype": type_string,
        "compressor": {"id": "zstd", "level": 0} if compressed else None,
        "fill_value": _zero(type_string),
        "order": "C",
        "filters": None,
    }


def _zero(type_string: str) -> JSON:
    """Give the zero of a data type as JSON has it; a complex number is a list in both formats."""
    zeros: dict[str, JSON] = {"b": False, "f": 0.0, "c": [0.0, 0.0]}
    return zeros.get(type_string[1], 0)


def _type_string(dtype: "DTypeLike") -> str:
    """Give numpy's type string of a data type of numbers, such as '<f8'."""
    import numpy as np  # noqa: PLC0415 - reading documents must not wait for it

    try:
        found = np.dtype(dtype)
        name, type_string = found.name, found.str
    except TypeError:
        name = ""
    if name not in NUMBERS:
        raise InvalidInputError(
            f"Cannot write an array of type {str(dtype)!r}. Use one of {', '.join(NUMBERS)}."
        )
    return type_string


def _name(type_string: str) -> str:
    """Give the name of a data type that numpy and format 3 share."""
    import numpy as np  # noqa: PLC0415 - reading documents must not wait for it

    return np.dtype(type_string).name


def _is_format_3(zarr_format: int) -> bool:
    """Tell format 3 from 2; others are refused."""
    if zarr_format not in _FORMATS:
        raise InvalidInputError(f"Cannot write Zarr format {zarr_format!r}. Use 2 or 3.")
    return zarr_format == max(_FORMATS)


def _checked_shapes(
    shape: Sequence[int], chunks: Sequence[int] | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Refuse shapes that no array has; a chunk that is not given is the whole array."""
    lengths = tuple(int(length) for length in shape)
    given = [max(1, length) for length in lengths] if chunks is None else chunks
    chunk = tuple(int(length) for length in given)
    if len(chunk) != len(lengths) or any(n < 0 for n in lengths) or any(n < 1 for n in chunk):
        raise InvalidInputError(
            f"Cannot write an array of shape {lengths!r} in chunks of {chunk!r}. Give both as many "
            "whole numbers: of 0 or more in the shape, of 1 or more in the chunks."
        )
    return lengths, chunk


def _dimension_names(attributes: Mapping[str, JSON], count: int) -> list[str]:
    """Give the names of an array's dimensions."""
    names = attributes.get(DIMENSIONS)
    if names is None:
        return [f"dim_{axis}" for axis in range(count)]
    if isinstance(names, list) and len(names) == count and all(isinstance(n, str) for n in names):
        return names
    raise InvalidInputError(
        f"Cannot write an array of {count} dimensions with {DIMENSIONS!r}: {names!r}. "
        "Give a list of one name for each, or leave it out."
    )


def _encoded(attributes: Mapping[str, JSON]) -> bytes:
    """Write attributes as JSON; `NaN` and `Infinity`, which it has not, become strings."""
    try:
        data = orjson.dumps(attributes)
        # orjson writes null for them: only json tells the two apart.
        return _encoded_slowly(attributes) if b"null" in data else data
    except TypeError:
        return _encoded_slowly(attributes)


def _encoded_slowly(attributes: Mapping[str, JSON]) -> bytes:
    """Write attributes that orjson does not write, or not all of: large integers, `NaN`."""
    try:
        text = json.dumps(attributes, ensure_ascii=False, separators=(",", ":"))
        return sanitised(text.encode())[0]
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInputError(
            f"Cannot write attributes as JSON: {error}. "
            "Use text, numbers, booleans, None, lists and dicts with text as keys."
        ) from error
