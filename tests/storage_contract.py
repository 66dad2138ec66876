"""What every place that holds objects must do; `contract/test_storage.py` asks each of them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import zarr

from zarr_linked_data.errors import (
    ConcurrentUpdateError,
    InvalidInputError,
    StoreError,
)
from zarr_linked_data.storage import Found, open_storage, read_many, write_many

GROUP = b'{"zarr_format": 3, "node_type": "group", "attributes": {"@id": "http://example.org/a"}}'

ODD_KEYS = [
    "with space/a b",
    "é/ü日本",
    "o\u0308",  # two code points; rclone takes them for the one that looks the same
    "(a)[0]*",
    "50%/a%20b",
    "a%2Fb",
    "a+b",
    "a#b?c&d=e",
    "a:b;c,d@e",
    "a'b\"c\\d^e`f{g}|h~<i>",
    "...",
    "..a/.b",
    " edge ",
]

OBJECTS = {
    "zarr.json": GROUP,
    ".all_metadata": b"0123456789",
    "a/zarr.json": GROUP,
    "a/b/c/0": b"chunk",
    "a-b": b"sorts between a and a/",
    "ab/zarr.json": GROUP,
    "empty/nothing": b"",
    **{key: key.encode() for key in ODD_KEYS},
}


class ReadContract:
    """What can be read from `filled`, which holds `OBJECTS`."""

    def test_reads_back_what_was_put_under_any_name(self, filled):
        assert {key: filled.read(key) for key in OBJECTS} == OBJECTS

    def test_what_is_not_there_is_none(self, filled):
        for key in ("nothing", "a", "a/b/c", "a/zarr.json/below", "ab/zarr.jso"):
            assert filled.read(key) is None
            assert filled.read_tagged(key) is None
            assert filled.read_range(key, 0, 3) is None
            assert filled.read_range(key, 0, 0) is None
            assert filled.read_start(key, 3) is None

    def test_no_key_leads_out_of_the_store(self, filled):
        for key in ("", "/a", "a/", "a//b", "../a", "a/../../b", "./a", "a\0b", "a\udcff"):
            with pytest.raises(InvalidInputError, match=r"no key of an object.*Correct the path"):
                filled.read(key)

    def test_reads_ranges_and_what_there_is_of_them(self, filled):
        for start, length, expected in (
            (0, 4, b"0123"),
            (3, 3, b"345"),
            (8, 5, b"89"),
            (10, 1, b""),
            (99, 1, b""),
            (5, 0, b""),
        ):
            assert filled.read_range(".all_metadata", start, length) == expected

    def test_an_empty_object_has_empty_ranges(self, filled):
        assert filled.read_range("empty/nothing", 0, 5) == b""
        assert filled.read_start("empty/nothing", 5)[0] == b""

    def test_the_start_of_an_object_comes_with_its_size_and_tag(self, filled):
        start, found = filled.read_start(".all_metadata", 4)
        tag = filled.read_tagged(".all_metadata")[1]
        assert (start, found) == (b"0123", Found(".all_metadata", 10, tag))

    def test_tags_are_plain(self, filled):
        tag = filled.read_tagged("zarr.json")[1]
        assert tag
        assert '"' not in tag

    def test_a_range_of_another_state_is_refused(self, filled):
        tag = filled.read_tagged(".all_metadata")[1]
        assert filled.read_range(".all_metadata", 2, 3, tag=tag) == b"234"
        with pytest.raises(ConcurrentUpdateError, match="somebody else changed it meanwhile"):
            filled.read_range(".all_metadata", 2, 3, tag="of-another-state")

    def test_many_come_in_the_order_asked(self, filled):
        keys = ["zarr.json", "nothing", "a/b/c/0"]
        assert [(k, d) for k, d, _ in read_many(filled, iter(keys), threads=2)] == [
            ("zarr.json", GROUP),
            ("nothing", None),
            ("a/b/c/0", b"chunk"),
        ]

    def test_fetches_into_a_file(self, filled, tmp_path):
        filled.fetch_file("a/b/c/0", tmp_path / "chunk")
        assert (tmp_path / "chunk").read_bytes() == b"chunk"

    def test_fetching_what_is_missing_leaves_no_file(self, filled, tmp_path):
        with pytest.raises(StoreError, match=r"'nothing'.*there is no such object.*`zld check`"):
            filled.fetch_file("nothing", tmp_path / "file")
        assert not (tmp_path / "file").exists()

    def test_zarr_reads_the_same_place(self, filled):
        group = zarr.open_group(filled.zarr(), path="a", mode="r")
        assert group.attrs["@id"] == "http://example.org/a"

    def test_its_url_is_clean(self, filled):
        assert not filled.url.endswith("x/")
        assert "secret" not in filled.url

    def test_a_storage_opens_as_itself(self, filled):
        assert open_storage(filled) is filled


class ListContract(ReadContract):
    """What can be listed of `filled`."""

    def test_lists_all_by_key(self, filled):
        assert filled.can_list()
        found = list(filled.list())
        assert [f.key for f in found] == sorted(OBJECTS)
        assert {f.key: f.size for f in found} == {key: len(data) for key, data in OBJECTS.items()}

    def test_lists_a_folder_and_not_its_namesakes(self, filled):
        assert [f.key for f in filled.list("a")] == ["a/b/c/0", "a/zarr.json"]
        assert [f.key for f in filled.list("a/b/")] == ["a/b/c/0"]
        assert list(filled.list("nothing")) == list(filled.list("a/zarr.json")) == []

    def test_lists_on_after_a_key(self, filled):
        for after in ("", "a", "a-b", "a/", "a/b/c/0", "a/zarr.json", "é", "zzz", "//", "a/./b"):
            expected = [key for key in sorted(OBJECTS) if key > after]
            assert [f.key for f in filled.list(after=after)] == expected
            below = [key for key in expected if key.startswith("a/")]
            assert [f.key for f in filled.list("a", after=after)] == below

    def test_lists_one_folder(self, filled):
        folders, objects = filled.list_folder("a")
        assert folders == ["b"]
        assert [(f.key, f.size) for f in objects] == [("zarr.json", len(GROUP))]
        assert filled.list_folder("nothing") == ([], [])

    def test_lists_the_root(self, filled):
        folders, objects = filled.list_folder("")
        assert folders == sorted({key.partition("/")[0] for key in OBJECTS if "/" in key})
        assert [f.key for f in objects] == sorted(key for key in OBJECTS if "/" not in key)

    def test_listed_tags_are_those_of_reading(self, filled):
        listed = {f.key: f.tag for f in filled.list()}
        assert listed["zarr.json"] in {None, filled.read_tagged("zarr.json")[1]}


class StorageContract(ListContract):
    """What `storage`, which is empty, must do when written."""

    @pytest.fixture
    def filled(self, storage):
        write_many(storage, OBJECTS.items(), threads=4)
        with storage.lock():
            return storage

    def test_is_writable(self, storage):
        assert storage.writable()
        assert list(storage.list()) == []

    def test_the_later_write_counts(self, storage):
        storage.write("a/b", b"old and longer")
        storage.write("a/b", iter([b"n", b"e", b"w"]))
        assert storage.read("a/b") == b"new"

    def test_puts_a_file(self, storage, tmp_path):
        (tmp_path / "file").write_bytes(b"content")
        storage.write_file("a/b", tmp_path / "file")
        assert storage.read("a/b") == b"content"

    def test_a_failing_source_leaves_the_old_object(self, storage):
        def pieces():
            yield b"half"
            raise RuntimeError("the source broke")

        storage.write("a", b"old")
        with pytest.raises(RuntimeError, match="the source broke"):
            storage.write("a", pieces())
        assert storage.read("a") == b"old"
        assert [f.key for f in storage.list()] == ["a"]

    def test_deletes_and_leaves_no_empty_folder(self, filled):
        filled.delete([key for key in OBJECTS if key.startswith("a/")])
        filled.delete(iter(["a/zarr.json", "never/there"]))
        assert "a" not in filled.list_folder("")[0]
        assert filled.read("a-b") == OBJECTS["a-b"]
        filled.delete(OBJECTS)
        assert list(filled.list()) == []
        filled.write("zarr.json", GROUP)

    def test_writes_only_if_absent(self, storage):
        storage.write_if("a", b"1", None)
        with pytest.raises(ConcurrentUpdateError, match=r"'a'.*somebody else.*run it again"):
            storage.write_if("a", b"2", None)
        assert storage.read("a") == b"1"

    def test_writes_only_if_unchanged(self, storage):
        storage.write("a", b"1")
        tag = storage.read_tagged("a")[1]
        storage.write_if("a", [b"2"], tag)
        for stale in (tag, "no-such-tag"):
            with pytest.raises(ConcurrentUpdateError, match="Nothing of theirs was overwritten"):
                storage.write_if("a", b"3", stale)
        assert storage.read("a") == b"2"
        storage.delete(["a"])
        with pytest.raises(ConcurrentUpdateError):
            storage.write_if("a", b"4", storage.read_start("a", 1) or tag)
        assert storage.read("a") is None

    def test_readers_see_whole_objects_while_they_are_replaced(self, storage):
        states = {b"a" * 100_000, b"b" * 150_000}
        storage.write("object", min(states))
        done = threading.Event()

        def replace():
            while not done.is_set():
                for state in states:
                    storage.write("object", state)

        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(replace)
            seen = {storage.read("object") for _ in range(60)}
            done.set()
            writing.result()
        assert seen <= states

    def test_nothing_of_ours_stays_behind(self, filled):
        filled.honours_conditions()
        with filled.lock():
            filled.clean_parts()
        assert [f.key for f in filled.list()] == sorted(OBJECTS)
        assert "__zld" not in filled.list_folder("")[0]

    def test_zarr_writes_to_the_same_place(self, storage):
        zarr.create_group(storage.zarr(read_only=False), attributes={"@id": "http://example.org/x"})
        assert b"http://example.org/x" in storage.read("zarr.json")
        assert storage.zarr().read_only


def assert_one_winner_each_round(storage):
    """Four write at once what they read before."""
    storage.write("a", b"start")
    for turn in range(5):
        tag = storage.read_tagged("a")[1]

        def win(number, tag=tag, turn=turn):
            try:
                storage.write_if("a", b"%d of %d" % (number, turn), tag)
            except ConcurrentUpdateError:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(win, range(4))) == 1
