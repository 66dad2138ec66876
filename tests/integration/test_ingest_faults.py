"""An addition killed, doubled, refused, out of space, on a bad day: whole or not at all."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

import zarr_linked_data as zld
from tests.rounds import ROUNDS
from tests.stores import EX, put_group, put_lab
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.errors import (
    ConcurrentUpdateError,
    InvalidInputError,
    StoreError,
    ZldWarning,
)
from zarr_linked_data.ingest import add_entities, add_store
from zarr_linked_data.journal import claimed, recovered
from zarr_linked_data.journal.owner import Owner
from zarr_linked_data.journal.record import Record, read_records
from zarr_linked_data.journal.recovery import SILENT_S
from zarr_linked_data.jsonld import read_entities
from zarr_linked_data.metadata import METADATA_KEY
from zarr_linked_data.storage import FolderStorage, open_storage

SAMPLES = 12
VALUES = np.arange(6.0).reshape(2, 3)

ADD = """
import os, signal, sys
from pathlib import Path
from tests.integration.test_ingest_faults import add_samples
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


def add_or_refusal(storage, file):
    """What was added, or why it was not."""
    try:
        done = add_samples(storage, file)
    except InvalidInputError as error:
        return (str(error),)
    return done.nodes, done.arrays, done.replaced


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


def test_interrupted_by_the_user_it_takes_everything_back(lab, file):
    before = content(lab)

    def interrupt(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_samples(lab, file, progress=interrupt)
    assert content(lab) == before


def test_a_full_disk_takes_everything_back(small_disk, tmp_path):
    storage = make_lab(open_storage(small_disk / "lab.zarr", create=True))
    before = content(storage)
    np.save(tmp_path / "large.npy", np.random.default_rng(0).random(600_000))
    put = {"@id": f"{EX}new", "@type": [f"{EX}Sample"]}
    with pytest.raises(StoreError, match=r"disk is full. Free some space"):
        add_entities(
            read_entities(put), storage, arrays={f"{EX}new": tmp_path / "large.npy"},
            under=f"{EX}campaign",
        )  # fmt: skip
    assert content(storage) == before


def test_a_disk_that_is_full_at_the_last_moment_takes_everything_back(small_disk, file):
    storage = make_lab(open_storage(small_disk / "lab.zarr", create=True))
    before = content(storage)

    def fill(_done, _total):
        with (small_disk / "filler").open("ab", buffering=0) as filler:
            try:
                while filler.write(b"\0" * 4096):
                    pass
            except OSError:
                pass

    with pytest.raises(StoreError, match="disk is full"):
        add_samples(storage, file, progress=fill)
    (small_disk / "filler").unlink()
    consolidate(storage)
    assert content(storage) == before


def test_a_store_without_write_permission_is_refused(lab, as_nobody):
    lab.root.chmod(0o555)
    code = f"import tests.integration.test_ingest_faults as t; print(t.refusal({lab.url!r}))"
    assert "it may not be written to. Copy it to a place of yours" in as_nobody(code)


def test_a_group_without_write_permission_is_refused_and_nothing_stays(lab, as_nobody):
    (lab.root / "sample1").chmod(0o555)
    before = content(lab)
    code = f"import tests.integration.test_ingest_faults as t; print(t.refusal({lab.url!r}))"
    assert "permission is denied. Ask the folder's owner" in as_nobody(code)
    assert content(lab) == before


def refusal(url):
    """Why a new sample cannot be added."""
    new = {"@id": f"{EX}new", "@type": [f"{EX}Sample"]}
    with pytest.raises(StoreError) as caught:
        add_entities(read_entities(new), open_storage(url), under=f"{EX}sample1")
    return caught.value


@pytest.mark.parametrize("fault", ["status", "drop", "lose"])
def test_s3_on_a_bad_day_adds_all_the_same(faulty_s3, file, fault):
    storage = make_lab(open_storage(faulty_s3.s3_url))
    reference = make_lab(open_storage("memory://"))
    faulty_s3.fail(fault, every=5)
    done = add_samples(storage, file)
    faulty_s3.heal()
    assert done == replace(add_samples(reference, file), seconds=done.seconds)
    assert content(storage) == content(reference)


def test_s3_that_takes_no_chunks_any_more_leaves_the_store_as_it_was(faulty_s3, file):
    storage = make_lab(open_storage(faulty_s3.s3_url, patience_s=1))
    before = content(storage)
    faulty_s3.fail(status=503, matches=lambda method, path: method == "PUT" and "/c/" in path)
    with pytest.raises(StoreError, match=r"still answers 503 after several tries. Run it again"):
        add_samples(storage, file)
    assert content(storage) == before


def test_s3_that_is_gone_halfway_is_cleaned_by_the_next_run(faulty_s3, file):
    storage = make_lab(open_storage(faulty_s3.s3_url, patience_s=1))
    before = content(storage)
    with pytest.raises(StoreError, match=r"'http://127\.0\.0\.1"):
        add_samples(storage, file, progress=lambda *_: faulty_s3.fail("status", status=503))
    faulty_s3.heal()
    assert content(storage) != before
    consolidate(storage)
    assert content(storage) == before


def test_s3_that_refuses_only_the_metadata_tells_that_all_was_added(faulty_s3, file):
    storage = make_lab(open_storage(faulty_s3.s3_url, patience_s=1))
    faulty_s3.fail(matches=lambda method, path: method == "PUT" and METADATA_KEY in path)
    with pytest.raises(StoreError, match=r"is in the store all the same; `zld consolidate s3://"):
        add_samples(storage, file)
    faulty_s3.heal()
    assert add_samples(storage, file).nodes == 18
    assert f"{EX}new100" in zld.open(storage)
    assert list(read_records(storage)) == []


def test_s3_that_cannot_be_reached_is_one_line(faulty_s3, file):
    storage = open_storage(faulty_s3.s3_url, patience_s=1)
    faulty_s3.close()
    with pytest.raises(StoreError, match=r"cannot be reached\. Check that it runs"):
        add_samples(storage, file)


def test_two_at_once_on_a_folder_both_succeed(lab, file):
    first, second = start(lab, file), start(lab, file)
    outcomes = [first.communicate(), second.communicate()]
    assert sorted([first.returncode, second.returncode]) == [0, 1]
    assert "Arrays are never replaced" in outcomes[0][1] + outcomes[1][1]
    assert len(zld.open(lab)) == 7 + 18


@pytest.mark.parametrize("url", ["s3_url", "rclone_url", "memory"])
@pytest.mark.filterwarnings("ignore::zarr_linked_data.errors.ZldWarning")
def test_several_at_once_in_a_bucket_all_succeed(url, file, request):
    url = "memory://" if url == "memory" else request.getfixturevalue(url)
    storage = make_lab(open_storage(url))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda n: add_samples(storage, file, first=1000 * n), (1, 2, 3)))
    found = zld.open(storage)
    assert len(found) == 7 + 3 * 18
    links = found[f"{EX}sample1"].jsonld[f"{EX}hasPart"]
    assert len(links) == 3 * SAMPLES
    assert list(read_records(storage)) == []


