"""Several additions at once, and what their journals say to each other."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

import zarr_linked_data as zld
from tests.samples import SAMPLES, VALUES, add_or_refusal, add_samples, content, make_lab, start
from tests.stores import EX, put_group
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.errors import (
    ConcurrentUpdateError,
    StoreError,
    ZldWarning,
)
from zarr_linked_data.journal import claimed, recovered
from zarr_linked_data.journal.owner import Owner
from zarr_linked_data.journal.record import Record, read_records
from zarr_linked_data.journal.recovery import SILENT_S
from zarr_linked_data.storage import open_storage


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "run.npy"
    np.save(path, VALUES)
    return path


@pytest.fixture
def lab(tmp_path):
    return make_lab(open_storage(tmp_path / "lab.zarr", create=True))


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
