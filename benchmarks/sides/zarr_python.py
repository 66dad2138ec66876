"""The same by zarr-python."""

import random
import time
from pathlib import Path

import numpy as np
import zarr
from zarr.storage import LocalStore

from benchmarks.campaign import make_tree
from benchmarks.sides.clock import median_us

NAME = f"zarr-python {zarr.__version__}"


def consolidate(folder: str) -> float:
    """Consolidate a store, and give the seconds."""
    started = time.perf_counter()
    zarr.consolidate_metadata(folder)
    return time.perf_counter() - started


def consolidate_s3(url: str) -> float:
    """Consolidate a store in S3 through s3fs, and give the seconds."""
    store = zarr.storage.FsspecStore.from_url(url)
    started = time.perf_counter()
    zarr.consolidate_metadata(store)
    return time.perf_counter() - started


def read_arrays(folder: str, arrays: int) -> float:
    """Read random arrays by their paths, and give the median in µs."""
    paths = [str(path.parent.relative_to(folder)) for path in Path(folder).glob("*/*/*/*Dataset/c")]
    store = LocalStore(folder)

    def read(path: str) -> object:
        return zarr.open_array(store, path=path, mode="r")[:]

    return median_us(read, random.sample(paths, min(arrays, len(paths))))


def write_store(folder: str, samples: int, shape: list[int]) -> float:
    """Write a store of one batch, and give the seconds."""
    values = np.random.default_rng(0).random(shape)
    root, *places = make_tree(samples).places
    started = time.perf_counter()
    store = zarr.create_group(Path(folder), attributes=root.document)
    for place in places:
        store.create_group(place.path, attributes=place.document)
        for array in place.arrays:
            made = store.create_array(
                array.path,
                shape=values.shape,
                chunks=values.shape,
                dtype=values.dtype,
                compressors=None,
                attributes=array.document,
            )
            made[:] = values
    return time.perf_counter() - started