def test_the_same_twice_at_once_in_a_bucket_is_added_once(s3_url, file):
    storage = make_lab(open_storage(s3_url))

    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(add_or_refusal, open_storage(s3_url), file) for _ in range(2)]
    refusal, done = sorted((run.result() for run in runs), key=len)
    assert done == (18, 6, 1)
    assert "Arrays are never replaced" in refusal[0]
    assert len(zld.open(storage)) == 7 + 18


def foreign(storage, **fields):
    """The journal of a run on another machine, that has written half of a group."""
    owner = Owner("their-host", "another machine", 1, "1")
    record = Record(
        run="0" * 32,
        owner=owner,
        beat=time.time(),
        state="writing",
        tops={"sample1/theirs": ["sample1/theirs/zarr.json"]},
    )
    record = replace(record, **fields)
    storage.write("sample1/theirs/d/zarr.json", b"{}")
    storage.write(record.key, record.encoded())
    return record


def test_a_run_on_another_machine_is_waited_for_and_its_user_told(file, monkeypatch):
    monkeypatch.setattr("zarr_linked_data.journal.claim._PATIENCE_S", 0.05)
    monkeypatch.setattr("zarr_linked_data.journal.claim._PAUSE_S", 0.01)
    storage = make_lab(open_storage("memory://"))
    record = foreign(storage)
    end_it = threading.Timer(1, lambda: storage.delete([record.key]))
    end_it.start()
    with pytest.warns(
        ZldWarning, match=r"Waiting: another run adds to 'memory://' \(process 1 on 'the"
    ):
        add_samples(storage, file)
    assert storage.read("sample1/theirs/d/zarr.json") is not None


