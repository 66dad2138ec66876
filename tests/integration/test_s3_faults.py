"""S3 when all goes wrong: busy, silent, dropped, forbidden. One line, in time."""

import subprocess
import sys
import threading

import pytest

from tests.refusals import CREDENTIALS, PATIENCE_S, assert_refused, impatient
from zarr_linked_data.errors import ConcurrentUpdateError, StoreError
from zarr_linked_data.storage import open_storage, read_many, write_many


@pytest.fixture
def storage(faulty_s3):
    """A bucket with a few objects, behind a server that can fail."""
    storage = open_storage(faulty_s3.s3_url)
    write_many(storage, ((f"a/{number}", b"x" * 5000) for number in range(20)), threads=4)
    storage.honours_conditions()
    return storage


class TestTrouble:
    @pytest.mark.parametrize("fault", ["status", "drop", "lose"])
    def test_now_and_then_is_not_noticed(self, storage, faulty_s3, fault):
        faulty_s3.fail(fault, every=3)
        for number in range(20):
            assert storage.read(f"a/{number}") == b"x" * 5000
            storage.write(f"b/{number}", b"y")
        assert len(list(storage.list())) == 40
        assert len(storage.list_folder("a")[1]) == 20
        storage.delete([f"b/{number}" for number in range(20)])
        assert [data for _, data, _ in read_many(storage, ["a/1", "b/1"])] == [b"x" * 5000, None]

    def test_a_connection_that_breaks_ends_no_write_under_a_condition(self, faulty_s3, tmp_path):
        # MinIO closes the connection on which it refused a write: some of the next ones meet that.
        faulty_s3.fail("slam", matches=lambda method, _: method == "PUT")
        for number in range(60):
            storage = open_storage(faulty_s3.s3_url, cache=tmp_path / str(number))
            assert storage.honours_conditions()
        for tag, data in [(None, b"one"), ("own", b"two"), ("own", b"three")]:
            known = storage.read_start("key", 1)[1].tag if tag else None
            storage.write_if("key", data, known)
            assert storage.read("key") == data
        with pytest.raises(ConcurrentUpdateError):
            storage.write_if("key", b"four", None)

    def test_always_503_is_one_line_in_time(self, storage, faulty_s3):
        faulty_s3.fail(status=503)
        assert_refused(storage.url, "still answers 503 after several tries. Run it again later.")

    def test_a_full_server(self, storage, faulty_s3):
        faulty_s3.fail(status=507, matches=lambda method, _: method == "PUT")
        with pytest.raises(StoreError, match=r"has no room for it .*Free some space there"):
            impatient(storage.url).write("new", b"1")

    def test_broken_connections(self, storage, faulty_s3):
        faulty_s3.fail("drop")
        line = "breaks off again and again. Check the network and run it again."
        assert_refused(storage.url, line, ("read", "list", "list_folder", "delete"))

    def test_silence(self, storage, faulty_s3):
        faulty_s3.fail("hang")
        assert_refused(storage.url, "does not answer in time. Check the network")

    def test_refused_permission(self, storage, faulty_s3):
        faulty_s3.fail(status=403)
        assert_refused(
            storage.url, f"{CREDENTIALS}, or ask the bucket's owner for the right to it."
        )

    def test_reading_is_allowed_and_writing_is_not(self, storage, faulty_s3, tmp_path):
        faulty_s3.fail(status=403, matches=lambda method, _: method in {"PUT", "DELETE", "POST"})
        other = open_storage(storage.url, patience_s=PATIENCE_S, cache=tmp_path)
        assert other.read("a/1")
        assert not other.writable()
        faulty_s3.heal()
        assert open_storage(storage.url, cache=tmp_path).writable()

    def test_another_region(self, storage, faulty_s3):
        faulty_s3.fail(status=301)
        assert_refused(storage.url, "in another region. Set AWS_REGION to the bucket's region.")

    def test_large_answers_are_taken_up_where_they_broke(self, storage, faulty_s3, tmp_path):
        storage.write("large", bytes(range(256)) * 100_000)
        faulty_s3.fail("drop", every=2)
        storage.fetch_file("large", tmp_path / "large")
        assert (tmp_path / "large").read_bytes() == bytes(range(256)) * 100_000

    def test_a_download_that_breaks_for_good_leaves_no_file(self, storage, faulty_s3, tmp_path):
        faulty_s3.fail("drop")
        with pytest.raises(StoreError, match="breaks off again and again"):
            impatient(storage.url).fetch_file("a/1", tmp_path / "file")
        assert list(tmp_path.glob("file*")) == []

    def test_a_failure_ends_the_reading_of_many(self, storage, faulty_s3):
        faulty_s3.fail(status=403, matches=lambda _, path: path.endswith("/a/3"))
        reading = read_many(storage, (f"a/{number}" for number in range(20)))
        assert [next(reading)[0] for _ in range(3)] == ["a/0", "a/1", "a/2"]
        with pytest.raises(StoreError, match="'a/3'"):
            next(reading)
        assert not [t for t in threading.enumerate() if t.name.startswith("zld-storage")]

    def test_many_are_read_no_further_than_needed(self, storage):
        asked = []

        def keys():
            for number in range(10_000):
                asked.append(number)
                yield f"a/{number % 20}"

        reading = read_many(storage, keys(), threads=2)
        next(reading)
        reading.close()
        assert len(asked) < 20


class TestConditions:
    def test_a_lost_answer_is_no_conflict(self, storage, faulty_s3):
        put = {"matches": lambda method, path: method == "PUT" and "/a/" in path}
        faulty_s3.fail("lose", every=2, **put)
        storage.write_if("a/new", b"mine", None)
        faulty_s3.fail("lose", every=2, **put)
        storage.write_if("a/new", b"mine again", storage.read_tagged("a/new")[1])
        assert storage.read("a/new") == b"mine again"

    def test_a_server_that_answers_501_is_asked_without(self, faulty_s3, tmp_path):
        faulty_s3.knows_conditions = False
        storage = open_storage(faulty_s3.s3_url, patience_s=PATIENCE_S, cache=tmp_path)
        assert not storage.honours_conditions()
        storage.write_if("a", b"1", None)
        with pytest.raises(ConcurrentUpdateError):
            storage.write_if("a", b"2", None)
        assert [found.key for found in storage.list()] == ["a"]


class TestMultipart:
    def test_a_killed_upload_shows_no_object(self, s3_url):
        code = """
import sys, time
from zarr_linked_data.storage import objects, open_storage
objects.SINGLE_PUT, objects.MULTIPART_PIECE = 2**20, 5 * 2**20
def pieces():
    for _ in range(8):
        yield bytes(2**20)
    print("go", flush=True)
    time.sleep(60)
open_storage(sys.argv[1]).write("large", pieces())
"""
        command = [sys.executable, "-c", code, s3_url]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"go\n"
            process.kill()
        assert list(open_storage(s3_url).list()) == []
        assert open_storage(s3_url).read("large") is None
