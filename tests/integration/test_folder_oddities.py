"""What a folder may hold that no store should, and what is built aside in it."""

import errno
import os
from pathlib import Path

import pytest

from tests.programs import names
from zarr_linked_data.errors import ConcurrentUpdateError, StoreError, StoreNotFoundError
from zarr_linked_data.storage import open_file, open_storage
from zarr_linked_data.storage.files import file_error


@pytest.fixture
def root(tmp_path):
    (tmp_path / "lab.zarr").mkdir()
    return tmp_path / "lab.zarr"


@pytest.fixture
def storage(root):
    return open_storage(root)


class TestOdd:
    def test_links_to_folders_are_followed(self, storage, root, tmp_path):
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere/zarr.json").write_bytes(b"{}")
        (root / "link").symlink_to(tmp_path / "elsewhere")
        (root / "dangling").symlink_to(tmp_path / "nothing")
        assert [found.key for found in storage.list()] == ["link/zarr.json"]

    def test_links_that_lead_back_up_are_refused(self, storage, root):
        storage.write("a/b/object", b"")
        (root / "a/b/up").symlink_to(root / "a")
        with pytest.raises(StoreError, match=r"'a/b/up'.*links lead in a circle. Remove the link"):
            list(storage.list())
        (root / "a/b/up").unlink()
        (root / "self").symlink_to("self")
        with pytest.raises(StoreError, match="links lead in a circle"):
            list(storage.list())

    def test_names_that_are_no_unicode(self, storage, root):
        os.close(os.open(os.fsencode(root) + b"/\xff", os.O_CREAT))
        for do in (lambda: list(storage.list()), lambda: storage.list_folder("")):
            with pytest.raises(StoreError, match=r"the name b'\\xff' is not UTF-8. Rename it"):
                do()

    def test_pipes_are_no_objects(self, storage, root):
        os.mkfifo(root / "pipe")
        assert storage.read("pipe") is None
        assert list(storage.list()) == []

    def test_a_name_that_is_too_long(self, storage):
        assert storage.read("x" * 300) is None
        with pytest.raises(StoreError, match=r"name is too long for this file system. Choose a sh"):
            storage.write("x" * 300, b"")

    def test_a_file_where_a_folder_should_be(self, storage):
        storage.write("a", b"")
        with pytest.raises(StoreError, match=r"'a/b'.*a file is where a folder should be. Move"):
            storage.write("a/b", b"")
        storage.write("c/d", b"")
        with pytest.raises(StoreError, match=r"'c'.*a folder has that name. Move that folder"):
            storage.write("c", b"")

    def test_a_store_that_is_gone_is_not_an_empty_one(self, storage, root):
        root.rmdir()
        with pytest.raises(StoreError, match="removed meanwhile"):
            list(storage.list())
        with pytest.raises(StoreError, match="removed meanwhile"):
            storage.write("a", b"")
        assert not root.exists()

    def test_a_link_to_another_disk(self, storage, root, small_disk):
        (root / "far").symlink_to(small_disk)
        with pytest.raises(StoreError, match=r"another file system. Keep a store on one"):
            storage.write("far/object", b"")
        assert storage.list_folder("far") == ([], [])

    def test_a_file_to_put_that_is_not_there(self, storage, tmp_path):
        with pytest.raises(StoreError, match=r"Cannot read 'nothing'"):
            storage.write_file("object", tmp_path / "nothing")
        assert list(storage.list()) == []

    def test_parts_of_another_process_with_our_number_are_left_alone(self, storage, root):
        storage.write("first", b"")
        parts = root / "__zld/parts"
        for number in range(200_000, 0, -10_000):
            (parts / f"{os.getpid()}-{number}").write_bytes(b"theirs")
        storage.write("object", b"mine")
        assert storage.read("object") == b"mine"

    @pytest.mark.parametrize(
        ("number", "text"),
        [
            (errno.ENOLCK, "has no locks. Use a folder on a local disk, or a bucket."),
            (errno.EOPNOTSUPP, "has no locks. Use a folder on a local disk, or a bucket."),
            (errno.EROFS, "is read-only. Copy the store elsewhere with `zld copy`."),
            (errno.EDQUOT, "quota is used up. Free some space"),
            (errno.EIO, "the system says 'Input/output error'. Check the disk"),
            (errno.EMFILE, "too many files are open. Raise `ulimit -n`."),
        ],
    )
    def test_what_the_system_says_comes_with_what_to_do(self, number, text):
        error = file_error("lock", "", "/lab", OSError(number, os.strerror(number)))
        assert str(error).startswith("Cannot lock '/lab': ")
        assert text in str(error)


class TestParts:
    def test_a_file_is_built_aside_and_then_adopted(self, storage, root):
        with storage.part() as part:
            part.write_bytes(b"built")
            assert list(storage.list("a")) == []
            storage.adopt(part, "a/object")
        assert storage.read("a/object") == b"built"
        with storage.part() as part:
            part.write_bytes(b"given up")
        with storage.lock():
            pass
        assert names(root) == ["a"]

    def test_a_durable_write_is_like_any_other(self, storage):
        storage.write("a/b", b"1", durable=True)
        storage.write_if("a/b", b"2", storage.read_tagged("a/b")[1], durable=True)
        with pytest.raises(ConcurrentUpdateError):
            storage.write_if("a/b", b"3", None, durable=True)
        assert storage.read("a/b") == b"2"

    def test_the_file_systems_clock_is_that_of_its_files(self, storage, root):
        before = storage.clock_ns()
        storage.write("object", b"")
        assert before <= (root / "object").stat().st_mtime_ns <= storage.clock_ns()


class TestSingleFile:
    def test_is_put_beside_nothing_of_ours(self, tmp_path):
        folder, name = open_file(str(tmp_path / "x.npy"))
        folder.write(name, b"1")
        assert folder.read(name) == b"1"
        assert names(tmp_path) == ["x.npy"]

    def test_needs_its_folder(self, tmp_path):
        with pytest.raises(StoreNotFoundError, match="no such folder"):
            open_file(tmp_path / "nothing/x.npy")

    def test_may_be_in_a_bucket(self, s3_url):
        folder, name = open_file(f"{s3_url}/x.npy")
        folder.write(name, b"1")
        assert open_storage(s3_url).read("x.npy") == b"1"

    def test_home_is_known(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        assert open_file(Path("~/x.npy"))[0].url == str(tmp_path)
