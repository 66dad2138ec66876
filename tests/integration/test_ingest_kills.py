"""An addition killed at any moment: whole or not at all, and the next run finishes."""

import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import zarr_linked_data as zld
from tests.rounds import ROUNDS
from tests.samples import VALUES, add_or_refusal, add_samples, content, end, make_lab, start
from tests.stores import EX, put_group
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.ingest import add_store
from zarr_linked_data.journal.record import read_records
from zarr_linked_data.storage import FolderStorage, open_storage


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "run.npy"
    np.save(path, VALUES)
    return path


@pytest.fixture
def lab(tmp_path):
    return make_lab(open_storage(tmp_path / "lab.zarr", create=True))


@pytest.fixture(scope="module")
def wanted(tmp_path_factory):
    """What the store holds when the samples are added, and how many changes that took."""
    folder = tmp_path_factory.mktemp("wanted")
    np.save(folder / "run.npy", VALUES)
    storage = make_lab(open_storage(folder / "lab.zarr", create=True))
    changes = int(end(start(storage, folder / "run.npy"), 0))
    return content(storage), changes


def assert_right(storage):
    """A reader finds what the metadata name, and its values."""
    lab = zld.open(storage)
    assert lab[f"{EX}sample1"].read().shape == (3, 4)
    if f"{EX}new100" in lab:
        assert all(
            lab[EX + f"new{number}"].read().sum() == VALUES.sum() for number in range(100, 112, 2)
        )


def assert_finished(storage, file, wanted, *, again):
    """The next run leaves the store as it was, or as it was to become, and nothing else."""
    before = make_lab(open_storage("memory://"))
    if again:
        outcome = add_or_refusal(storage, file)
        # Refused if it had been finished and forgotten.
        assert outcome == (18, 6, 1) or "Arrays are never replaced" in outcome[0]
        assert content(storage) == wanted
    else:
        consolidate(storage)
        assert content(storage) in (content(before), wanted)
    assert_right(storage)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_at_any_moment_it_is_added_or_not_and_the_next_run_finishes(lab, file, wanted, seed):
    choice = random.Random(seed)
    process = start(lab, file)
    time.sleep(choice.uniform(0, 0.3))
    process.kill()
    process.communicate()
    assert_right(lab)
    assert_finished(lab, file, wanted[0], again=choice.random() < 0.5)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_at_any_change_it_is_added_or_not_and_the_next_run_finishes(lab, file, wanted, seed):
    choice = random.Random(seed)
    end(start(lab, file, choice.randint(1, wanted[1])))
    assert_right(lab)
    assert_finished(lab, file, wanted[0], again=choice.random() < 0.5)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_at_any_change_of_a_bucket_the_next_run_finishes(s3_url, file, seed):
    choice = random.Random(seed)
    storage, reference = make_lab(open_storage(s3_url)), make_lab(open_storage("memory://"))
    add_samples(reference, file)
    process = start(storage, file, choice.randint(1, 40))
    process.communicate()
    assert_right(storage)
    assert_finished(storage, file, content(reference), again=choice.random() < 0.5)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_while_it_makes_a_new_store_there_is_none_or_a_whole_one(tmp_path, file, seed):
    storage, reference = (FolderStorage(tmp_path / name) for name in ("new.zarr", "reference.zarr"))
    changes = int(end(start(reference, file), 0))
    end(start(storage, file, random.Random(seed).randint(1, changes)))
    if storage.read("zarr.json") is not None:
        consolidate(storage)
    else:
        add_samples(storage, file)
    assert content(storage) == content(reference)


def test_a_killed_run_that_had_decided_is_reported_as_done(lab, file, wanted):
    """The last changes of all are the metadata, the signatures, and the end of the journal."""
    end(start(lab, file, wanted[1]))
    assert [record.state for record, _ in read_records(lab)] == ["publishing"]
    done = add_samples(lab, file)
    assert (done.nodes, done.arrays, done.replaced, done.bytes) == (18, 6, 1, 6 * 48)
    assert content(lab) == wanted[0]


def test_a_contributors_store_killed_while_it_is_copied_leaves_nothing(lab, tmp_path, file):
    other = make_lab(open_storage(tmp_path / "other.zarr", create=True))
    for found in list(other.list()):
        if found.key.endswith("zarr.json"):
            text = other.read(found.key).decode().replace(EX, "http://their.org/")
            other.write(found.key, text.encode())
    before = content(lab)
    code = (
        "import os, signal, sys; from zarr_linked_data.ingest import add_store\n"
        "from zarr_linked_data.storage import open_storage\n"
        "die = lambda done, total: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"add_store(open_storage({other.url!r}), open_storage({lab.url!r}), "
        f"under={EX + 'sample1'!r}, progress=die)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert content(lab) != before
    consolidate(lab)
    assert content(lab) == before
    assert add_store(other, lab, under=f"{EX}sample1").nodes == 7


def test_what_somebody_changed_after_a_killed_run_is_left_to_them(lab, file, wanted):
    end(start(lab, file, wanted[1]))
    theirs = {"@id": f"{EX}sample1", f"{EX}note": "theirs"}
    put_group(lab, "sample1", theirs)
    put_group(lab, "sample1/new100", {"@id": f"{EX}new100", "@type": [f"{EX}Theirs"]})
    consolidate(lab)
    assert zld.open(lab)[f"{EX}sample1"].jsonld == theirs
    assert zld.open(lab)[f"{EX}new100"].types == (f"{EX}Theirs",)
    assert zld.open(lab)[f"{EX}new101"].path == "sample1/new101"
