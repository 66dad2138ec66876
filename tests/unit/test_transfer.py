"""Copying a store: what goes along, what is skipped, what is refused, in what order."""

import hashlib
import os
import shutil

import icechunk
import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from obstore.store import MemoryStore
from zarr.storage import ZipStore

import zarr_linked_data as zld
from tests.stores import EX, put_array, put_group, put_lab
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.errors import (
    ConcurrentUpdateError,
    InvalidInputError,
    StoreError,
    StoreNotFoundError,
)
from zarr_linked_data.journal.owner import Owner
from zarr_linked_data.journal.record import Record
from zarr_linked_data.metadata import METADATA_KEY, read_head
from zarr_linked_data.storage import FolderStorage, open_storage
from zarr_linked_data.transfer import copy_store
from zarr_linked_data.transfer.checksums import MIB, Checksum, checksum_like, same_bytes

MARKER = "__zld/copying"


@pytest.fixture
def lab(tmp_path):
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_lab(storage)
    consolidate(storage)
    return storage


@pytest.fixture
def target(tmp_path):
    return open_storage(tmp_path / "copy.zarr", create=True)


def content(storage, *, ours=False):
    """Every object of a store by its key, ours only when asked for."""
    keys = [found.key for found in storage.list() if ours or not found.key.startswith("__zld/")]
    return {key: storage.read(key) for key in keys}


def refusal(source, target, **options):
    """The message of a refused copy, which must not change the target."""
    before = content(target, ours=True) if target.can_list() else {}
    with pytest.raises(InvalidInputError) as caught:
        copy_store(source, target, **options)
    assert before == (content(target, ours=True) if target.can_list() else {})
    assert "\n" not in str(caught.value)
    return str(caught.value)


class Recorder(FolderStorage):
    """A folder that remembers in what order it was written, and may spoil one object."""

    def __init__(self, root, spoiled=None):
        super().__init__(root)
        self.log = []
        self.spoiled = spoiled

    def write(self, key, data, **options):
        self.log.append(key)
        super().write(key, data[::-1] if key == self.spoiled else data, **options)

    def delete(self, keys):
        keys = list(keys)
        self.log += [f"-{key}" for key in keys]
        super().delete(keys)


