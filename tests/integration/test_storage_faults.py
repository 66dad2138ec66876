"""A folder when all goes wrong: killed, full, forbidden, odd; each error has a way out."""

import errno
import os
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.rounds import ROUNDS
from zarr_linked_data.errors import ConcurrentUpdateError, StoreError, StoreNotFoundError
from zarr_linked_data.storage import open_file, open_storage
from zarr_linked_data.storage.files import file_error

NOBODY = 65534


@pytest.fixture
def root(tmp_path):
    # pytest's own folders are closed to other users.
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    (tmp_path / "lab.zarr").mkdir()
    return tmp_path / "lab.zarr"


@pytest.fixture
def storage(root):
    return open_storage(root)


@contextmanager
def program(code, *arguments):
    """Run Python, as long as the block, with code that finds `storage` at the first argument."""
    begin = "import sys, os, time\nfrom zarr_linked_data.storage import open_storage\n"
    opened = "storage = open_storage(sys.argv[1])\n"
    text = begin + opened + textwrap.dedent(code)
    command = [sys.executable, "-c", text, *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def output_of(code, *arguments):
    """Run such a program to its end, and give what it printed."""
    with program(code, *arguments) as process:
        out, err = process.communicate(timeout=60)
    assert err == ""
    return out.strip()


def refusal_of(code, *arguments, user=None):
    """Give the one line with which such a program is refused, maybe as another user."""
    become = f"os.setegid({user}); os.seteuid({user})\n" if user is not None else ""
    lines = textwrap.indent(textwrap.dedent(code).strip(), "    ")
    line = output_of(
        f"{become}try:\n{lines}\nexcept OSError as error:\n    print(type(error).__name__, error)",
        *arguments,
    )
    assert line
    assert "\n" not in line
    return line


def names(folder):
    """Name what is in a folder."""
    return sorted(path.name for path in folder.iterdir())


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


@pytest.fixture
def small_disk(tmp_path):
    """A disk of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


class TestFull:
    def test_a_full_disk_keeps_the_old_object_and_leaves_no_part(self, small_disk):
        storage = open_storage(small_disk)
        storage.write("a/object", b"old")
        for data in (bytes(2_000_000), iter([bytes(700_000)] * 3)):
            with pytest.raises(StoreError, match=r"'a/object'.*the disk is full\. Free some space"):
                storage.write("a/object", data)
        assert storage.read("a/object") == b"old"
        assert [found.key for found in storage.list()] == ["a/object"]
        storage.write("b/object", bytes(500_000))

    def test_a_full_disk_at_the_other_end_of_a_download(self, storage, small_disk):
        storage.write("object", bytes(2_000_000))
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
