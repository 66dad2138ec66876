"""An addition interrupted, refused, out of space, on a bad day: whole or not at all."""

from dataclasses import replace

import numpy as np
import pytest

import zarr_linked_data as zld
from tests.samples import VALUES, add_samples, content, make_lab
from tests.stores import EX
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.errors import (
    StoreError,
)
from zarr_linked_data.ingest import add_entities
from zarr_linked_data.journal.record import read_records
from zarr_linked_data.jsonld import read_entities
from zarr_linked_data.metadata import METADATA_KEY
from zarr_linked_data.storage import open_storage


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "run.npy"
    np.save(path, VALUES)
    return path


@pytest.fixture
def lab(tmp_path):
    return make_lab(open_storage(tmp_path / "lab.zarr", create=True))


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
