"""A tree of entities becomes a store with random arrays."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray
import zarr
from hypothesis import given
from hypothesis import strategies as st

from zarr_linked_data.errors import ConcurrentUpdateError, InvalidInputError, StoreError
from zarr_linked_data.fake import write_fake_store
from zarr_linked_data.fake.signals import Signals
from zarr_linked_data.hierarchy import build_tree, select_level
from zarr_linked_data.jsonld import read_entities
from zarr_linked_data.node import NUMBERS, read_node
from zarr_linked_data.storage import FolderStorage, open_storage

LAB = "http://lab.example/"
PATHS = ["", "batch1", "batch1/s1", "batch1/s1/run1", "batch1/s2", "batch1/s2/s2Dataset"]


def make_tree(level="Sample"):
    """Place a campaign with a batch and two samples, of which one points at its array."""

    def entity(name, kind, **links):
        below = {LAB + key: [{"@id": LAB + uri} for uri in uris] for key, uris in links.items()}
        return {"@id": LAB + name, "@type": [LAB + kind]} | below

    entities = read_entities(
        [
            entity("campaign", "Campaign", hasBatch=["batch1"]),
            entity("batch1", "Batch", hasSample=["s1", "s2"]),
            entity("s1", "Sample", hasDataset=["run1"]),
            entity("s2", "Sample"),
        ]
    )
    return build_tree(entities, has_array=select_level(entities, level))


def write(storage, **options):
    return write_fake_store(make_tree(), storage, **{"shape": (6, 5)} | options)


def nodes(storage):
    """Name every group and array that zarr-python finds."""
    root = zarr.open_group(storage.zarr(), mode="r", use_consolidated=False)
    return sorted(["", *(name for name, _ in root.members(max_depth=None))])


@pytest.fixture(params=["folder", "memory", "s3"])
def storage(request, tmp_path):
    """Give a new place of each kind."""
    if request.param == "folder":
        return open_storage(tmp_path / "lab.zarr", create=True)
    if request.param == "s3":
        return open_storage(request.getfixturevalue("s3_url"))
    return open_storage("memory://")


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_writes_a_group_for_each_entity_and_an_array_at_each_of_the_level(storage, zarr_format):
    written = write(storage, zarr_format=zarr_format)
    assert nodes(storage) == PATHS
    assert (written.nodes, written.arrays) == (6, 2)
    assert written.bytes == sum(found.size for found in storage.list())
    assert not list(storage.list("__zld"))


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_every_node_has_its_uri_and_properties(storage, zarr_format):
    write(storage, zarr_format=zarr_format)
    root = zarr.open_group(storage.zarr(), mode="r")
    assert root.attrs["@id"] == LAB + "campaign"
    assert root["batch1"].attrs[LAB + "hasSample"] == [{"@id": LAB + "s1"}, {"@id": LAB + "s2"}]
    assert root["batch1/s1/run1"].attrs["@id"] == LAB + "run1"
    assert root["batch1/s2/s2Dataset"].attrs["@id"] == LAB + "s2Dataset"


def test_the_same_seed_gives_the_same_numbers_and_another_does_not(storage):
    def values(seed):
        write(storage, seed=seed, overwrite=True)
        root = zarr.open_group(storage.zarr(), mode="r")
        return [root[path][...].tolist() for path in ("batch1/s1/run1", "batch1/s2/s2Dataset")]

    first, second = values(1)
    assert first != second
    assert values(1) == [first, second]
    assert values(2) != [first, second]


@pytest.mark.parametrize("dtype", [*NUMBERS, ">i4"])
def test_any_type_of_numbers_will_do(tmp_path, dtype):
    write(FolderStorage(tmp_path / "lab.zarr"), dtype=dtype, shape=(300,))
    values = zarr.open_array(tmp_path / "lab.zarr/batch1/s1/run1")[...]
    assert values.dtype.newbyteorder("=") == np.dtype(dtype).newbyteorder("=")
    assert np.isfinite(values).all()
    assert len(np.unique(values)) > (1 if dtype == "bool" else 5)
    assert values.imag.any() == (values.dtype.kind == "c")


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_xarray_opens_each_sample(tmp_path, zarr_format):
    write(FolderStorage(tmp_path / "lab.zarr"), zarr_format=zarr_format)
    sample = xarray.open_zarr(tmp_path / "lab.zarr", group="batch1/s1", consolidated=False)
    assert sample["run1"].shape == (6, 5)
    assert sample["run1"].attrs["@id"] == LAB + "run1"


def test_zarrs_reads_what_zarr_reads(tmp_path):
    pytest.importorskip("zarrs", reason="needs zarrs, the extra 'fast'")
    write(FolderStorage(tmp_path / "lab.zarr"))
    expected = zarr.open_array(tmp_path / "lab.zarr/batch1/s1/run1")[...]
    with zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"}):
        found = zarr.open_array(tmp_path / "lab.zarr/batch1/s1/run1")[...]
    assert np.array_equal(found, expected)


def test_copies_repeat_all_below_the_root(storage):
    written = write(storage, copies=3)
    assert (written.nodes, written.arrays) == (1 + 3 * 5, 6)
    assert len(nodes(storage)) == written.nodes
    copy = zarr.open_array(storage.zarr(), path="batch1-3/s1-3/run1-3", mode="r")
    assert copy.attrs["@id"] == LAB + "run1-3"


def test_tells_its_progress(storage):
    told = []
    write(storage, copies=50, shape=(2,), progress=lambda done, total: told.append((done, total)))
    assert told == [(100, 251), (200, 251), (251, 251)]


def test_a_small_array_is_one_chunk():
    signals = Signals((900, 1000), np.dtype("f8"), 0)
    assert (signals.chunks, signals.chunk_shape) == ([(0, 0)], (900, 1000))


def test_an_array_above_64_mib_has_even_chunks_along_its_first_axis():
    signals = Signals((1025, 1, 2**16), np.dtype("i1"), 0)
    assert signals.chunk_shape == (513, 1, 2**16)
    assert signals.chunks == [(0, 0, 0), (1, 0, 0)]


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_all_chunks_of_a_large_array_are_written(tmp_path, monkeypatch, zarr_format):
    monkeypatch.setattr("zarr_linked_data.fake.signals.LARGEST_CHUNK", 2**20)
    write(FolderStorage(tmp_path / "lab.zarr"), shape=(1001, 3, 100), zarr_format=zarr_format)
    array = zarr.open_array(tmp_path / "lab.zarr/batch1/s1/run1")
    assert array.chunks == (334, 3, 100)
    assert array.nchunks_initialized == 3
    assert array[...].any(axis=(1, 2)).all()


def test_rows_that_are_too_large_are_cut_too(tmp_path, monkeypatch):
    monkeypatch.setattr("zarr_linked_data.fake.signals.LARGEST_CHUNK", 2**10)
    write(FolderStorage(tmp_path / "lab.zarr"), shape=(3, 5, 100))
    array = zarr.open_array(tmp_path / "lab.zarr/batch1/s1/run1")
    assert array.chunks == (1, 1, 100)
    assert array.nchunks_initialized == 15
    assert array[...].all()


@given(st.lists(st.integers(1, 7), min_size=1, max_size=4), st.sampled_from(NUMBERS))
def test_an_array_has_as_many_bytes_as_its_shape_says(shape, dtype):
    signals = Signals(tuple(shape), np.dtype(dtype), 0)
    arrays = signals.arrays()
    chunks = [b"".join(next(arrays)) for _ in range(3)]
    assert {len(chunk) for chunk in chunks} == {np.prod(shape) * np.dtype(dtype).itemsize}


def test_the_numbers_look_like_peaks_on_a_baseline():
    values = np.frombuffer(next(next(Signals((2000,), np.dtype("f8"), 7).arrays())))
    assert values.min() > -5
    assert 20 < values.max() < 5000
    assert np.median(values) < values.max() / 5


@pytest.mark.parametrize("shape", [(), (0,), (900, 0), (-1,), (2.5,), "12", 7])
def test_impossible_shapes_are_refused(tmp_path, shape):
    with pytest.raises(InvalidInputError, match=r"shape .* Give one or more whole numbers above 0"):
        write(FolderStorage(tmp_path / "lab.zarr"), shape=shape)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("dtype", ["U5", "object", "M8[s]", "number", [("a", "f8")]])
def test_types_that_are_no_numbers_are_refused_with_the_list(tmp_path, dtype):
    with pytest.raises(
        InvalidInputError, match=r"of type .*Use one of bool, int8, .* complex128\."
    ):
        write(FolderStorage(tmp_path / "lab.zarr"), dtype=dtype)
    assert not list(tmp_path.iterdir())


def test_an_impossible_seed_and_format_are_refused(tmp_path):
    with pytest.raises(InvalidInputError, match=r"seed -1\. Give a whole number of 0 or more"):
        write(FolderStorage(tmp_path / "lab.zarr"), seed=-1)
    with pytest.raises(InvalidInputError, match=r"Zarr format 1\. Use 2 or 3"):
        write(FolderStorage(tmp_path / "lab.zarr"), zarr_format=1)
    assert not list(tmp_path.iterdir())


def test_a_store_that_is_there_is_not_touched(storage):
    write(storage)
    before = {found.key: storage.read(found.key) for found in storage.list()}
    with pytest.raises(InvalidInputError, match=r"There is a store at .* already.*--overwrite"):
        write(storage, seed=1)
    assert {found.key: storage.read(found.key) for found in storage.list()} == before


def test_a_store_that_is_there_is_replaced_whole_on_demand(storage):
    write(storage, copies=2, zarr_format=2)
    storage.write(".all_metadata", b"{}")
    storage.write("__zld/index-0.sqlite", b"old")
    write(storage, overwrite=True)
    assert nodes(storage) == PATHS
    assert all(found.key.endswith(("zarr.json", "/c/0/0")) for found in storage.list())


def test_other_things_are_never_replaced(storage):
    storage.write("notes/today.txt", b"mine")
    for overwrite in (False, True):
        with pytest.raises(InvalidInputError, match="something else is there, such as 'notes'"):
            write(storage, overwrite=overwrite)
    assert [found.key for found in storage.list()] == ["notes/today.txt"]


def test_what_a_killed_run_left_is_replaced(storage):
    storage.write("__zld/unfinished", b"")
    storage.write("batch9/zarr.json", b"half")
    write(storage)
    assert nodes(storage) == PATHS
    assert not list(storage.list("batch9"))


def test_nothing_lies_beside_a_folder_when_it_is_done(tmp_path):
    write(FolderStorage(tmp_path / "lab.zarr"))
    write(FolderStorage(tmp_path / "lab.zarr"), overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["lab.zarr"]


def test_folders_above_are_made(tmp_path):
    write(FolderStorage(tmp_path / "a/b/lab.zarr"))
    assert (tmp_path / "a/b/lab.zarr/zarr.json").exists()


def test_a_folder_keeps_its_mode_and_a_link_to_it_stays(tmp_path):
    (tmp_path / "disk").mkdir(mode=0o750)
    (tmp_path / "lab.zarr").symlink_to("disk")
    write(FolderStorage(tmp_path / "lab.zarr"))
    assert (tmp_path / "lab.zarr").is_symlink()
    assert (tmp_path / "disk").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "disk/zarr.json").exists()


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_folder_that_we_work_in_stays_the_same(tmp_path, monkeypatch, overwrite):
    if overwrite:
        write(FolderStorage(tmp_path), copies=2)
    monkeypatch.chdir(tmp_path)
    write(FolderStorage(Path.cwd()), overwrite=overwrite)
    assert "zarr.json" in os.listdir()  # noqa: PTH208 - asks the folder itself, not its path
    assert nodes(FolderStorage(tmp_path)) == PATHS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["batch1", "zarr.json"]


def test_a_mounted_disk_is_written_in_place(small_disk):
    write(FolderStorage(small_disk), shape=(2,))
    write(FolderStorage(small_disk), shape=(2,), overwrite=True)
    assert nodes(FolderStorage(small_disk)) == PATHS


def test_a_disk_that_is_too_small_is_told_before(small_disk):
    with pytest.raises(StoreError, match=r"arrays need 0\.0 GB, .* free there\. Ask for smaller"):
        write(FolderStorage(small_disk / "lab.zarr"), shape=(900, 1000))
    assert not list(small_disk.iterdir())


def test_a_disk_that_gets_full_keeps_the_old_store(small_disk):
    storage = FolderStorage(small_disk / "lab.zarr")
    write(storage, shape=(2,))
    with pytest.raises(StoreError, match=r"Cannot write .*: the disk is full\. Free some space"):
        write(storage, copies=300, shape=(2,), overwrite=True)
    assert nodes(storage) == PATHS
    assert [path.name for path in small_disk.iterdir()] == ["lab.zarr"]


def test_a_failed_run_leaves_no_folder(tmp_path):
    def fail(done, total):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write(FolderStorage(tmp_path / "lab.zarr"), copies=50, shape=(2,), progress=fail)
    assert not list(tmp_path.iterdir())


def test_a_place_that_may_not_be_written_is_refused(tmp_path):
    with pytest.raises(StoreError, match=r"it may not be written to\. Choose another place"):
        write(FolderStorage(tmp_path, read_only=True))


def test_two_runs_at_one_place_are_told_apart(tmp_path):
    storage = FolderStorage(tmp_path / "lab.zarr")
    found = []

    def write_again(done, total):
        with pytest.raises(ConcurrentUpdateError, match=r"another run writes one there\. Wait"):
            write(storage, shape=(2,))
        found.append(done)

    write(storage, shape=(2,), progress=write_again)
    assert found == [6]
    assert nodes(storage) == PATHS


def test_a_store_that_appears_meanwhile_is_not_replaced(tmp_path):
    storage = FolderStorage(tmp_path / "lab.zarr")

    def appear(done, total):
        shutil.copytree(tmp_path / ".lab.zarr.zld-new", tmp_path / "lab.zarr")

    with pytest.raises(ConcurrentUpdateError, match="another run writes one there"):
        write(storage, shape=(2,), progress=appear)
    assert [path.name for path in tmp_path.iterdir()] == ["lab.zarr"]


def test_where_folders_cannot_change_places_at_once_the_store_is_replaced_too(
    tmp_path, monkeypatch
):
    write(FolderStorage(tmp_path / "lab.zarr"), copies=2)
    monkeypatch.setattr("zarr_linked_data.fake.folders._exchange_at_once", lambda new, old: False)
    write(FolderStorage(tmp_path / "lab.zarr"), overwrite=True)
    assert nodes(FolderStorage(tmp_path / "lab.zarr")) == PATHS
    assert [path.name for path in tmp_path.iterdir()] == ["lab.zarr"]


def test_documents_are_those_that_node_reads(tmp_path):
    write(FolderStorage(tmp_path / "lab.zarr"), dtype="int16")
    document = (tmp_path / "lab.zarr/batch1/s1/run1/zarr.json").read_bytes()
    found = read_node({"zarr.json": document}, "batch1/s1/run1")
    assert (found.kind, found.shape, found.dtype) == ("array", (6, 5), "int16")
