"""The names of data types: from what Zarr documents say to what numpy prints.

The tables answer for nearly all arrays. Numpy and zarr-python are imported only for the others, for
they cost a command 50 and 200 ms.
"""

import warnings
from functools import lru_cache
from typing import Any

import orjson

JSON = Any

NUMBERS = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)
"""The data types of arrays that this library writes, by the names that numpy and format 3 share."""

_STRINGS = "StringDType()"

_NAMES_3 = {name: name for name in NUMBERS} | {
    "string": _STRINGS,
    "bytes": "object",
    "variable_length_bytes": "object",
}
"""Numpy's names of the data types that format 3 names by a word alone."""

_NAMES_2 = {
    "|O": "object",
    "|b1": "bool",
    "|i1": "int8",
    "<i2": "int16",
    "<i4": "int32",
    "<i8": "int64",
    "|u1": "uint8",
    "<u2": "uint16",
    "<u4": "uint32",
    "<u8": "uint64",
    "<f2": "float16",
    "<f4": "float32",
    "<f8": "float64",
    "<c8": "complex64",
    "<c16": "complex128",
}
"""Numpy's names of the data types that most arrays of format 2 have."""


def name_of_format_3(data_type: JSON) -> str | None:
    """Name the data type of a `zarr.json`; None where it has none.

    One that neither numpy nor zarr-python knows keeps its own name.
    """
    if type(data_type) is str:
        return _NAMES_3.get(data_type) or _name_of_word(data_type)
    if type(data_type) is not dict or type(data_type.get("name")) is not str:
        return None
    if not data_type.get("configuration"):
        return name_of_format_3(data_type["name"])
    return _name_of_extension(orjson.dumps(data_type))


def name_of_format_2(dtype: JSON, codecs: list[JSON]) -> str | None:
    """Name the data type of a `.zarray`; None where it has none.

    Parameters
    ----------
    dtype
        A type string of numpy, or the list of a structured type's fields.
    codecs
        The array's filters and compressor: they tell which objects an array of objects holds.
    """
    if type(dtype) is str:
        if dtype == "|O" and any(type(c) is dict and c.get("id") == "vlen-utf8" for c in codecs):
            return _STRINGS
        return _NAMES_2.get(dtype) or _name_by_numpy(orjson.dumps(dtype))
    return _name_by_numpy(orjson.dumps(dtype)) if type(dtype) is list else None


def _name_of_word(word: str) -> str | None:
    """Name a data type of format 3 that is not in our table: raw bits, or an extension."""
    if word[:1] == "r" and word[1:].isdecimal() and int(word[1:]) % 8 == 0:
        return f"|V{int(word[1:]) // 8}"
    return _name_of_extension(orjson.dumps(word)) if word else None


@lru_cache(maxsize=1024)
def _name_of_extension(data_type: bytes) -> str:
    """Let zarr-python name an extension data type; one that it does not know keeps its own name."""
    from zarr.dtype import data_type_registry

    raw = orjson.loads(data_type)
    try:
        # Zarr-python warns of types whose specification may change; that concerns who writes them.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return str(data_type_registry.match_json(raw, zarr_format=3).to_native_dtype())
    except (KeyError, TypeError, ValueError):
        return str(raw if type(raw) is str else raw["name"])


@lru_cache(maxsize=1024)
def _name_by_numpy(dtype: bytes) -> str | None:
    """Let numpy name a data type of format 2; a word that it does not know keeps its own name."""
    import numpy as np  # noqa: PLC0415 - see the module's docstring

    raw = orjson.loads(dtype)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy warns of old names
            return str(np.dtype(_fields(raw)))
    except (TypeError, ValueError, SyntaxError):
        return raw if type(raw) is str and raw else None


def _fields(raw: JSON) -> JSON:
    """Give the fields of a structured data type as numpy takes them: in tuples."""
    if type(raw) is str:
        return raw
    return [
        (name, _fields(kind), *(tuple(shape) for shape in shapes)) for name, kind, *shapes in raw
    ]
