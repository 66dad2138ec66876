"""An addition of some samples with arrays, to be killed, doubled and refused by tests."""

import os
import signal
import subprocess
import sys

import numpy as np

from tests.stores import EX, put_lab
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.errors import (
    InvalidInputError,
)
from zarr_linked_data.ingest import add_entities
from zarr_linked_data.jsonld import read_entities
from zarr_linked_data.storage import FolderStorage

SAMPLES = 12
VALUES = np.arange(6.0).reshape(2, 3)

ADD = """
import os, signal, sys
from pathlib import Path
from tests.samples import add_samples
from zarr_linked_data.storage import open_storage
from zarr_linked_data.storage.folder import FolderStorage
from zarr_linked_data.storage.objects import ObjectStorage

url, file, deadly = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
done = 0

def counted(change):
    def changed(*args, **options):
        global done
        done += 1
        if done == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return change(*args, **options)
    return changed

for kind in (FolderStorage, ObjectStorage):
    for name in ("write", "write_if", "delete"):
        setattr(kind, name, counted(getattr(kind, name)))
storage = FolderStorage(Path(url)) if url.startswith("/") else open_storage(url)
print("go", flush=True)
add_samples(storage, file)
print(done, flush=True)
"""
"""Adds, and kills itself at the change of the store that is given by its number; 0 for none."""


def add_samples(storage, file, first=100, **options):
    """Add some samples with arrays; in a store that is there, below one of which that tells."""
    samples = [EX + f"new{number}" for number in range(first, first + SAMPLES)]
    top = {
        "@id": f"{EX}sample1",
        f"{EX}hasPart": [{"@id": uri} for uri in samples],
        f"{EX}note": [{"@value": "more"}],
    }
    parts = [{"@id": uri, "@type": [f"{EX}Sample"]} for uri in samples]
    arrays = dict.fromkeys(samples[::2], file)
    entities = read_entities([top, *parts])
    return add_entities(entities, storage, arrays=arrays, overwrite=True, **options)


def start(storage, file, deadly=0):
    """Run an addition in a process of its own, and come back when it begins."""
    command = [sys.executable, "-c", ADD, storage.url, str(file), str(deadly)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "go\n", process.stderr.read()
    return process


def end(process, code=-signal.SIGKILL):
    output, errors = process.communicate()
    assert process.returncode == code, errors
    return output


def content(storage):
    """Every object of a store, but caches; on a folder also every empty folder."""
    objects = {
        found.key: storage.read(found.key)
        for found in storage.list()
        if not found.key.startswith(("__zld/index-", "__zld/signatures"))
    }
    if isinstance(storage, FolderStorage):
        empty = [place for place, folders, files in os.walk(storage.root) if not folders + files]
        objects |= dict.fromkeys(empty)
    return objects


def make_lab(storage):
    put_lab(storage)
    consolidate(storage)
    return storage


def add_or_refusal(storage, file):
    """What was added, or why it was not."""
    try:
        done = add_samples(storage, file)
    except InvalidInputError as error:
        return (str(error),)
    return done.nodes, done.arrays, done.replaced
