"""Consolidation killed, doubled, refused: each object stays whole, and the next run is right."""

import random
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

import zarr_linked_data as zld
from tests.rounds import ROUNDS
from tests.stores import EX, put_group, put_lab
from zarr_linked_data.consolidate import Options, consolidate
from zarr_linked_data.errors import ConcurrentUpdateError, StoreError, ZldWarning
from zarr_linked_data.index import Index
from zarr_linked_data.metadata import METADATA_KEY
from zarr_linked_data.storage import open_storage

CONSOLIDATE = "import sys, zarr_linked_data as z; z.open(sys.argv[1]).consolidate()"


def start(url):
    return subprocess.Popen([sys.executable, "-c", CONSOLIDATE, str(url)], stderr=subprocess.PIPE)


def assert_whole(root):
    """Every object that a reader may use is whole, and nothing else lies about."""
    parsed = orjson.loads((root / METADATA_KEY).read_bytes())
    generation = parsed["zld"]["generation"]
    for path in (root / "__zld").glob("index-*"):
        with Index(path) as index:
            assert index.summary.generation in path.name
    assert f"{EX}sample1" in zld.open(root)
    return generation


def assert_tidy(root):
    """Nothing is left behind."""
    assert {path.name for path in root.glob(".*")} == {METADATA_KEY}
    names = {path.name for path in (root / "__zld").iterdir()}
    assert "signatures.sqlite" in names
    assert len(names) <= 3
    assert all(name == "signatures.sqlite" or name.startswith("index-") for name in names)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_at_any_moment_every_object_is_whole_and_the_next_run_finishes(tmp_path, seed):
    root = tmp_path / "lab.zarr"
    storage = open_storage(root, create=True)
    put_lab(storage, samples=400)
    consolidate(storage)
    old = assert_whole(root)
    for number in range(1, 401):
        put_group(
            storage, f"sample{number}", {"@id": f"{EX}sample{number}", "@type": [f"{EX}{seed}"]}
        )
    process = start(root)
    time.sleep(random.Random(seed).uniform(0.05, 0.6))
    process.kill()
    process.wait()
    process.stderr.close()
    between = assert_whole(root)
    done = consolidate(open_storage(root))
    assert between in (old, done.generation)
    assert assert_whole(root) == done.generation
    assert_tidy(root)


def test_two_at_once_on_a_folder_wait_for_each_other(tmp_path):
    root = tmp_path / "lab.zarr"
    put_lab(open_storage(root, create=True), samples=200)
    first, second = start(root), start(root)
    assert [(p.wait(), p.stderr.read()) for p in (first, second)] == [(0, b""), (0, b"")]
    for process in (first, second):
        process.stderr.close()
    assert_whole(root)
    assert consolidate(open_storage(root)).changed == 0
    assert_tidy(root)


def consolidate_twice_at_once(url):
    """Two writers of one store, each with a change of its own; answers what each of them got."""
    storage = open_storage(url)
    put_lab(storage)
    outcomes = []

    def run(number):
        mine = open_storage(url)
        put_group(mine, f"writer{number}", {"@id": f"{EX}writer{number}"})
        try:
            return consolidate(mine).generation
        except ConcurrentUpdateError as error:
            return error

    for _ in range(5):
        with ThreadPoolExecutor(2) as pool:
            outcomes += pool.map(run, range(2))
    return storage, outcomes


def test_two_at_once_on_s3_never_lose_a_whole_state(s3_url):
    storage, outcomes = consolidate_twice_at_once(s3_url)
    assert any(isinstance(outcome, str) for outcome in outcomes)
    for outcome in outcomes:
        if isinstance(outcome, ConcurrentUpdateError):
            assert "Somebody else consolidated" in str(outcome)
    final = consolidate(storage)
    assert consolidate(storage, options=Options(full=True)).generation == final.generation
    assert f"{EX}writer1" in zld.open(storage)


