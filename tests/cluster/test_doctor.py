"""What `zld doctor` says of a cluster, and of one that lacks something."""

import json
import sys

import pytest

from tests.cluster.commands import PROJECT, kubectl
from tests.terminal import ZLD


def examine(shell, **variables):
    """Give the findings, by area and name; and the exit code."""
    done = shell.run(sys.executable, "-c", ZLD, "doctor", "--json", **variables)
    found = json.loads(done.stdout)
    return {(each["area"], each["name"]): each for each in found}, done.returncode


def test_a_cluster_that_make_cluster_has_set_up_lacks_nothing(shell):
    shell.zld("fake", "--shape", "2,2", PROJECT / "data/campaign.jsonld", "lab.zarr")
    shell.zld("copy", "lab.zarr", shell.environment["ZLD_STORE"] + "/doctor.zarr")
    found, code = examine(shell)
    assert code == 0, [each for each in found.values() if each["state"] == "missing"]
    for name in ("access", "settings", "Kubernetes", "Argo", "rights", "account", "Secret"):
        assert found["Cluster", name]["state"] == "ok", name
    assert "v3.7.17" in found["Cluster", "Argo"]["found"]
    assert found["S3", "runs"]["found"] == "s3://zld/metaflow can be listed"


def line(found, area, name):
    """The one line of something that is missing."""
    finding = found[area, name]
    assert finding["state"] == "missing"
    assert "\n" not in finding["found"]
    return finding["found"]


def test_the_wrong_secret_is_one_line(shell):
    found, code = examine(shell, AWS_SECRET_ACCESS_KEY="wrong")
    assert code == 1
    assert "signature" in line(found, "S3", "store").lower()


def test_a_key_that_nobody_has_is_one_line(shell):
    found, code = examine(shell, AWS_ACCESS_KEY_ID="nobody")
    assert code == 1
    assert "AWS_ACCESS_KEY_ID" in line(found, "S3", "store") + found["S3", "store"]["todo"]


def test_a_missing_bucket_is_one_line(shell):
    root = "s3://zld-none/metaflow"
    found, code = examine(shell, METAFLOW_DATASTORE_SYSROOT_S3=root)
    assert code == 1
    assert "zld-none" in line(found, "S3", "runs")


def test_a_missing_account_is_one_line(shell):
    found, code = examine(shell, METAFLOW_KUBERNETES_SERVICE_ACCOUNT="zld-nobody")
    assert code == 1
    assert line(found, "Cluster", "account").startswith("there is no service account zld-nobody")
    assert found["Cluster", "account"]["todo"] == "Run make cluster"


def test_a_missing_secret_is_one_line(shell):
    found, code = examine(shell, METAFLOW_KUBERNETES_SECRETS="zld-none")
    assert code == 1
    assert line(found, "Cluster", "Secret").startswith("there is no secret zld-none")
    assert found["Cluster", "Secret"]["todo"] == "Run make secrets"


@pytest.fixture
def stranger(shell, tmp_path):
    """A shell with the token of an account that may nothing."""
    token = kubectl("create", "token", "zld-runner").strip()
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
    config["users"] = [{"name": "x", "user": {"token": token}}]
    config["contexts"][0]["context"]["user"] = "x"
    (tmp_path / "config.json").write_text(json.dumps(config))
    return {"KUBECONFIG": str(tmp_path / "config.json")}


def test_an_account_that_may_not_deploy_is_told_which_role_it_lacks(shell, stranger):
    found, code = examine(shell, **stranger)
    assert code == 1
    assert "may not get workflowtemplates" in line(found, "Cluster", "rights")
    assert found["Cluster", "rights"]["todo"] == "Bind this account to the Role zld-deployer"
    done = shell.run(sys.executable, "-c", ZLD, "runs", "list", **stranger)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Cannot list workflows in namespace 'argo': ")
    assert "zld-deployer" in done.stderr


def test_a_cluster_that_does_not_answer_is_one_line(shell, tmp_path):
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "gone.json").write_text(json.dumps(config))
    found, code = examine(shell, KUBECONFIG=str(tmp_path / "gone.json"))
    assert code == 1
    assert "the cluster at https://127.0.0.1:1 does not answer" in line(
        found, "Cluster", "Kubernetes"
    )