class TestACopy:
    def test_holds_what_the_source_holds(self, lab, target):
        done = copy_store(lab, target)
        assert content(target) == content(lab)
        assert (done.objects, done.skipped) == (11, 0)
        assert done.bytes == sum(map(len, content(lab).values()))

    def test_is_consolidated_at_the_same_generation(self, lab, target):
        copy_store(lab, target)
        assert read_head(target).generation == read_head(lab).generation
        assert consolidate(target).changed == 0

    def test_answers_look_ups_and_gives_arrays(self, lab, target):
        copy_store(lab, target)
        copied = zld.open(target)[f"{EX}sample2"].read()
        assert np.array_equal(copied, zld.open(lab)[f"{EX}sample2"].read())

    def test_of_a_store_never_consolidated_is_not_consolidated_either(self, tmp_path, target):
        source = open_storage(tmp_path / "raw.zarr", create=True)
        put_lab(source)
        copy_store(source, target)
        assert read_head(target) is None
        assert content(target) == content(source)

    def test_leaves_out_what_is_of_the_source_s_own_place(self, lab, target):
        lab.write("__zld/parts/123-4", b"unfinished")
        lab.write("__zld/probe-1", b"probe")
        copy_store(lab, target)
        ours = [key for key in content(target, ours=True) if key.startswith("__zld/")]
        assert ours == [f"__zld/index-{read_head(lab).generation}.sqlite"]

    def test_takes_along_what_says_that_something_is_half_added(self, lab, target):
        record = Record("run", Owner.this_process(), 0.0)
        lab.write(record.key, record.encoded())
        copy_store(lab, target)
        assert target.read(record.key) == record.encoded()
        assert copy_store(lab, target).objects == 0

    def test_takes_the_index_along_in_the_form_of_each_kind_of_place(self, lab, target):
        bucket = open_storage(MemoryStore())
        copy_store(lab, bucket)
        copy_store(bucket, target)
        name = f"__zld/index-{read_head(lab).generation}.sqlite"
        assert bucket.read(f"{name}.zst")
        assert target.read(name) == lab.read(name)

    def test_does_without_an_index_that_is_broken(self, lab, target):
        bucket = open_storage(MemoryStore())
        copy_store(lab, bucket)
        bucket.write(f"__zld/index-{read_head(lab).generation}.sqlite.zst", b"no zstd")
        copy_store(bucket, target)
        assert zld.open(target)[f"{EX}sample1"].path == "sample1"

    @pytest.mark.parametrize("zarr_format", [2, 3])
    @pytest.mark.parametrize("kind", ["obstore", "zarr"])
    def test_goes_through_any_kind_of_place(self, tmp_path, target, kind, zarr_format):
        source = open_storage(tmp_path / "lab.zarr", create=True)
        put_lab(source, zarr_format=zarr_format)
        consolidate(source)
        store = MemoryStore() if kind == "obstore" else zarr.storage.MemoryStore()
        between = open_storage(store)
        assert copy_store(source, between).objects == (11 if zarr_format == 3 else 18)
        copy_store(between, target)
        assert content(between) == content(target) == content(source)

    def test_of_names_of_all_sorts_has_them_all(self, lab, target):
        for name in ("with space", "é日本", "(a)[0]*", "50%25", "a#b?c"):
            put_array(lab, f"{name}/{name}", np.arange(3))
        bucket = open_storage(MemoryStore())
        copy_store(lab, bucket)
        copy_store(bucket, target)
        assert content(target) == content(lab)

    def test_of_a_large_object_is_right_from_folder_to_bucket_and_back(self, lab, target):
        data = os.urandom(MIB) * 70 + b"end"
        lab.write("sample1/sample1Dataset/c/9/9", data)
        bucket = open_storage(MemoryStore())
        copy_store(lab, bucket)
        assert copy_store(lab, bucket).objects == 0
        copy_store(bucket, target)
        assert target.read("sample1/sample1Dataset/c/9/9") == data

    def test_tells_its_progress_up_to_the_end(self, lab, target):
        seen = []
        copy_store(lab, target, progress=lambda done, total: seen.append((done, total)))
        assert seen == sorted(seen)
        assert seen[-1] == (11, 11)


class TestForeignStores:
    def test_of_icechunk_are_copied(self, target):
        repository = icechunk.Repository.create(icechunk.in_memory_storage())
        session = repository.writable_session("main")
        zarr.create_group(session.store).create_array("x", data=np.arange(5.0))
        session.commit("five numbers")
        source = open_storage(repository.readonly_session("main").store)
        assert copy_store(source, target).objects == 3
        assert copy_store(source, target).skipped == 3
        assert zarr.open_array(target.root, path="x", mode="r")[2] == 2.0

    def test_that_take_no_objects_are_refused_in_one_line(self, lab, tmp_path):
        with (
            ZipStore(tmp_path / "lab.zip", mode="w") as store,
            pytest.raises(StoreError, match="takes no objects but its own") as caught,
        ):
            copy_store(lab, open_storage(store))
        assert "\n" not in str(caught.value)


