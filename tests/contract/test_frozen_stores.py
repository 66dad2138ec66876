"""Stores that others wrote, with zarr-pythons that may be gone one day, stay readable."""

import json
from pathlib import Path

import numpy as np
import pytest
import zarr

from zarr_linked_data.node import DOCUMENT_NAMES, read_node, sanitised, without_consolidated

DATA = Path(__file__).parent / "data"
STORES = sorted(path.name for path in DATA.glob("*.zarr"))
NAMES = {name for names in DOCUMENT_NAMES.values() for name in names}


def nodes():
    """Name every node: the store and the path in it."""
    folders = sorted({f.parent for f in DATA.rglob("*") if f.name in NAMES - {".zattrs"}})
    parts = [folder.relative_to(DATA).parts for folder in folders]
    return [(store, "/".join(path)) for store, *path in parts]


def documents(store, path):
    """Give the documents of one node."""
    folder = DATA / store / path
    return {name: (folder / name).read_bytes() for name in NAMES if (folder / name).exists()}


def as_read(attributes):
    """Write attributes that zarr-python gives as orjson reads them."""

    def integer(text):
        number = int(text)
        return number if -(2**63) <= number < 2**64 else float(text)

    return json.loads(json.dumps(attributes), parse_constant=str, parse_int=integer)


def test_there_is_a_store_of_each_format():
    assert STORES == ["zarr2.zarr", "zarr3.zarr", "zarr3_consolidated.zarr"]
    assert len(nodes()) > 60


@pytest.mark.parametrize(("store", "path"), nodes())
def test_each_node_is_what_zarr_says(store, path):
    found = read_node(documents(store, path), path)
    node = zarr.open_group(DATA / store, mode="r", use_consolidated=False)
    node = node[path] if path else node
    assert found.attributes == as_read(node.attrs.asdict())
    if isinstance(node, zarr.Group):
        assert (found.kind, found.shape, found.dtype) == ("group", None, None)
    else:
        assert (found.kind, found.shape, found.dtype) == ("array", node.shape, str(node.dtype))


@pytest.mark.parametrize("store", STORES)
def test_the_numbers_are_still_there(store):
    arrays = [zarr.open(DATA / store, path=p, mode="r") for s, p in nodes() if s == store]
    values = [a[...] for a in arrays if isinstance(a, zarr.Array) and a.dtype.kind in "biufc"]
    assert values
    for found in values:
        assert np.array_equal(found.ravel(), np.arange(found.size).astype(found.dtype))


def test_the_consolidated_metadata_of_format_2_hold_every_document():
    metadata = (DATA / "zarr2.zarr/.all_metadata").read_bytes()
    consolidated = json.loads(sanitised(metadata)[0])["metadata"]
    files = [f for f in (DATA / "zarr2.zarr").rglob("*") if f.name in NAMES]
    assert consolidated == {
        f.relative_to(DATA / "zarr2.zarr").as_posix(): json.loads(sanitised(f.read_bytes())[0])
        for f in files
    }


def test_the_inline_metadata_of_format_3_are_left_out_and_nothing_else():
    data = (DATA / "zarr3_consolidated.zarr/zarr.json").read_bytes()
    document = json.loads(data)
    assert document.pop("consolidated_metadata")["metadata"]
    assert json.loads(without_consolidated(data)) == document
    below = (DATA / "zarr3_consolidated.zarr/sample1/zarr.json").read_bytes()
    assert without_consolidated(below).count(b'"consolidated_metadata"') == 1
