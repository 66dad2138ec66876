"""Stores of a hundred to a million nodes, made once and kept between runs.

They have the shape of a lab's store, `campaign/batch/preparation/sample/{array,
sampleChemical/chemical}`: a quarter are arrays of 2 KB, and a node has 8 statements of expanded
JSON-LD in a document of 860 bytes.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from inspect import getsource
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import campaign
from benchmarks.campaign import BATCH, PREPARATIONS, make_tree
from benchmarks.processes import run_apart
from zarr_linked_data.fake import write_fake_store
from zarr_linked_data.metadata import METADATA_KEY
from zarr_linked_data.storage import OUR_FOLDER, open_storage

SHAPE = (16, 16)
"""Of each array: 2 KB of float64."""

SETTLED_S = 2.5
"""A document younger than 2 s is read again by the next consolidation, whatever its signature."""


class Stores:
    """The folder in which all stores are."""

    def __init__(self, folder: Path, say: Callable[[str], None] = print) -> None:
        self.folder = folder
        self._say = say

    def get(self, nodes: int, zarr_format: int = 3) -> Path:
        """Give a store of so many nodes and one; make it if it is not there."""
        # One of another shape is not taken for it.
        shape = sha256(f"{getsource(campaign)}{SHAPE}".encode()).hexdigest()[:8]
        store = self.folder / f"{nodes}-format-{zarr_format}-{shape}.zarr"
        if not store.exists():
            self._say(f"making a store of {nodes:,} nodes, format {zarr_format} …")
            self.folder.mkdir(parents=True, exist_ok=True)
            run_apart(write_store, str(store), nodes, zarr_format)
            os.sync()  # else the disk is busy with it while others are measured
        return store

    @contextmanager
    def new_folder(self) -> Iterator[Path]:
        """Give an empty folder that goes when the block ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.folder, prefix="new-") as folder:
            yield Path(folder)
        os.sync()

    @contextmanager
    def lent(self, store: Path) -> Iterator[Path]:
        """Give a peer that writes into the root a folder of links, and a copy of its documents."""
        with TemporaryDirectory(dir=self.folder, prefix="lent-") as name:
            folder = Path(name)
            for path in store.iterdir():
                if path.is_dir() and path.name != OUR_FOLDER:
                    (folder / path.name).symlink_to(path.absolute())
                elif path.is_file() and path.name != METADATA_KEY:
                    shutil.copy(path, folder)
            yield folder


def write_store(folder: str, nodes: int, zarr_format: int = 3) -> float:
    """Write a store of so many nodes and one, and give the seconds it took."""
    started = time.perf_counter()
    write_fake_store(
        make_tree(samples_of(nodes)),
        open_storage(folder, create=True),
        copies=max(1, nodes // BATCH),
        shape=SHAPE,
        zarr_format=zarr_format,
    )
    return time.perf_counter() - started


def samples_of(nodes: int) -> int:
    """Give how many samples a batch has in a store of so many nodes."""
    return (min(nodes, BATCH) - 1 - PREPARATIONS) // 4


def unconsolidate(store: Path) -> None:
    """Take away all that a consolidation writes."""
    (store / METADATA_KEY).unlink(missing_ok=True)
    shutil.rmtree(store / OUR_FOLDER, ignore_errors=True)


def let_settle(store: Path) -> None:
    """Wait until the store's documents are old enough to be known by their signatures."""
    newest = max(path.stat().st_mtime for path in store.iterdir() if path.is_file())
    time.sleep(max(0.0, newest + SETTLED_S - time.time()))