class TestOrder:
    def test_chunks_come_first_and_the_root_and_the_metadata_last(self, lab, tmp_path):
        recorder = Recorder(tmp_path / "copy.zarr")
        copy_store(lab, recorder)
        log = recorder.log
        chunks = [key for key in log if "/c/" in key]
        assert log[0] == MARKER
        assert sorted(log[1:4]) == sorted(chunks)
        assert all(key.endswith("Dataset/zarr.json") for key in log[4:7])
        assert all(key.count("/") == 1 for key in log[7:10])
        generation = read_head(lab).generation
        index = f"__zld/index-{generation}.sqlite"
        assert log[10:] == ["zarr.json", index, f"-{MARKER}", METADATA_KEY]

    def test_in_format_2_attributes_come_before_the_document_that_makes_the_node(self, tmp_path):
        source = open_storage(tmp_path / "lab.zarr", create=True)
        put_lab(source, samples=1, zarr_format=2)
        source.write(".zmetadata", b"{}")
        recorder = Recorder(tmp_path / "copy.zarr")
        copy_store(source, recorder)
        order = recorder.log.index
        assert order("sample1/.zattrs") < order("sample1/.zgroup") < order(".zattrs")
        assert order(".zattrs") < order(".zgroup") < order(".zmetadata")

    def test_what_describes_an_array_goes_before_its_chunks_change(self, lab, tmp_path):
        recorder = Recorder(tmp_path / "copy.zarr")
        copy_store(lab, recorder)
        lab.delete(["sample1/sample1Dataset/c/0/0"])
        put_array(lab, "sample1/sample1Dataset", np.zeros(5))
        consolidate(lab)
        recorder.log.clear()
        copy_store(lab, recorder, overwrite=True)
        log = recorder.log
        array = "sample1/sample1Dataset/zarr.json"
        assert log[:3] == [MARKER, f"-{METADATA_KEY}", f"-{array}"]
        assert log.index("sample1/sample1Dataset/c/0") < log.index(array) < log.index(METADATA_KEY)


