"""Servers when all goes wrong: busy, silent, dropped, forbidden, misnamed. One line, in time."""

import datetime as dt
import http.client
import ssl
import subprocess
import sys
import threading
import time

import pytest

from tests.servers import KEY, SECRET
from zarr_linked_data.errors import ConcurrentUpdateError, StoreError, StoreNotFoundError
from zarr_linked_data.storage import (
    open_storage,
    read_many,
    write_many,
)
from zarr_linked_data.storage.s3 import S3Place

PATIENCE_S = 0.9

CREDENTIALS = "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"


def impatient(url):
    return open_storage(url, patience_s=PATIENCE_S)


@pytest.fixture
def storage(faulty_s3):
    """A bucket with a few objects, behind a server that can fail."""
    storage = open_storage(faulty_s3.s3_url)
    write_many(storage, ((f"a/{number}", b"x" * 5000) for number in range(20)), threads=4)
    storage.honours_conditions()
    return storage


EVERYTHING = {
    "read": lambda storage: storage.read("a/1"),
    "read_tagged": lambda storage: storage.read_tagged("a/1"),
    "read_start": lambda storage: storage.read_start("a/1", 10),
    "read_range": lambda storage: storage.read_range("a/1", 1, 10),
    "write": lambda storage: storage.write("new", b"1"),
    "write_if": lambda storage: storage.write_if("newer", b"1", None),
    "delete": lambda storage: storage.delete(["a/1", "a/2"]),
    "list": lambda storage: list(storage.list()),
    "list_folder": lambda storage: storage.list_folder("a"),
    "read_many": lambda storage: list(read_many(storage, ["a/1", "a/2"])),
    "write_many": lambda storage: write_many(storage, [("x", b"1"), ("y", b"2")]),
}


def assert_refused(url, text, kind=StoreError):
    """All that one can ask is refused in one line, and in time."""
    storage = impatient(url)
    for name, do in EVERYTHING.items():
        started = time.monotonic()
        with pytest.raises(kind) as refusal:
            do(storage)
        line = str(refusal.value)
        assert text in line, f"{name}: {line}"
        assert "\n" not in line
        assert url in line
        assert "Debug" not in line
        assert len(line) < 400
        assert time.monotonic() - started < 3


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

    def test_always_503_is_one_line_in_time(self, storage, faulty_s3):
        faulty_s3.fail(status=503)
        assert_refused(storage.url, "still answers 503 after several tries. Run it again later.")

    def test_a_full_server(self, storage, faulty_s3):
        faulty_s3.fail(status=507, matches=lambda method, _: method == "PUT")
        with pytest.raises(StoreError, match=r"has no room for it .*Free some space there"):
            storage.write("new", b"1")

    def test_broken_connections(self, storage, faulty_s3):
        faulty_s3.fail("drop")
        for ask in (EVERYTHING["read"], EVERYTHING["list"], EVERYTHING["list_folder"]):
            with pytest.raises(StoreError, match=r"breaks off again and again. Check the network"):
                ask(impatient(storage.url))

    def test_silence(self, storage, faulty_s3):
        faulty_s3.fail("hang")
        for ask in (EVERYTHING["read"], EVERYTHING["write"], EVERYTHING["list"]):
            started = time.monotonic()
            with pytest.raises(StoreError, match=r"does not answer in time. Check the network"):
                ask(impatient(storage.url))
            assert time.monotonic() - started < 3

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
        with pytest.raises(StoreError):
            storage.fetch_file("a/1", tmp_path / "file")
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


class TestNames:
    def test_no_such_bucket(self, s3_url):
        storage = impatient("s3://no-such-bucket/lab.zarr")
        assert_refused(
            storage.url, "there is no such bucket on 'http://127.0.0.1:", StoreNotFoundError
        )

    def test_a_key_called_like_an_error_is_a_key(self, s3_url):
        storage = open_storage(s3_url)
        for key in ("<Code>NoSuchBucket</Code>", "status: 403", "dns error/TimedOut"):
            assert storage.read(key) is None
            storage.write(key, b"1")
            assert storage.read(key) == b"1"

    @pytest.mark.parametrize("prefix", ["a//b", "a/../b"])
    def test_a_prefix_that_is_none(self, s3_url, prefix):
        with pytest.raises(StoreError, match=r"Cannot open 's3://.*choose another prefix"):
            open_storage(f"{s3_url}/{prefix}")

    def test_control_characters(self, s3_url):
        for do in (
            lambda storage: storage.read("a\tb"),
            lambda storage: storage.write("a\nb", b""),
            lambda storage: storage.delete(["a", "a\x7fb"]),
        ):
            with pytest.raises(ValueError, match=r"take no control characters in keys. Rename it"):
                do(open_storage(s3_url))


