"""What is measured of the library."""

import random
import time
from pathlib import Path

from benchmarks.sides.clock import median_us
from zarr_linked_data import linked_store
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.storage import open_storage, write_many
from zarr_linked_data.transfer import copy_store

LOOK_UPS = 20_000
"""Random ones, so that hardly two after each other are on one page of the index."""

WRITERS = 16
"""At once; more gained nothing on one machine."""


def consolidate_store(url: str) -> float:
    """Consolidate a store, and give the seconds."""
    storage = open_storage(url)
    started = time.perf_counter()
    consolidate(storage)
    return time.perf_counter() - started


def find_nodes(store: str) -> float:
    """Find random URIs one by one in an open store, and give the median in µs."""
    lab = linked_store.open(store)
    return median_us(lab.__getitem__, random.choices(list(lab), k=LOOK_UPS))  # noqa: S311


def choose_uri(store: str) -> str:
    """Choose one URI of a store."""
    return random.choice(list(linked_store.open(store)))  # noqa: S311 - no secret


def read_arrays(store: str, arrays: int) -> float:
    """Read random arrays by their own URIs, and give the median in µs."""
    lab = linked_store.open(store)
    uris = [str(node.uri) for node in lab.catalogue.nodes(kind="array")]
    return median_us(lambda uri: lab[uri].read(), random.sample(uris, min(arrays, len(uris))))


def read_samples(store: str, arrays: int) -> float:
    """Read random arrays by the URIs of the groups that hold them, and give the median in µs."""
    lab = linked_store.open(store)
    uris = [str(node.uri) for node in lab.search(type="Sample")]
    return median_us(lambda uri: lab[uri].read(), random.sample(uris, min(arrays, len(uris))))


def copy(store: str, url: str) -> float:
    """Copy a store, and give the seconds."""
    source, target = open_storage(store), open_storage(url, create=True)
    started = time.perf_counter()
    copy_store(source, target)
    return time.perf_counter() - started


def write_only(store: str, url: str) -> float:
    """Write the objects of a store from memory, with nothing else done, and give the seconds."""
    root, target = Path(store), open_storage(url)
    files = [path for path in root.rglob("*") if path.is_file()]
    items = [(path.relative_to(root).as_posix(), path.read_bytes()) for path in files]
    started = time.perf_counter()
    write_many(target, items, threads=WRITERS)
    return time.perf_counter() - started
