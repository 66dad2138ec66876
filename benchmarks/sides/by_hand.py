"""The same by what Python and the system have themselves."""

import gc
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any


def look(store: str) -> float:
    """List each group's folder and ask for the state of each document; give the seconds."""
    gc.disable()
    started = time.perf_counter()
    states, waiting = [], [store]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            folders = [entry.path for entry in entries if entry.is_dir()]
        for folder in folders:
            if folder.endswith("/__zld"):
                continue
            states.append(os.stat(f"{folder}/zarr.json"))  # noqa: PTH116 - the fast way
            if "Dataset" not in folder:  # what lies below an array is no node
                waiting.append(folder)
    return time.perf_counter() - started


def find_and_cat(store: str) -> float:
    """Find all documents and read them, by programs in C; give the seconds."""
    documents = "-name zarr.json -print0 -o -name '.z*' -print0"
    command = f"find '{store}' -name c -prune -o {documents} | xargs -0 cat > /dev/null"
    started = time.perf_counter()
    subprocess.run(["sh", "-c", command], check=True)  # noqa: S607 - every system has it
    return time.perf_counter() - started


def load_and_loop(metadata: str) -> tuple[float, float]:
    """Find the middle node without an index; give the seconds of it all, and of the loop alone."""
    started = time.perf_counter()
    with Path(metadata).open() as file:
        documents = json.load(file)["metadata"]
    loaded = time.perf_counter()
    middle = list(documents.values())[len(documents) // 2]["attributes"]["@id"]
    looping = time.perf_counter()
    _find(documents, middle)
    loop_s = time.perf_counter() - looping
    return loaded - started + loop_s, loop_s


def _find(documents: dict[str, dict[str, Any]], uri: str) -> str | None:
    """Give the key of the document with this URI."""
    for key, document in documents.items():
        if document["attributes"].get("@id") == uri:
            return key
    return None
