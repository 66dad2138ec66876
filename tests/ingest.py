"""Additions to stores, for tests: a small lab, and short ways to add to it."""

import numpy as np
import pytest

import zarr_linked_data as zld
from tests.stores import EX, put_lab
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.ingest import add_entities
from zarr_linked_data.jsonld import read_entities
from zarr_linked_data.storage import open_storage


def entity(name, type_name="Sample", **properties):
    """One entity as expanded JSON-LD; properties are names, or lists of names."""
    links = {
        f"{EX}{key}": [{"@id": EX + n} for n in ([value] if isinstance(value, str) else value)]
        for key, value in properties.items()
    }
    return {"@id": EX + name, "@type": [EX + type_name], **links}


def add(storage, *documents, **options):
    """Add entities, with arrays by the last segment of their URIs."""
    arrays = {EX + name: path for name, path in options.pop("arrays", {}).items()}
    return add_entities(read_entities(list(documents)), storage, arrays=arrays, **options)


def refused(error, storage, *documents, **options):
    """The message with which an addition is refused; nothing is changed by it."""
    before = content(storage)
    with pytest.raises(error) as caught:
        add(storage, *documents, **options)
    assert content(storage) == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def content(storage):
    """Every object of a store, but caches."""
    return {
        found.key: storage.read(found.key)
        for found in storage.list()
        if not found.key.startswith(("__zld/index-", "__zld/signatures"))
    }


def tree(storage):
    """The URI of each node by its path."""
    nodes = zld.open(storage).catalogue.nodes()
    return {node.path: (node.uri or "").removeprefix(EX) for node in nodes}


def new_lab(folder):
    """A consolidated store of a campaign with three samples."""
    storage = open_storage(folder / "lab.zarr", create=True)
    put_lab(storage)
    consolidate(storage)
    return storage


def new_values(folder):
    """A file with a measured array."""
    path = folder / "run.npy"
    np.save(path, np.arange(6.0).reshape(2, 3))
    return path
