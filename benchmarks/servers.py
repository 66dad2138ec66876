"""An S3 server for as long as a measurement takes, maybe with a network's delay before it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import boto3

from benchmarks.processes import PROJECT

KEY, SECRET = "benchmark", "benchmark-secret"

START_S = 30.0
"""How long a server may take to start."""

MEMORY = Path("/dev/shm")  # noqa: S108 - only read by the server that we start
MEMORY_BYTES = 2 * 10**9
"""What the largest measurement puts there, and room to spare."""

_numbers = count(1)


@dataclass(frozen=True)
class S3Server:
    """A running server."""

    name: str
    """Which program it is, and of what version."""
    endpoint: str

    @property
    def env(self) -> dict[str, str]:
        """The variables by which every S3 client finds it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
        }

    def make_bucket(self) -> str:
        """Make a new bucket, and give the URL of a store in it."""
        bucket = f"lab-{next(_numbers)}"
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
        )
        client.create_bucket(Bucket=bucket)
        return f"s3://{bucket}/campaign.zarr"


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run an empty MinIO if it is on the PATH or named by ZLD_MINIO, else `rclone serve s3`.

    Its disk is in memory where there is room, so that a server that waits for its disk at each
    object does not hide what its clients need.
    """
    with tempfile.TemporaryDirectory(dir=_memory(), prefix="zld-s3-") as folder:
        disk, port = Path(folder, "disk"), _free_port()
        disk.mkdir()
        name, command, env = _minio(disk, port) or _rclone(disk, port)
        with _running(command, port, env):
            yield S3Server(name, f"http://127.0.0.1:{port}")


def _memory() -> Path | None:
    """Name a folder in memory, if there is one with room enough."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES
    return MEMORY if roomy else None


@contextmanager
def memory_server() -> Iterator[S3Server]:
    """Run our own server, which is faster than its clients."""
    port = _free_port()
    with _running([sys.executable, "-m", "benchmarks.memory_s3", str(port)], port):
        yield S3Server("a server in memory", f"http://127.0.0.1:{port}")


Start = tuple[str, list[str], dict[str, str]]
"""A server's name, its command and its variables."""


def _minio(disk: Path, port: int) -> Start | None:
    """Say how to start MinIO, if it is there."""
    program = os.environ.get("ZLD_MINIO") or shutil.which("minio")
    if program is None:
        return None
    command = [program, "server", str(disk), "--quiet", "--address", f"127.0.0.1:{port}"]
    env = {"MINIO_ROOT_USER": KEY, "MINIO_ROOT_PASSWORD": SECRET, "MINIO_BROWSER": "off"}
    return _version([program, "--version"]), command, env


def _rclone(disk: Path, port: int) -> Start:
    """Say how to start rclone, which is installed with the test tools."""
    path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"
    program = shutil.which("rclone", path=path)
    if program is None:
        raise RuntimeError(
            "No S3 server: there is neither minio nor rclone. Run it by `make bench`."
        )
    options = ["--auth-key", f"{KEY},{SECRET}", "--config", str(disk.parent / "none.conf")]
    options += ["--cache-dir", str(disk.parent / "cache")]
    command = [program, "serve", "s3", "--addr", f"127.0.0.1:{port}", *options, str(disk)]
    return f"{_version([program, 'version'])} serve s3", command, {}


def _version(command: Sequence[str]) -> str:
    """Give a program's name and version from the first line of what it says."""
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    name, version = said.splitlines()[0].replace(" version ", " ").split()[:2]
    return f"{name} {version}"


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


@contextmanager
def _running(command: list[str], port: int, env: dict[str, str] | None = None) -> Iterator[None]:
    """Run a server, from when it listens to the end of the block."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=PROJECT, env=os.environ | (env or {})
        )
        try:
            deadline = time.monotonic() + START_S
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise RuntimeError(f"{command[0]} did not start: {log.read()[-500:]!r}")
                time.sleep(0.05)
            yield
        finally:
            _end(process)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def far_away(server: S3Server, delay_ms: int) -> Iterator[S3Server]:
    """Give the same server at the end of a network on which a round trip takes so long."""
    near, port = _free_port(), server.endpoint.rpartition(":")[2]
    command = [sys.executable, "-m", "benchmarks.delay", str(near), port, str(delay_ms)]
    with _running(command, near):
        yield S3Server(f"{server.name}, {delay_ms} ms away", f"http://127.0.0.1:{near}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a server that we started."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
