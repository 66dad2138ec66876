"""The signatures of a generation, kept and read back."""

import obstore.store
import pytest

from zarr_linked_data.consolidate.signatures import (
    SIGNATURES_KEY,
    read_signatures,
    write_signatures,
)
from zarr_linked_data.storage import open_storage

OF_A_FOLDER = {"a/zarr.json": (bytes(range(32)), True), "b é/zarr.json": (None, False)}
OF_A_BUCKET = {"a/.zgroup": ("etag-1", True), "a/.zattrs": (None, False)}


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path):
    if request.param == "folder":
        return open_storage(tmp_path), OF_A_FOLDER
    return open_storage(obstore.store.MemoryStore()), OF_A_BUCKET


def test_they_come_back_as_they_were(place):
    storage, signatures = place
    write_signatures(storage, "generation", signatures)
    assert read_signatures(storage, "generation") == signatures


def test_those_of_another_generation_do_not_count(place):
    storage, signatures = place
    write_signatures(storage, "generation", signatures)
    assert read_signatures(storage, "another") == {}


def test_those_of_another_place_do_not_count(tmp_path):
    bucket = obstore.store.MemoryStore()
    write_signatures(open_storage(bucket), "generation", OF_A_BUCKET)
    (tmp_path / "__zld").mkdir()
    (tmp_path / SIGNATURES_KEY).write_bytes(open_storage(bucket).read(SIGNATURES_KEY))
    assert read_signatures(open_storage(tmp_path), "generation") == {}


@pytest.mark.parametrize("broken", [b"", b"not sqlite", b"SQLite format 3\0" + bytes(100)])
def test_a_broken_file_counts_as_none(place, broken):
    storage, signatures = place
    write_signatures(storage, "generation", signatures)
    storage.write(SIGNATURES_KEY, broken)
    assert read_signatures(storage, "generation") == {}
