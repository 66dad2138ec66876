"""What every place that holds objects must do, asked of each kind of place."""

import os
import tempfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor

import icechunk
import obstore.store
import pytest
import zarr
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.core.sync import sync
from zarr.storage import FsspecStore, MemoryStore, ZipStore

from zarr_linked_data.errors import (
    ConcurrentUpdateError,
    InvalidInputError,
    StoreError,
    StoreNotFoundError,
)
from zarr_linked_data.storage import FolderStorage, Found, open_storage, read_many, write_many

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


class TestFolder(StorageContract):
    @pytest.fixture
    def storage(self, tmp_path):
        return open_storage(tmp_path / "lab.zarr", create=True)


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


class TestMemory(StorageContract):
    @pytest.fixture
    def storage(self):
        return open_storage("memory://")

    def test_of_writers_at_once_one_wins(self, storage):
        assert_one_winner_each_round(storage)


class BucketContract(StorageContract):
    """What a bucket must do besides."""

    def test_sees_nothing_of_its_neighbours(self, url, storage):
        storage.write("a", b"mine")
        open_storage(f"{url}2").write("b", b"theirs")
        open_storage(url.rpartition("/")[0]).write("c", b"above")
        assert [f.key for f in storage.list()] == ["a"]
        assert storage.list_folder("") == ([], list(storage.list()))

    @pytest.mark.parametrize("prefix", ["a b/c", "50%/é#?", "p(x)[y]*+", ""])
    def test_any_prefix_will_do(self, url, prefix):
        storage = open_storage(f"{url.rpartition('/')[0]}/{prefix}/")
        storage.write("a/b", b"1")
        assert [f.key for f in storage.list()] == ["a/b"]
        assert storage.read("a/b") == b"1"
        assert storage.list_folder("")[0] == ["a"]

    def test_large_objects_go_in_pieces(self, storage, monkeypatch, tmp_path):
        monkeypatch.setattr("zarr_linked_data.storage.objects.SINGLE_PUT", 6 * 2**20)
        monkeypatch.setattr("zarr_linked_data.storage.objects.MULTIPART_PIECE", 5 * 2**20)
        data = os.urandom(12 * 2**20)
        storage.write("whole", data)
        storage.write("pieces", (data[i : i + 10**6] for i in range(0, len(data), 10**6)))
        (tmp_path / "file").write_bytes(data)
        storage.write_file("file", tmp_path / "file")
        assert storage.read("whole") == storage.read("pieces") == storage.read("file") == data
        storage.fetch_file("whole", tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == data

    def test_its_url_is_the_users(self, url, storage):
        assert storage.url == url


class TestS3(BucketContract):
    @pytest.fixture
    def url(self, s3_url):
        return s3_url

    @pytest.fixture
    def storage(self, url):
        return open_storage(url)

    def test_it_honours_conditions(self, storage):
        assert storage.honours_conditions()

    def test_of_writers_at_once_one_wins(self, faulty_s3):
        # moto itself lets two at once pass the same condition now and then.
        faulty_s3.one_at_a_time = True
        assert_one_winner_each_round(open_storage(faulty_s3.s3_url))

    def test_folder_markers_of_other_tools_are_no_objects(self, storage, moto):
        for key in ("a/", "a/b/", "empty/"):
            put_raw(moto, storage.url, key, b"")
        storage.write("a/b/zarr.json", GROUP)
        storage.write("true", b"")
        assert [f.key for f in storage.list()] == ["a/b/zarr.json", "true"]
        assert storage.list_folder("a") == (["b"], [])

    def test_a_key_that_obstore_cannot_name_is_named(self, storage, moto):
        put_raw(moto, storage.url, "a//b", b"")
        with pytest.raises(StoreError, match="Rename that object, or choose another prefix"):
            list(storage.list())


def put_raw(server, url, key, data):
    """Put an object under a name that obstore does not take."""
    import http.client

    connection = http.client.HTTPConnection(server.endpoint.removeprefix("http://"))
    connection.request("PUT", f"/{url.removeprefix('s3://')}/{key}", data)
    assert connection.getresponse().status == 200
    connection.close()


class TestS3ThatIgnoresConditions(BucketContract):
    @pytest.fixture
    def url(self, rclone_url):
        return rclone_url

    @pytest.fixture
    def storage(self, url):
        return open_storage(url)

    # rclone sends the old size with the new content.
    test_readers_see_whole_objects_while_they_are_replaced = None

    def test_lists_more_than_a_page(self, storage):
        keys = [f"k{number:04}/x" for number in range(1005)]
        write_many(storage, ((key, b"") for key in keys), threads=16)
        assert [f.key for f in storage.list()] == keys
        assert [f.key for f in storage.list(after=keys[500])] == keys[501:]
        assert len(storage.list_folder("")[0]) == 1005
        storage.delete(keys)
        assert list(storage.list()) == []

    def test_it_is_found_out_once_and_remembered(self, storage, tmp_path):
        cache = tmp_path / "cache"
        assert not open_storage(storage.url, cache=cache).honours_conditions()
        (memory,) = (cache / "conditions").iterdir()
        memory.write_text("honoured")
        assert open_storage(storage.url, cache=cache).honours_conditions()
        os.utime(memory, (0, 0))
        assert not open_storage(storage.url, cache=cache).honours_conditions()


class TestZarrMemory(StorageContract):
    @pytest.fixture
    def storage(self):
        return open_storage(MemoryStore())

    def test_of_writers_at_once_one_wins(self, storage):
        assert_one_winner_each_round(storage)


class TestZarrObjectStore(StorageContract):
    @pytest.fixture
    def storage(self):
        return open_storage(zarr.storage.ObjectStore(obstore.store.MemoryStore()))


class TestFsspecMemory(StorageContract):
    @pytest.fixture
    def storage(self):
        MemoryFileSystem.store.clear()
        MemoryFileSystem.pseudo_dirs[:] = [""]
        return open_storage(FsspecStore.from_url("memory://lab"))


class TestWeb(ReadContract):
    @pytest.fixture
    def filled(self, web):
        write_many(FolderStorage(web.root), OBJECTS.items())
        return open_storage(f"{web.url}/")

    def test_nothing_can_be_written(self, filled):
        assert not filled.writable()
        for write in (
            lambda: filled.write("a", b""),
            lambda: filled.write_if("a", b"", None),
            lambda: filled.write_file("a", __file__),
            lambda: filled.delete(["a"]),
            lambda: filled.zarr(read_only=False),
        ):
            with pytest.raises(StoreError, match=r"a web server takes no objects.*`zld copy`"):
                write()

    def test_nothing_can_be_listed(self, filled):
        assert not filled.can_list()
        for do in (filled.list, lambda: filled.list_folder("")):
            with pytest.raises(StoreError, match=r"plain HTTP has no listing.*`zld consolidate`"):
                do()


class TestWebWithoutRanges(TestWeb):
    @pytest.fixture(autouse=True)
    def _habits(self, web):
        web.knows_ranges = False
        web.sends_chunks = True


class TestWebBelowAPathWithRedirects(TestWeb):
    @pytest.fixture
    def filled(self, web):
        write_many(open_storage(web.root / "my data", create=True), OBJECTS.items())
        web.redirects_from = "/moved"
        return open_storage(f"{web.url}/moved/my data")


class TestZip(ListContract):
    @pytest.fixture
    def filled(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "lab.zip", "w") as file:
            for key, data in OBJECTS.items():
                file.writestr(key, data)
        store = sync(ZipStore.open(tmp_path / "lab.zip", mode="r"))
        yield open_storage(store)
        store.close()

    def test_it_takes_nothing(self, filled):
        assert not filled.writable()
        with pytest.raises(StoreError, match="takes no objects but its own"):
            filled.write("a", b"")
        with pytest.raises(StoreError, match="lets nobody delete"):
            filled.delete(["a"])


class TestIcechunk:
    @pytest.fixture
    def filled(self):
        session = icechunk.Repository.create(icechunk.in_memory_storage()).writable_session("main")
        group = zarr.create_group(session.store, attributes={"@id": "http://example.org/a"})
        group.create_array("values", data=zarr.ones(3)[:])
        return open_storage(session.store)

    def test_it_can_be_read_and_listed(self, filled):
        assert [f.key for f in filled.list()] == ["values/c/0", "values/zarr.json", "zarr.json"]
        assert b"http://example.org/a" in filled.read("zarr.json")
        assert filled.list_folder("")[0] == ["values"]
        assert filled.url.startswith("icechunk://")

    def test_it_holds_nothing_of_ours(self, filled):
        assert not filled.writable()
        assert filled.read(".all_metadata") is None
        assert filled.read_start("__zld/signatures.sqlite", 5) is None


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.lists(st.sampled_from(["a", "a-", "b", "é", "0"]), min_size=1, max_size=4).map(
            lambda parts: "/".join(f"{part}{depth}" for depth, part in enumerate(parts))
        ),
        st.binary(max_size=5),
    ),
    st.text("ab-é0/", max_size=4),
)
def test_a_folder_lists_as_memory_does(objects, after):
    keys = [k for k in objects if not any(other.startswith(f"{k}/") for other in objects)]
    with tempfile.TemporaryDirectory() as root:
        for storage in (open_storage(root), open_storage("memory://")):
            with storage.lock():
                write_many(storage, ((key, objects[key]) for key in keys))
            listed = [f.key for f in storage.list(after=after)]
            assert listed == sorted(k for k in keys if k > after)
            assert storage.list_folder("")[0] == sorted({k.split("/")[0] for k in keys if "/" in k})


