"""A run of `fake` that is killed leaves the old store or none, and the next one finishes."""

import random
import subprocess
import sys
import time

import pytest
import zarr

from tests.rounds import ROUNDS
from zarr_linked_data.fake import write_fake_store
from zarr_linked_data.hierarchy import Tree, build_tree, select_level
from zarr_linked_data.jsonld import read_entities
from zarr_linked_data.storage import FolderStorage

LAB = "http://lab.example/"

COPIES = 300

WRITE = f"""
from tests.integration.test_fake_faults import lab_tree
from zarr_linked_data.fake import write_fake_store
from zarr_linked_data.storage import FolderStorage
from pathlib import Path
tree = lab_tree()
storage = FolderStorage(Path({{path!r}}))
print("go", flush=True)
write_fake_store(tree, storage, shape=(4,), copies={COPIES}, overwrite=True)
"""


def lab_tree() -> Tree:
    """Place a campaign with one sample."""
    campaign = {"@id": LAB + "campaign", LAB + "hasSample": [{"@id": LAB + "s1"}]}
    sample = {"@id": LAB + "s1", "@type": [LAB + "Sample"]}
    entities = read_entities([campaign, sample])
    return build_tree(entities, has_array=select_level(entities, "Sample"))


def write_and_kill(path, after_s):
    """Begin to write a store in a process of its own, and kill it this much later."""
    command = [sys.executable, "-c", WRITE.format(path=str(path))]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        time.sleep(after_s)
        process.kill()


def samples(path):
    """Count the samples in a store, each with its array."""
    names = list(zarr.open_group(path, mode="r").group_keys())
    for name in names:
        zarr.open_array(path / name / f"s1Dataset{name.removeprefix('s1')}", mode="r")[...]
    return len(names)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_killed_run_leaves_no_store_or_a_whole_one(tmp_path, seed):
    path = tmp_path / "lab.zarr"
    write_and_kill(path, random.Random(seed).uniform(0, 0.3))
    assert not path.exists() or samples(path) == COPIES
    write_fake_store(lab_tree(), FolderStorage(path), shape=(4,), overwrite=True)
    assert samples(path) == 1
    assert [found.name for found in tmp_path.iterdir()] == ["lab.zarr"]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_run_that_is_killed_while_it_replaces_leaves_the_old_store_or_the_new(tmp_path, seed):
    path = tmp_path / "lab.zarr"
    write_fake_store(lab_tree(), FolderStorage(path), shape=(4,), copies=200)
    write_and_kill(path, random.Random(seed).uniform(0, 0.4))
    assert samples(path) in {200, COPIES}
    write_fake_store(lab_tree(), FolderStorage(path), shape=(4,), overwrite=True)
    assert samples(path) == 1
    assert [found.name for found in tmp_path.iterdir()] == ["lab.zarr"]