def test_a_run_on_another_machine_is_left_alone_by_a_consolidation():
    storage = make_lab(open_storage("memory://"))
    record = foreign(storage)
    consolidate(storage)
    assert storage.read(record.key) == record.encoded()
    assert storage.read("sample1/theirs/d/zarr.json") is not None


def test_one_that_gave_no_sign_of_life_for_long_is_taken_back():
    storage = make_lab(open_storage("memory://"))
    before = content(storage)
    foreign(storage, beat=time.time() - SILENT_S - 1)
    consolidate(storage)
    assert content(storage) == before


def test_where_somebody_put_a_node_meanwhile_nothing_is_taken_back(lab):
    record = foreign(lab)
    put_group(lab, "sample1/theirs", {"@id": f"{EX}theirs"})
    with recovered(lab):
        pass
    assert lab.read("sample1/theirs/d/zarr.json") is not None
    assert lab.read(record.key) is None


def test_what_somebody_changed_after_a_killed_run_is_left_to_them(lab, file, wanted):
    end(start(lab, file, wanted[1]))
    theirs = {"@id": f"{EX}sample1", f"{EX}note": "theirs"}
    put_group(lab, "sample1", theirs)
    put_group(lab, "sample1/new100", {"@id": f"{EX}new100", "@type": [f"{EX}Theirs"]})
    consolidate(lab)
    assert zld.open(lab)[f"{EX}sample1"].jsonld == theirs
    assert zld.open(lab)[f"{EX}new100"].types == (f"{EX}Theirs",)
    assert zld.open(lab)[f"{EX}new101"].path == "sample1/new101"


def test_a_run_that_was_taken_for_dead_stops_when_it_wakes(file, monkeypatch):
    monkeypatch.setattr("zarr_linked_data.journal.claim.BEAT_S", 0)
    storage = make_lab(open_storage("memory://"))

    def sleep(_done, _total):
        for record, _ in read_records(storage):
            taken = replace(record, owner=Owner("other", "machine", 1, "1"))
            storage.write(record.key, taken.encoded())

    with pytest.raises(
        ConcurrentUpdateError, match=r"gave no sign of life for so long .* Run it again"
    ):
        add_samples(storage, file, progress=sleep)
    assert [record.owner.host for record, _ in read_records(storage)] == ["other"]
    assert f"{EX}new100" not in zld.open(storage)


def test_a_run_shows_that_it_lives(file, monkeypatch):
    monkeypatch.setattr("zarr_linked_data.journal.claim.BEAT_S", 0)
    storage = make_lab(open_storage("memory://"))
    beats = []

    def look(_done, _total):
        beats.append(next(read_records(storage))[0].beat)

    add_samples(storage, file, progress=look)
    assert beats == sorted(set(beats))
    assert len(beats) == 6


def test_a_process_that_failed_to_clean_up_does_so_at_its_next_run(file):
    storage = make_lab(open_storage("memory://"))
    before = content(storage)
    foreign(storage, owner=Owner.this_process())
    consolidate(storage)
    assert content(storage) == before


def test_a_process_number_that_another_process_has_now_is_not_taken_for_the_first():
    owner = Owner.this_process()
    assert owner.is_here()
    assert owner.is_running()
    assert not replace(owner, started="0").is_running()
    assert not replace(owner, process=2**22 + 1).is_running()


def test_what_is_no_journal_under_a_journals_name_is_named(lab):
    lab.write("__zld/adding-x.json", b"[]")
    with pytest.raises(
        StoreError, match=r"Cannot use '__zld/adding-x.json' .* then remove this object"
    ):
        consolidate(lab)


def test_a_refused_request_in_a_bucket_leaves_no_journal():
    storage = make_lab(open_storage("memory://"))
    before = content(storage)
    with suppress(ZeroDivisionError), claimed(storage, "x") as ours:
        ours.write_ahead({})
        assert list(read_records(storage))
        raise ZeroDivisionError
    assert content(storage) == before
