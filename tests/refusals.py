"""What a place says when it refuses: one line, in time, whatever it is asked."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from zarr_linked_data.errors import StoreError
from zarr_linked_data.storage import open_storage, read_many, write_many

PATIENCE_S = 0.9

CREDENTIALS = "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"


def impatient(url):
    """Open a place that may fail, without waiting long for it."""
    return open_storage(url, patience_s=PATIENCE_S)


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


def refusal_of(url, name, kind=StoreError):
    """Ask one thing, and give the line with which it is refused."""
    storage = impatient(url)
    started = time.monotonic()
    with pytest.raises(kind) as refusal:
        EVERYTHING[name](storage)
    assert time.monotonic() - started < 3
    line = str(refusal.value)
    assert url in line
    assert "\n" not in line
    assert "Debug" not in line
    assert len(line) < 400
    return line


def assert_refused(url, text, names=tuple(EVERYTHING), kind=StoreError):
    """All that one can ask is refused in one line, and in time."""
    with ThreadPoolExecutor(len(names)) as pool:
        lines = pool.map(lambda name: refusal_of(url, name, kind), names)
        for name, line in zip(names, lines, strict=True):
            assert text in line, name
