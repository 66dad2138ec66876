"""Finding the way to S3: names, credentials, endpoints; what is wrong is said in one line."""

import http.client
import time

import pytest

from tests.authority import put_behind_tls
from tests.refusals import CREDENTIALS, assert_refused, impatient
from tests.servers import KEY, SECRET
from zarr_linked_data.errors import StoreError, StoreNotFoundError
from zarr_linked_data.storage import open_storage, write_many
from zarr_linked_data.storage.s3 import S3Place


class TestNames:
    def test_no_such_bucket(self, s3_url):
        line = "there is no such bucket on 'http://127.0.0.1:"
        assert_refused("s3://no-such-bucket/lab.zarr", line, kind=StoreNotFoundError)

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
