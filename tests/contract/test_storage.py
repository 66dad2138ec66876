"""What every place that holds objects must do, asked of each kind of place."""

import os
import tempfile
import zipfile

import icechunk
import obstore.store
import pytest
import zarr
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.core.sync import sync
from zarr.storage import FsspecStore, MemoryStore, ZipStore

from tests.storage_contract import (
    GROUP,
    OBJECTS,
    ListContract,
    ReadContract,
    StorageContract,
    assert_one_winner_each_round,
)
from zarr_linked_data.errors import (
    StoreError,
)
from zarr_linked_data.storage import FolderStorage, open_storage, write_many


class TestFolder(StorageContract):
    @pytest.fixture
    def storage(self, tmp_path):
        return open_storage(tmp_path / "lab.zarr", create=True)


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
        # A source may be asked by the same client while the target is written.
        ranges = (storage.read_range("whole", i, 10**6) for i in range(0, len(data), 10**6))
        storage.write("ranges", ranges)
        assert storage.read("ranges") == data
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
