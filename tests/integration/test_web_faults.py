"""A web server when all goes wrong: what is said, and what is not noticed."""

import time

import pytest

from tests.authority import put_behind_tls
from tests.faulty import faulty_proxy
from tests.refusals import impatient
from zarr_linked_data.errors import StoreError, StoreNotFoundError
from zarr_linked_data.storage import FolderStorage, open_storage, read_many


@pytest.fixture
def faulty_web(web):
    """A web server with one object, that can fail."""
    FolderStorage(web.root).write("lab/object", b"x" * 5000)
    with faulty_proxy(web.url.removeprefix("http://")) as proxy:
        yield proxy


def assert_refused(url, text):
    """Reading is refused in one line, and in time."""
    for ask in (
        lambda storage: storage.read("object"),
        lambda storage: storage.read_range("object", 1, 2),
        lambda storage: list(read_many(storage, ["object", "object"])),
    ):
        started = time.monotonic()
        with pytest.raises(StoreError) as refusal:
            ask(impatient(url))
        assert f"Cannot read 'object' in '{url}': {text}" in str(refusal.value)
        assert "\n" not in str(refusal.value)
        assert time.monotonic() - started < 3


@pytest.mark.parametrize("fault", ["status", "drop", "lose"])
def test_trouble_now_and_then_is_not_noticed(faulty_web, fault, tmp_path):
    faulty_web.fail(fault, every=2)
    storage = open_storage(f"{faulty_web.endpoint}/lab")
    for _ in range(5):
        assert storage.read("object") == b"x" * 5000
        assert storage.read_range("object", 10, 20) == b"x" * 20
        assert storage.read("nothing") is None
        storage.fetch_file("object", tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == b"x" * 5000


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (503, "the server still answers 503 after several tries. Try it later."),
        (403, "the server refuses (403). Check the address; a password goes as https://USER:"),
        (400, "the server answers 400. Check the address."),
    ],
)
def test_a_refusal_is_one_line(faulty_web, status, text):
    faulty_web.fail(status=status)
    assert_refused(f"{faulty_web.endpoint}/lab", text)


def test_silence_and_broken_connections(faulty_web):
    faulty_web.fail("hang")
    assert_refused(f"{faulty_web.endpoint}/lab", "the server does not answer in time. Check the")
    faulty_web.fail("drop")
    assert_refused(f"{faulty_web.endpoint}/lab", "the connection breaks off again and again.")


def test_nobody_listens():
    assert_refused("http://127.0.0.1:1/lab", "the server cannot be reached. Check the address")


def test_an_address_without_a_server():
    with pytest.raises(StoreNotFoundError, match=r"it names no server. Write http\(s\)://HOST/"):
        open_storage("http:///lab")


def test_what_is_gone_is_missing(faulty_web):
    faulty_web.fail(status=410)
    assert impatient(f"{faulty_web.endpoint}/lab").read("object") is None


def test_redirects_in_a_circle(web):
    web.redirects_from, web.redirects_to = "/round", "/round"
    assert_refused(f"{web.url}/round", "the server redirects in a circle. Check the address.")


def test_a_broken_download_leaves_no_file(faulty_web, tmp_path):
    faulty_web.fail("drop")
    with pytest.raises(StoreError, match="breaks off again and again"):
        impatient(f"{faulty_web.endpoint}/lab").fetch_file("object", tmp_path / "file")
    assert list(tmp_path.glob("file*")) == []


def test_a_password_is_passed_on_and_never_shown(web):
    FolderStorage(web.root).write("lab/object", b"1")
    web.password = "p@ss word"
    assert_refused(f"{web.url}/lab", "the server refuses (401)")
    storage = open_storage(f"{web.url}/lab".replace("//", "//ada:p%40ss%20word@"))
    assert storage.read("object") == b"1"
    assert "ada" not in storage.url


def test_a_query_is_passed_on(web):
    FolderStorage(web.root).write("lab/object", b"1")
    assert open_storage(f"{web.url}/lab?token=abc").read("object") == b"1"
    assert web.requests == ["/lab/object?token=abc"]


def test_a_certificate_of_an_unknown_authority(faulty_web, tmp_path, monkeypatch):
    authority = put_behind_tls(faulty_web, tmp_path)
    url = f"https://localhost:{faulty_web.server.server_port}/lab"
    assert_refused(url, "its TLS certificate is not trusted, or it speaks no TLS. Check http://")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    assert open_storage(url).read("object") == b"x" * 5000
