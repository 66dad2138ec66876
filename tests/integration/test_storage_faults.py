"""A folder when all goes wrong: killed, full, forbidden, odd; each error has a way out."""

import os
import threading
import time

import pytest

from tests.programs import names, output_of, program, refusal_of
from tests.rounds import ROUNDS
from zarr_linked_data.errors import StoreError
from zarr_linked_data.storage import open_storage

NOBODY = 65534


@pytest.fixture
def root(tmp_path):
    # pytest's own folders are closed to other users.
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o777 == 0o700:
            folder.chmod(0o755)
    (tmp_path / "lab.zarr").mkdir()
    return tmp_path / "lab.zarr"


@pytest.fixture
def storage(root):
    return open_storage(root)


class TestKilled:
    @pytest.mark.long
    @pytest.mark.parametrize("seed", range(ROUNDS))
    def test_a_write_killed_at_any_moment_leaves_the_old_object_or_the_new(self, storage, seed):
        states = {bytes([letter]) * 3_000_000 for letter in b"ab"}
        storage.write("object", min(states))
        code = """
            print("go", flush=True)
            while True:
                for letter in b"ab":
                    storage.write("object", bytes([letter]) * 3_000_000)
        """
        with program(code, storage.url) as process:
            process.stdout.readline()
            time.sleep(0.001 * (seed % 10) + 0.002)
            process.kill()
        assert storage.read("object") in states
        with storage.lock():
            storage.clean_parts()
        assert names(storage.root) == ["object"]

    def test_a_killed_holder_frees_the_lock(self, storage):
        code = """
            with storage.lock():
                print("locked", flush=True)
                time.sleep(60)
        """
        with program(code, storage.url) as process:
            assert process.stdout.readline() == "locked\n"
            process.kill()
            with storage.lock():
                assert process.wait() != 0

    def test_cleaning_by_others_never_costs_an_object(self, storage):
        code = """
            print("go", flush=True)
            while True:
                storage.clean_parts()
                time.sleep(0.002)
        """
        with program(code, storage.url) as cleaning:
            cleaning.stdout.readline()
            for number in range(1000):
                storage.write(f"object{number}", b"x" * 1000)
        assert len(list(storage.list())) == 1000


class TestLock:
    def test_the_second_waits(self, storage):
        order = []

        def wait():
            with open_storage(storage.root).lock():
                order.append("second")

        waiting = threading.Thread(target=wait)
        with storage.lock():
            waiting.start()
            time.sleep(0.1)
            order.append("first")
        waiting.join()
        assert order == ["first", "second"]

    def test_who_waits_gets_the_lock_of_the_folder_that_has_the_name_then(self, storage, tmp_path):
        def replace():
            storage.root.rename(tmp_path / "old")
            storage.root.mkdir()

        entered = threading.Event()

        def wait():
            with open_storage(storage.root).lock():
                entered.set()

        waiting = threading.Thread(target=wait)
        with storage.lock():
            waiting.start()
            time.sleep(0.1)
            replace()
            with storage.lock():
                pass  # the new folder's lock is free, and the other one still waits for the old
            assert not entered.is_set()
        waiting.join()
        assert entered.is_set()

    def test_a_lock_leaves_no_file(self, storage):
        with storage.lock():
            assert names(storage.root) == []


class TestFull:
    def test_a_full_disk_keeps_the_old_object_and_leaves_no_part(self, small_disk):
        storage = open_storage(small_disk)
        storage.write("a/object", b"old")
        for data in (bytes(8_000_000), iter([bytes(1_000_000)] * 8)):
            with pytest.raises(StoreError, match=r"'a/object'.*the disk is full\. Free some space"):
                storage.write("a/object", data)
        assert storage.read("a/object") == b"old"
        assert [found.key for found in storage.list()] == ["a/object"]
        storage.write("b/object", bytes(2_000_000))

    def test_a_full_disk_at_the_other_end_of_a_download(self, storage, small_disk):
        storage.write("object", bytes(8_000_000))
        with pytest.raises(StoreError, match=r"Cannot write 'copy'.*the disk is full"):
            storage.fetch_file("object", small_disk / "copy")
        assert names(small_disk) == []

    def test_a_file_that_grows_beyond_the_limit(self, storage):
        storage.write("object", b"old")
        line = refusal_of(
            """
            import resource
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
            storage.write("object", bytes(200_000))
            """,
            storage.url,
        )
        assert "StoreError Cannot write 'object'" in line
        assert "larger than the system allows. Raise `ulimit -f`" in line
        assert storage.read("object") == b"old"
        assert [found.key for found in storage.list()] == ["object"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
class TestForbidden:
    def test_reading(self, storage, root):
        storage.write("object", b"")
        (root / "object").chmod(0o600)
        line = refusal_of("storage.read('object')", root, user=NOBODY)
        assert "Cannot read 'object'" in line
        assert "permission is denied. Ask the folder's owner for the right to read." in line

    @pytest.mark.parametrize(
        "code",
        [
            "storage.write('a/object', b'new')",
            "storage.write_if('b', b'new', None)",
            "storage.delete(['object'])",
            "storage.part().__enter__()",
        ],
    )
    def test_writing(self, storage, root, code):
        storage.write("object", b"old")
        line = refusal_of(code, root, user=NOBODY)
        assert "permission is denied. Ask the folder's owner for the right to write." in line
        assert [found.key for found in storage.list()] == ["object"]

    def test_listing_stops_at_a_closed_folder(self, storage, root):
        storage.write("a/object", b"")
        storage.write("open/object", b"")
        (root / "a").chmod(0o700)
        for code in ("list(storage.list())", "storage.list_folder('a')"):
            line = refusal_of(code, root, user=NOBODY)
            assert "Cannot list 'a'" in line
            assert "permission is denied" in line

    def test_locking_a_closed_folder(self, root):
        code = f"os.setegid({NOBODY}); os.seteuid({NOBODY})\nstorage.lock().__enter__()"
        root.chmod(0o700)
        assert "Cannot lock" in refusal_of(code, root)

    def test_what_may_be_written_is_known_before(self, root):
        code = f"os.setegid({NOBODY}); os.seteuid({NOBODY})\nprint(storage.writable())"
        assert output_of(code, root) == "False"
        root.chmod(0o777)
        assert output_of(code, root) == "True"
        (root / "__zld").mkdir()
        assert output_of(code, root) == "False"
