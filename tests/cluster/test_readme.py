"""The README's way from a cluster to a flow on it, every command as it is written."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.commands import OVERLAY, PROJECT

README = (PROJECT / "README.md").read_text()

STORE = "s3://zld/lab.zarr"
FILE = "s3://zld/sample.npy"

REMOVE = """
import sys
from zarr_linked_data.storage import open_storage
for url in sys.argv[1:]:
    storage = open_storage(url.rpartition("/")[0])
    name = url.rpartition("/")[2]
    storage.delete([found.key for found in storage.list() if found.key.startswith(name)])
"""


@pytest.fixture
def place(shell, tmp_path):
    """A clone with what `make install` puts there, and a cluster without the store."""
    ignored = shutil.ignore_patterns(".git", ".venv", ".metaflow", "__pycache__", "stores")
    clone = shutil.copytree(PROJECT, tmp_path / "clone", ignore=ignored)
    (clone / ".venv").symlink_to(Path(sys.prefix))
    for name in ("requirements.txt", "requirements-dev.txt"):
        os.utime(clone / name, (0, 0))  # else make would install the clone into that environment
    shell.succeed(sys.executable, "-c", REMOVE, STORE, FILE)
    return clone


def commands():
    """Give the commands of the README's blocks for a cluster."""
    return "\n".join(re.findall(r"^```sh cluster\n(.*?)^```", README, re.DOTALL | re.MULTILINE))


def test_from_a_cluster_to_an_array_by_the_commands_of_the_readme(place):
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "METAFLOW_")) and name != "ZLD_STORE"
    }
    home = {"METAFLOW_HOME": str(place / "home"), "METAFLOW_USER": "tests", "OVERLAY": OVERLAY}
    ports = "until (exec 3<>/dev/tcp/localhost/9000) 2>/dev/null; do sleep 0.2; done"
    script = commands().replace("make forward &", f"make forward & {ports} #")
    log = place / "said"  # a pipe would stay open as long as `make forward` runs
    with (
        log.open("w") as output,
        subprocess.Popen(
            ["bash", "-ec", script],
            cwd=place,
            env=environment | home,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            process.wait(timeout=1500)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
    said = log.read_text()
    assert process.returncode == 0, said
    assert "Nothing is missing." in said or "missing" not in said
    assert re.search(r"uri\thttps://lab.example/id/sample1\n", said), said
    assert re.search(r"run\tRetrievalFlow/argo-retrievalflow-\w+\ntasks\t3\n", said), said
