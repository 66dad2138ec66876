"""What all tests share: a clean environment, and servers that start when a test asks for them."""

import os

import pytest

# Metaflow refuses to be imported as root, or where nobody is named, without this.
os.environ["METAFLOW_USER"] = "zld-tests"

from tests.machine import as_nobody, extra_data, small_disk
from tests.servers import faulty_s3, moto, rclone, rclone_url, s3_url, web

__all__ = [
    "as_nobody",
    "extra_data",
    "faulty_s3",
    "moto",
    "rclone",
    "rclone_url",
    "s3_url",
    "small_disk",
    "web",
]

OURS = {"ZLD_EXTRA_DATA", "ZLD_REGENERATE", "ZLD_ROUNDS"}
"""Variables that steer the tests themselves."""


@pytest.fixture(autouse=True)
def _environment(monkeypatch, tmp_path_factory):
    """Nothing of who runs the tests: no credentials, settings, profiles or cache of theirs."""
    for name in os.environ:
        if name.startswith(("AWS_", "ZLD_")) and name not in OURS:
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "aws-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    # All servers are on this machine.
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1,localhost")