class TestAgain:
    def test_everything_is_skipped_and_nothing_is_written(self, lab, tmp_path):
        recorder = Recorder(tmp_path / "copy.zarr")
        copy_store(lab, recorder)
        recorder.log.clear()
        done = copy_store(lab, recorder)
        assert (done.objects, done.skipped, done.bytes) == (0, 11, 0)
        assert recorder.log == []

    def test_an_interrupted_copy_is_finished_without_copying_anything_twice(self, lab, tmp_path):
        target = Recorder(tmp_path / "copy.zarr")

        def interrupt(done, _total):
            if done >= 3:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            copy_store(lab, target, progress=interrupt)
        there = [key for key in target.log if key != MARKER]
        assert there
        target.log.clear()
        done = copy_store(lab, target)
        assert done.skipped == len(there)
        assert not set(target.log) & set(there)
        assert content(target) == content(lab)
        assert target.read(MARKER) is None

    def test_an_unfinished_copy_takes_up_what_the_source_has_become(self, lab, target):
        with pytest.raises(ZeroDivisionError):
            copy_store(lab, target, progress=lambda done, _total: 1 // (done < 7))
        put_array(lab, "sample1/sample1Dataset", np.ones((3, 4)))
        consolidate(lab)
        copy_store(lab, target)
        assert content(target) == content(lab)

    def test_what_other_programs_copied_is_not_copied_again(self, lab, tmp_path):
        root = tmp_path / "by-hand.zarr"
        shutil.copytree(lab.root / "sample1", root / "sample1")
        assert copy_store(lab, open_storage(root)).skipped == 3

    def test_signatures_in_the_copy_do_no_harm(self, lab, target):
        copy_store(lab, target)
        consolidate(target)
        assert copy_store(lab, target).objects == 0


class TestRefused:
    def test_a_source_without_a_store(self, tmp_path, target):
        (tmp_path / "empty").mkdir()
        with pytest.raises(StoreNotFoundError, match=r"No Zarr store at .*empty"):
            copy_store(open_storage(tmp_path / "empty"), target)

    def test_a_source_on_the_web(self, web, target):
        message = refusal(open_storage(web.url), target)
        assert "its objects cannot be listed" in message
        assert "Copy from the folder or bucket behind it." in message

    def test_a_target_on_the_web(self, web, lab):
        assert "takes no objects. Copy to a folder or bucket." in refusal(
            lab, open_storage(web.url)
        )

    @pytest.mark.parametrize(
        ("inner", "how"), [("", "are the same place"), ("sample1", "lie one inside the other")]
    )
    def test_a_place_that_is_or_holds_the_other(self, lab, inner, how):
        other = open_storage(lab.root / inner)
        assert f"they {how}. Choose another target." in refusal(lab, other)
        assert f"they {how}. Choose another target." in refusal(other, lab)

    def test_the_same_place_by_another_name(self, lab, tmp_path):
        link = tmp_path / "link.zarr"
        link.symlink_to(lab.root)
        assert "are the same place" in refusal(lab, open_storage(link))

    def test_the_same_memory(self, lab):
        memory = MemoryStore()
        bucket = open_storage(memory)
        copy_store(lab, bucket)
        assert "are the same place" in refusal(bucket, open_storage(memory))

    def test_two_memories_are_two_places(self, lab):
        one, other = open_storage("memory://"), open_storage("memory://")
        copy_store(lab, one)
        assert copy_store(one, other).objects == 11

    def test_a_target_that_holds_something_else(self, lab, target):
        copy_store(lab, target)
        put_group(target, "sample1", {"@id": f"{EX}mine"})
        put_group(target, "extra")
        message = refusal(lab, target)
        assert "holds 'extra/zarr.json', which the source has not, and 1 more objects" in message
        assert "with --overwrite" in message

    def test_a_target_that_holds_something_of_the_same_size(self, lab, target):
        copy_store(lab, target)
        key = "sample1/sample1Dataset/c/0/0"
        target.write(key, target.read(key)[::-1])
        assert f"holds {key!r}, which differs from the source's." in refusal(lab, target)

    @pytest.mark.parametrize("overwrite", [False, True])
    def test_a_folder_with_other_things(self, lab, target, overwrite):
        target.write("thesis/chapter1.tex", b"\\section{Results}")
        message = refusal(lab, target, overwrite=overwrite)
        assert "holds 'thesis/chapter1.tex', which is no part of a Zarr store" in message

    def test_to_remove_what_is_no_part_of_the_store_in_which_it_lies(self, lab, target):
        copy_store(lab, target)
        target.write("sample1/notes.txt", b"only copy")
        message = refusal(lab, target, overwrite=True)
        assert "holds 'sample1/notes.txt', which is no part of a Zarr store" in message

    def test_to_remove_what_is_only_linked_into_the_target(self, lab, target, tmp_path):
        put_group(target, "")
        elsewhere = open_storage(tmp_path / "elsewhere", create=True)
        put_array(elsewhere, "", np.arange(3))
        (target.root / "linked").symlink_to(elsewhere.root)
        message = refusal(lab, target, overwrite=True)
        assert "a link leads from 'linked" in message
        assert elsewhere.read("zarr.json")


class TestOverwriting:
    def test_makes_the_target_equal_to_the_source(self, lab, target):
        put_lab(target, samples=5)
        put_array(target, "sample1/sample1Dataset", np.zeros((2, 2)))
        consolidate(target)
        copy_store(lab, target, overwrite=True)
        assert content(target) == content(lab)
        assert not (target.root / "sample5").exists()
        assert consolidate(target).changed == 0

    def test_replaces_a_chunk_by_a_folder_of_chunks(self, lab, target):
        put_group(target, "")
        put_group(target, "sample1")
        put_array(target, "sample1/sample1Dataset", np.zeros(5))
        copy_store(lab, target, overwrite=True)
        assert content(target) == content(lab)

    def test_turns_a_group_into_an_array_and_back(self, lab, target):
        put_array(target, "", np.zeros((2, 2)))
        copy_store(lab, target, overwrite=True)
        assert content(target) == content(lab)

    def test_takes_away_metadata_that_the_source_has_not(self, lab, target, tmp_path):
        source = open_storage(tmp_path / "raw.zarr", create=True)
        put_lab(source)
        copy_store(lab, target)
        copy_store(source, target, overwrite=True)
        assert read_head(target) is None
        assert content(target, ours=True) == content(source)

    def test_takes_a_part_of_this_very_copy(self, lab, target):
        target.write("sample1/zarr.json", b"{}")
        copy_store(lab, target, overwrite=True)
        assert content(target) == content(lab)

    @settings(max_examples=25, deadline=None)
    @given(st.data())
    def test_always_ends_equal(self, tmp_path_factory, data):
        shapes = st.dictionaries(
            st.sampled_from(["a", "b", "a/x", "b/y"]), st.sampled_from([None, 1, 2]), max_size=4
        )
        root = tmp_path_factory.mktemp("pair")
        source, target = (open_storage(root / name, create=True) for name in ("source", "target"))
        for storage in (source, target):
            put_group(storage, "")
            for path, dimensions in data.draw(shapes).items():
                if dimensions is None:
                    put_group(storage, path, {"@id": f"{EX}{storage.root.name}"})
                else:
                    put_array(storage, path, np.full((2,) * dimensions, len(storage.root.name)))
            if data.draw(st.booleans()):
                consolidate(storage)
        copy_store(source, target, overwrite=True)
        assert content(target) == content(source)


class TestAChangeMeanwhile:
    @pytest.mark.parametrize("change", ["rewritten", "removed", "added"])
    def test_of_the_source_is_told_and_the_next_run_is_right(self, lab, target, change):
        key = "sample1/sample1Dataset/c/0/0"

        def interfere(done, _total):
            if done < 8:
                return
            if change == "rewritten":
                lab.write(key, lab.read(key)[::-1])
            elif change == "removed":
                lab.delete([key])
            else:
                put_group(lab, "late")

        with pytest.raises(ConcurrentUpdateError) as caught:
            copy_store(lab, target, progress=interfere)
        assert "Somebody changed " in str(caught.value)
        assert "Run it again: only what has changed is copied." in str(caught.value)
        assert target.read(METADATA_KEY) is None
        copy_store(lab, target, overwrite=change == "removed")
        assert content(target) == content(lab)

    def test_of_the_source_s_metadata_is_told(self, lab, target):
        put_group(lab, "late")

        def interfere(_done, _total):
            consolidate(lab)

        with pytest.raises(ConcurrentUpdateError, match=f"'{METADATA_KEY}'"):
            copy_store(lab, target, progress=interfere)
        copy_store(lab, target)
        assert content(target) == content(lab)

    def test_of_the_target_is_told(self, lab, tmp_path):
        key = "sample2/zarr.json"
        target = Recorder(tmp_path / "copy.zarr", spoiled=key)
        with pytest.raises(StoreError) as caught:
            copy_store(lab, target)
        assert f"The copy of {key!r} in {target.url!r} has another content" in str(caught.value)
        assert target.read(METADATA_KEY) is None
        target.spoiled = None
        copy_store(lab, target)
        assert content(target) == content(lab)


class TestChecksums:
    @given(st.binary(max_size=100), st.integers(1, 30), st.integers(1, 30))
    def test_do_not_depend_on_how_the_bytes_come(self, data, step, part):
        one, other = Checksum(part), Checksum(part)
        one.update(data)
        for start in range(0, len(data), step):
            other.update(data[start : start + step])
        assert one.tag() == other.tag()

    @given(st.binary(max_size=40), st.binary(max_size=40), st.integers(1, 9), st.integers(1, 9))
    def test_bytes_are_the_same_however_they_are_cut(self, left, right, step, other_step):
        cut = [
            iter([data[n : n + size] for n in range(0, len(data), size)])
            for data, size in ((left, step), (right, other_step))
        ]
        assert same_bytes(*cut) == (left == right)

    def test_of_pieces_are_made_of_the_pieces_checksums(self):
        data = bytes(range(256)) * 4096 * 20
        parts = [hashlib.md5(data[start : start + 16 * MIB]).digest() for start in (0, 16 * MIB)]
        expected = f"{hashlib.md5(b''.join(parts)).hexdigest()}-2"
        assert checksum_like(f"{'0' * 32}-2", [data[:1000], data[1000:]], len(data)) == expected

    def test_of_unknown_form_are_none(self):
        assert checksum_like("66f-1a-17", [b"abc"], 3) is None
        assert checksum_like(None, [b"abc"], 3) is None
        assert checksum_like(f"{'0' * 32}-7", [b"abc"], 3) is None