class TestOpening:
    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(StoreNotFoundError, match=r"nothing'.*no such folder.*Check the path"):
            open_storage(tmp_path / "nothing")
        open_storage(str(tmp_path / "nothing"), create=True).write("a", b"")
        assert (tmp_path / "nothing/a").exists()

    def test_a_file_is_no_store(self, tmp_path):
        (tmp_path / "lab.zip").write_bytes(b"")
        for create in (False, True):
            with pytest.raises(StoreNotFoundError, match=r"it is a file.*ZipStore"):
                open_storage(tmp_path / "lab.zip", create=create)

    def test_home_and_file_urls(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "my lab").mkdir()
        for location in ("~/my lab", f"file://{tmp_path}/my%20lab", f"{tmp_path}/./my lab/"):
            assert open_storage(location).url == f"{tmp_path}/my lab"

    @pytest.mark.parametrize("location", ["gs://b/x", "ftp://h/x", "file://elsewhere/x", "s3:///x"])
    def test_unknown_places_are_refused(self, location):
        with pytest.raises(StoreNotFoundError, match=r"Cannot open '.*(Give|Write) "):
            open_storage(location)

    def test_a_path_made_of_a_url(self, tmp_path):
        from pathlib import Path

        with pytest.raises(StoreNotFoundError, match="Give the URL as text"):
            open_storage(Path("s3://bucket/lab"))

    def test_objects_that_are_no_place(self):
        with pytest.raises(StoreNotFoundError, match=r"type 'int'.*is no place"):
            open_storage(5)

    def test_stores_of_zarr_and_obstore_become_what_they_stand_for(self, tmp_path):
        local = open_storage(zarr.storage.LocalStore(tmp_path))
        assert isinstance(local, FolderStorage)
        assert local.writable()
        assert not open_storage(zarr.storage.LocalStore(tmp_path, read_only=True)).writable()
        assert open_storage(obstore.store.LocalStore(tmp_path)).url == str(tmp_path)
        bucket = obstore.store.S3Store("lab", prefix="a/b", endpoint="http://127.0.0.1:1")
        assert open_storage(zarr.storage.ObjectStore(bucket)).url == "s3://lab/a/b"
        assert not open_storage(zarr.storage.ObjectStore(bucket, read_only=True)).writable()
        local_fsspec = FsspecStore.from_url(f"file://{tmp_path}")
        assert open_storage(local_fsspec).url == str(tmp_path)

    def test_passwords_are_not_in_the_url(self):
        web = open_storage("https://ada:secret@lab.org/data/lab.zarr/?token=secret")
        assert web.url == "https://lab.org/data/lab.zarr"
        assert "secret" not in repr(web)