@pytest.mark.filterwarnings("ignore::zarr_linked_data.errors.ZldWarning")
def test_two_at_once_on_a_server_that_ignores_if_match_end_with_a_whole_state(rclone_url):
    storage, outcomes = consolidate_twice_at_once(rclone_url)
    assert any(isinstance(outcome, str) for outcome in outcomes)
    final = consolidate(storage)
    assert consolidate(storage, options=Options(full=True)).generation == final.generation
    assert f"{EX}writer1" in zld.open(storage)


def test_a_server_that_ignores_if_match_is_warned_of(rclone_url):
    storage = open_storage(rclone_url)
    put_lab(storage)
    with pytest.warns(ZldWarning, match="ignores If-Match"):
        consolidate(storage)


def test_an_s3_store_that_somebody_else_changed_is_left_to_them(s3_url, monkeypatch):
    monkeypatch.setattr("zarr_linked_data.walk.objects.REPORT_EVERY", 1)
    storage = open_storage(s3_url)
    put_lab(storage)
    other = open_storage(s3_url)

    def interfere(_done, _total):
        if other.read(METADATA_KEY) is None:
            consolidate(other, options=Options(store_iri="urn:example:theirs"))

    with pytest.raises(
        ConcurrentUpdateError, match="Nothing of theirs was overwritten; run it again"
    ):
        consolidate(storage, progress=interfere)
    assert zld.open(storage).iri == "urn:example:theirs"


def test_s3_gives_the_same_generation_as_a_folder(s3_url, tmp_path):
    folder, bucket = open_storage(tmp_path / "lab.zarr", create=True), open_storage(s3_url)
    for storage in (folder, bucket):
        put_lab(storage)
    assert consolidate(folder).generation == consolidate(bucket).generation
    assert consolidate(bucket).changed == 0


def test_a_store_without_write_permission_is_read_from_the_cache(tmp_path, as_nobody):
    root = tmp_path / "lab.zarr"
    put_lab(open_storage(root, create=True))
    root.chmod(0o555)
    found = as_nobody(
        "import sys, zarr_linked_data as z\n"
        f"lab = z.open({str(root)!r})\n"
        f"print(lab['{EX}sample1'].path, len(lab))\n"
        "try: lab.consolidate()\n"
        "except z.StoreError as error: print(error)\n"
    )
    assert found.splitlines()[0] == "sample1 7"
    assert "cannot take our objects" in found
    assert not (root / METADATA_KEY).exists()


def test_a_folder_that_cannot_be_listed_aborts_and_nothing_counts_as_removed(tmp_path, as_nobody):
    root = tmp_path / "lab.zarr"
    put_lab(open_storage(root, create=True))
    consolidate(open_storage(root))
    before = (root / METADATA_KEY).read_bytes()
    (root / "sample2").chmod(0o000)
    found = as_nobody(
        "import zarr_linked_data as z\n"
        f"try: z.open({str(root)!r}).consolidate()\n"
        "except z.StoreError as error: print(error)\n"
    )
    assert "Cannot read" in found or "Cannot list" in found
    assert "sample2" in found
    assert (root / METADATA_KEY).read_bytes() == before


def test_a_full_disk_leaves_the_old_generation(small_disk):
    root = small_disk / "lab.zarr"
    storage = open_storage(root, create=True)
    put_lab(storage)
    old = consolidate(storage).generation
    put_group(storage, "late", {"@id": f"{EX}late", f"{EX}text": "x" * 200_000})
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65536)
        except OSError:
            pass
    with pytest.raises(StoreError, match="disk is full"):
        consolidate(storage)
    assert assert_whole(root) == old
    filler.unlink()
    assert consolidate(storage).changed == 1
    assert_tidy(root)


def test_a_store_that_vanishes_while_it_is_read_is_an_error_and_not_an_empty_store(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("zarr_linked_data.walk.crew.REPORT_EVERY", 1)
    root = tmp_path / "lab.zarr"
    storage = open_storage(root, create=True)
    put_lab(storage)

    def vanish(_done, _total):
        shutil.rmtree(root, ignore_errors=True)

    with pytest.raises(StoreError):
        consolidate(storage, progress=vanish)
