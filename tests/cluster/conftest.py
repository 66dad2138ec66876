"""A real cluster that KUBECONFIG names, with our manifests applied by the commands of a user."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cluster.commands import PROJECT, STORE, Shell, forwarded, kubectl, make


def pytest_collection_modifyitems(items):
    """Skip, with the reason, where there is no cluster."""
    reason = None
    if shutil.which("kubectl") is None:
        reason = "kubectl is not installed"
    elif not os.environ.get("KUBECONFIG"):
        reason = "KUBECONFIG names no cluster: see local_dev/README.md"
    for item in items:
        if reason and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session", autouse=True)
def applied():
    """The cluster with our manifests, as `make secrets cluster` leaves it, and no flows yet."""
    make("secrets")
    make("cluster")
    # Metaflow lets nobody replace what another user has deployed.
    kubectl("delete", "cronworkflows,workflowtemplates,workflows", "--all")


@pytest.fixture(scope="session")
def s3(applied):
    """The environment of programs here that use the cluster's MinIO, by `make cluster-env`."""
    lines = make("cluster-env")
    with forwarded("minio", 9000) as port:
        printed = subprocess.run(
            ["bash", "-c", f"{lines}\nenv -0"], capture_output=True, text=True, check=True
        ).stdout
        environment = dict(pair.split("=", 1) for pair in printed.split("\0") if pair)
        yield environment | {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "METAFLOW_S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "METAFLOW_USER": "tests",
        }


@pytest.fixture
def shell(s3, tmp_path):
    """A user's shell with the cluster's settings."""
    (tmp_path / ".metaflow").mkdir()
    home = {"HOME": str(tmp_path), "METAFLOW_HOME": str(tmp_path / "home"), "ZLD_STORE": STORE}
    return Shell(s3 | home | {"PYTHONPATH": str(PROJECT)}, tmp_path)
