"""A copy killed, refused, out of space, on a bad day: each object whole, and the next run right."""

import random
import subprocess
import sys
import time

import numpy as np
import pytest

import zarr_linked_data as zld
from tests.rounds import ROUNDS
from tests.stores import EX, put_array, put_group, put_lab
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.errors import ConcurrentUpdateError, StoreError
from zarr_linked_data.metadata import METADATA_KEY, read_head
from zarr_linked_data.storage import open_storage
from zarr_linked_data.transfer import copy_store

COPY = """
import sys
from zarr_linked_data.storage import open_storage
from zarr_linked_data.transfer import copy_store
source, target = open_storage(sys.argv[1]), open_storage(sys.argv[2], create=True)
print("go", flush=True)
copy_store(source, target, overwrite=len(sys.argv) > 3)
"""

MARKER = "__zld/copying"


def start(source, target, *options):
    """Run a copy in a process of its own, and come back when it begins."""
    command = [sys.executable, "-c", COPY, source.url, target.url, *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


def kill(process, after_s):
    time.sleep(after_s)
    process.kill()
    process.wait()
    process.stdout.close()


def content(storage):
    """Every object of the store itself."""
    keys = [found.key for found in storage.list() if not found.key.startswith("__zld/")]
    return {key: storage.read(key) for key in keys}


def make_lab(storage, samples, value=1.0, side=4):
    """A store whose arrays hold one value only, in four chunks each."""
    put_group(storage, "", {"@id": f"{EX}campaign"})
    for number in range(samples):
        path = f"sample{number}"
        put_group(storage, path, {"@id": f"{EX}{path}", f"{EX}version": str(value)})
        put_array(storage, f"{path}/data", np.full((side, side), value), {"@id": f"{EX}{path}data"})
        for index in ("0/1", "1/0", "1/1"):
            storage.write(f"{path}/data/c/{index}", np.full((side, side), value).tobytes())
    return storage


def assert_consistent(target, *versions):
    """Each object is one of a version whole, and each array that can be seen is of one version."""
    found = content(target)
    for key, data in found.items():
        assert data in [version.get(key) for version in versions], key
    for key in found:
        if key.endswith("data/zarr.json"):
            folder = key.removesuffix("zarr.json")
            assert any(is_whole(found, version, folder) for version in versions), key
    if METADATA_KEY in found:
        assert found in versions


def is_whole(found, version, folder):
    """All of this version's objects in the folder are there."""
    return all(found.get(key) == data for key, data in version.items() if key.startswith(folder))


def assert_tidy(target):
    """Nothing but the index is left of what is ours."""
    ours = [found.key for found in target.list("__zld")]
    assert [key.partition("-")[0] for key in ours] == ["__zld/index"]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_at_any_moment_no_reader_sees_half_a_node_and_the_next_run_finishes(tmp_path, seed):
    source = make_lab(open_storage(tmp_path / "lab.zarr", create=True), samples=50)
    consolidate(source)
    target = open_storage(tmp_path / "copy.zarr", create=True)
    kill(start(source, target), random.Random(seed).uniform(0, 0.2))
    assert_consistent(target, content(source))
    there = content(target)
    done = copy_store(source, target)
    assert done.skipped == len(there)
    assert content(target) == content(source)
    assert_tidy(target)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_while_it_overwrites_each_array_is_old_or_new_and_never_mixed(tmp_path, seed):
    source = make_lab(open_storage(tmp_path / "lab.zarr", create=True), 40, value=2.0, side=5)
    target = make_lab(open_storage(tmp_path / "copy.zarr", create=True), samples=45)
    for storage in (source, target):
        consolidate(storage)
    old, new = content(target), content(source)
    kill(start(source, target, "overwrite"), random.Random(seed).uniform(0, 0.25))
    assert_consistent(target, old, new)
    copy_store(source, target, overwrite=True)
    assert content(target) == new
    assert_tidy(target)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_on_the_way_to_s3_the_next_run_finishes(tmp_path, s3_url, seed):
    source = make_lab(open_storage(tmp_path / "lab.zarr", create=True), samples=15)
    consolidate(source)
    target = open_storage(s3_url)
    kill(start(source, target), random.Random(seed).uniform(0, 0.6))
    assert_consistent(target, content(source))
    there = len(content(target))
    assert copy_store(source, target).skipped == there
    assert content(target) == content(source)
    assert_tidy(target)


def test_two_copies_at_once_into_one_folder_wait_for_each_other(tmp_path):
    source = make_lab(open_storage(tmp_path / "lab.zarr", create=True), samples=50)
    consolidate(source)
    target = open_storage(tmp_path / "copy.zarr", create=True)
    processes = [start(source, target) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    for process in processes:
        process.stdout.close()
    assert content(target) == content(source)
    assert_tidy(target)


class TestS3:
    @pytest.fixture
    def lab(self, tmp_path):
        storage = make_lab(open_storage(tmp_path / "lab.zarr", create=True), samples=4)
        consolidate(storage)
        return storage

    def test_goes_there_and_back(self, lab, s3_url, tmp_path):
        target, home = open_storage(s3_url), open_storage(tmp_path / "home.zarr", create=True)
        assert copy_store(lab, target).objects == len(content(lab))
        assert copy_store(lab, target).skipped == len(content(lab))
        copy_store(target, home)
        assert content(home) == content(target) == content(lab)
        assert zld.open(s3_url)[f"{EX}sample1"].read()[0, 0] == 1.0
        assert_tidy(target)

    def test_from_one_server_to_another(self, lab, s3_url, tmp_path):
        target = open_storage(f"{s3_url}-copy")
        copy_store(lab, open_storage(s3_url))
        assert copy_store(open_storage(s3_url), target).objects == len(content(lab))
        assert copy_store(open_storage(s3_url), target).objects == 0
        assert content(target) == content(lab)

    def test_to_a_server_that_checks_signatures_and_back(self, lab, rclone_url, tmp_path):
        target, home = open_storage(rclone_url), open_storage(tmp_path / "home.zarr", create=True)
        copy_store(lab, target)
        copy_store(target, home)
        assert content(home) == content(lab)
        assert copy_store(target, home).objects == 0

    def test_what_is_there_already_is_told_by_its_etag_and_not_read(self, lab, faulty_s3):
        target = open_storage(faulty_s3.s3_url)
        copy_store(lab, target)
        faulty_s3.requests.clear()
        copy_store(lab, target)
        read = {path for method, path in faulty_s3.requests if method == "GET" and "/c/" in path}
        assert not read
        assert not [method for method, _ in faulty_s3.requests if method == "PUT"]

    @pytest.mark.parametrize("fault", ["status", "drop", "lose"])
    def test_a_server_that_fails_now_and_then_is_asked_again(self, lab, faulty_s3, fault):
        target = open_storage(faulty_s3.s3_url)
        faulty_s3.fail(
            fault, every=5, matches=lambda method, path: method == "PUT" or "list-type" in path
        )
        copy_store(lab, target)
        faulty_s3.heal()
        assert content(target) == content(lab)

    @pytest.mark.parametrize(
        ("fault", "status", "found"),
        [
            ("status", 503, "answers 503"),
            ("status", 403, "denies permission"),
            ("lose", 0, "breaks off again and again"),
            ("hang", 0, "does not answer in time"),
        ],
    )
    def test_a_server_that_fails_for_good_is_one_line_and_a_new_run_finishes(
        self, lab, faulty_s3, fault, status, found
    ):
        target = open_storage(faulty_s3.s3_url, patience_s=1)
        faulty_s3.fail(
            fault, status=status, matches=lambda method, path: "sample2" in path and method == "PUT"
        )
        with pytest.raises(StoreError, match=found) as caught:
            copy_store(lab, target)
        assert "\n" not in str(caught.value)
        faulty_s3.heal()
        assert_consistent(target, content(lab))
        assert copy_store(lab, target).skipped > 0
        assert content(target) == content(lab)
        assert_tidy(target)

    def test_a_source_that_fails_is_one_line_and_a_new_run_finishes(self, lab, faulty_s3, tmp_path):
        source = open_storage(faulty_s3.s3_url, patience_s=1)
        target = open_storage(tmp_path / "copy.zarr", create=True)
        copy_store(lab, source)
        faulty_s3.fail(status=503, matches=lambda _, path: path.endswith("sample1/zarr.json"))
        with pytest.raises(StoreError, match=r"Cannot read 'sample1/zarr.json'.*answers 503"):
            copy_store(source, target)
        faulty_s3.heal()
        copy_store(source, target)
        assert content(target) == content(lab)
        assert_tidy(target)

    def test_an_object_that_arrives_otherwise_is_named(self, lab, faulty_s3):
        target, other = open_storage(faulty_s3.s3_url), open_storage(faulty_s3.s3_url)

        def interfere(done, _total):
            if done == len(content(lab)) - 1 and other.read("zarr.json"):
                other.write("sample1/zarr.json", b"x" * len(lab.read("sample1/zarr.json")))

        with pytest.raises(StoreError, match=r"The copy of 'sample1/zarr.json'.*another content"):
            copy_store(lab, target, progress=interfere)
        copy_store(lab, target)
        assert content(target) == content(lab)

    def test_a_large_object_goes_in_pieces_and_is_told_by_its_etag(self, lab, moto, faulty_s3):
        lab.write("sample0/data/c/9/9", bytes(range(256)) * 4096 * 101)
        watched = open_storage(faulty_s3.s3_url)
        with pytest.MonkeyPatch.context() as patch:
            moto.be_used(patch)
            target = open_storage(faulty_s3.s3_url)
        copy_store(lab, target)
        tags = {found.key: found.tag for found in target.list("sample0")}
        assert tags["sample0/data/c/9/9"].endswith("-7")
        assert copy_store(lab, watched).objects == 0
        assert not [path for _, path in faulty_s3.requests if path.endswith("c/9/9")]


def test_a_full_disk_is_one_line_and_a_new_run_finishes(tmp_path, small_disk):
    source = make_lab(open_storage(tmp_path / "lab.zarr", create=True), samples=20)
    consolidate(source)
    filler = small_disk / "filler"
    fill(filler, leave=40_000)
    target = open_storage(small_disk / "copy.zarr", create=True)
    with pytest.raises(StoreError, match=r"the disk is full\. Free some space and run it again"):
        copy_store(source, target)
    assert_consistent(target, content(source))
    filler.unlink()
    copy_store(source, target)
    assert content(target) == content(source)
    assert_tidy(target)


def fill(path, leave):
    """Fill a disk, and free a little again."""
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            pass
        file.truncate(max(0, file.tell() - leave))


def test_a_folder_that_may_not_be_written_is_one_line(tmp_path, as_nobody):
    source = make_lab(open_storage(tmp_path / "lab.zarr", create=True), samples=2)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    found = as_nobody(
        "from zarr_linked_data.errors import StoreError\n"
        "from zarr_linked_data.storage import FolderStorage, open_storage\n"
        "from zarr_linked_data.transfer import copy_store\n"
        "from pathlib import Path\n"
        f"for target in ({str(closed)!r}, {str(closed / 'new')!r}):\n"
        f"    try: copy_store(open_storage({source.url!r}), FolderStorage(Path(target)))\n"
        "    except StoreError as error: print(error)\n"
    )
    lines = found.splitlines()
    assert "permission is denied" in lines[0]
    assert "Cannot make the folder" in lines[1]
    assert len(lines) == 2


def test_an_object_of_the_source_that_may_not_be_read_is_one_line(tmp_path, as_nobody):
    source = make_lab(open_storage(tmp_path / "lab.zarr", create=True), samples=2)
    target = tmp_path / "copy.zarr"
    target.mkdir()
    target.chmod(0o777)
    (source.root / "sample1" / "data" / "c" / "0" / "0").chmod(0)
    found = as_nobody(
        "from zarr_linked_data.errors import StoreError\n"
        "from zarr_linked_data.storage import open_storage\n"
        "from zarr_linked_data.transfer import copy_store\n"
        "try:\n"
        f"    copy_store(open_storage({source.url!r}), open_storage({str(target)!r}))\n"
        "except StoreError as error: print(error)\n"
    )
    assert "Cannot read 'sample1/data/c/0/0'" in found
    assert "permission is denied" in found
    assert len(found.splitlines()) == 1


def test_a_consolidation_of_the_source_meanwhile_is_told(tmp_path):
    source = make_lab(open_storage(tmp_path / "lab.zarr", create=True), samples=5)
    consolidate(source)
    target = open_storage(tmp_path / "copy.zarr", create=True)

    def interfere(done, _total):
        if done > 20:
            put_lab(source, samples=1)
            consolidate(source)

    with pytest.raises(ConcurrentUpdateError, match="Run it again"):
        copy_store(source, target, progress=interfere)
    assert read_head(target) is None
    assert target.read(MARKER) is not None
    copy_store(source, target)
    assert content(target) == content(source)