class TestCredentials:
    @pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
    def test_wrong_ones(self, rclone_url, monkeypatch, name):
        monkeypatch.setenv(name, "another-one")
        assert_refused(rclone_url, CREDENTIALS)

    def test_half_of_them(self, monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        with pytest.raises(StoreError, match=r"only one is set. Set both"):
            open_storage("s3://lab/x")

    def test_none_at_all(self):
        started = time.monotonic()
        with pytest.raises(StoreError, match=r"no credentials for S3 were found. Set AWS_ACCESS"):
            open_storage("s3://lab/x")
        assert time.monotonic() - started < 5

    def test_none_and_an_instance_that_says_nothing(self, monkeypatch):
        monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")
        self.test_none_at_all()

    def test_a_profile_that_is_not_there(self, monkeypatch):
        monkeypatch.setenv("AWS_PROFILE", "nobodys")
        with pytest.raises(StoreError, match=r"boto3 says .*nobodys.* could not be found.*AWS_PRO"):
            open_storage("s3://lab/x")

    def test_those_of_a_profile_with_its_endpoint(self, rclone, rclone_url, monkeypatch, tmp_path):
        (tmp_path / "credentials").write_text(
            f"[lab]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
        )
        (tmp_path / "config").write_text(
            f"[profile lab]\nregion = eu-west-1\nendpoint_url = {rclone.endpoint}\n"
        )
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_PROFILE", "lab")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        storage = open_storage(rclone_url)
        write_many(storage, ((f"{number}", b"1") for number in range(10)), threads=4)
        assert storage.read("9") == b"1"

    def test_none_are_needed_for_what_is_public(self, moto, s3_url, monkeypatch):
        put_public(moto, s3_url, "a", b"1")
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
        assert open_storage(s3_url).read("a") == b"1"


def put_public(server, url, key, data):
    """Put an object that everybody may read."""
    connection = http.client.HTTPConnection(server.endpoint.removeprefix("http://"))
    path = f"/{url.removeprefix('s3://')}/{key}"
    connection.request("PUT", path, data, {"x-amz-acl": "public-read"})
    assert connection.getresponse().status == 200
    connection.close()


class TestEndpoints:
    def test_nobody_listens(self, s3_url, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
        assert_refused(s3_url, "'http://127.0.0.1:1' cannot be reached. Check that it")

    @pytest.mark.parametrize("endpoint", ["127.0.0.1:9000", "ftp://lab", "http://me:pw@lab", "x y"])
    def test_malformed(self, s3_url, monkeypatch, endpoint):
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        with pytest.raises(StoreNotFoundError, match=r"does not have the form http\(s\)://HOST:PO"):
            open_storage(s3_url)

    def test_tls_where_there_is_none(self, moto, s3_url, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL", moto.endpoint.replace("http:", "https:"))
        with pytest.raises(StoreError, match=r"does not speak TLS. Check whether AWS_ENDPOINT_URL"):
            impatient(s3_url).read("a")

    def test_a_certificate_of_an_unknown_authority(self, faulty_s3, monkeypatch, tmp_path):
        certificate = put_behind_tls(faulty_s3, tmp_path)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://localhost:{faulty_s3.server.server_port}")
        with pytest.raises(StoreError, match=r"certificate of .* is not trusted.*AWS_CA_BUNDLE"):
            impatient(faulty_s3.s3_url).read("a")
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
        impatient(faulty_s3.s3_url).write("a", b"1")
        assert impatient(faulty_s3.s3_url).read("a") == b"1"

    def test_a_ca_bundle_that_is_not_there(self, monkeypatch, s3_url):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "https://127.0.0.1:1")
        monkeypatch.setenv("AWS_CA_BUNDLE", "/nothing")
        with pytest.raises(StoreError, match=r"AWS_CA_BUNDLE names '/nothing'.*No such file"):
            open_storage(s3_url)

    def test_aws_itself_is_called_by_its_region(self, monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
        assert S3Place("s3://lab/x").server == "AWS S3 (eu-north-1)"


def put_behind_tls(proxy, folder):
    """Have a server speak TLS, with a certificate of an authority of its own; give that one's."""
    trustme = Authority(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trustme.leaf, trustme.key)
    proxy.server.socket = context.wrap_socket(
        proxy.server.socket, server_side=True, do_handshake_on_connect=False
    )
    return trustme.root


class Authority:
    """An authority that signed one certificate, for localhost."""

    def __init__(self, folder):
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        def name(text):
            return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

        def sign(subject, key, extension, *, critical):
            now = dt.datetime.now(dt.UTC)
            return (
                x509.CertificateBuilder()
                .subject_name(name(subject))
                .issuer_name(name("authority"))
                .public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(now - dt.timedelta(days=1))
                .not_valid_after(now + dt.timedelta(days=1))
                .add_extension(extension, critical=critical)
                .sign(authority_key, hashes.SHA256())
            )

        authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = sign("authority", authority_key, x509.BasicConstraints(True, None), critical=True)
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        leaf = sign("localhost", key, names, critical=False)
        pem = serialization.Encoding.PEM
        private = key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.root, self.leaf, self.key = (folder / part for part in ("root", "leaf", "key"))
        self.root.write_bytes(root.public_bytes(pem))
        self.leaf.write_bytes(leaf.public_bytes(pem))
        self.key.write_bytes(private)
