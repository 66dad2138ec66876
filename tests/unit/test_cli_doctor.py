"""What `zld doctor` finds on machines that lack one thing or another."""

import json
import os
import subprocess
import sys

import pytest

from tests.terminal import ZLD, run_on_terminal
from zarr_linked_data.cli import main

KUBECONFIG = "{apiVersion: v1, kind: Config, current-context: minikube}"

UNREACHABLE = """
apiVersion: v1
kind: Config
current-context: gone
clusters: [{name: gone, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: me, user: {}}]
contexts: [{name: gone, context: {cluster: gone, user: me}}]
"""


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """A machine with nothing but the packages, a user and a home folder."""
    for name in list(os.environ):
        if name.startswith(("KUBE", "METAFLOW_", "SUDO_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USER", "ada")
    monkeypatch.delenv("USERNAME", raising=False)
    return tmp_path


def examine(capsys, expected_code):
    assert main(["doctor", "--json"]) == expected_code
    findings = json.loads(capsys.readouterr().out)
    return {(finding["area"], finding["name"]): finding for finding in findings}


def test_a_machine_for_local_runs_lacks_nothing(capsys):
    findings = examine(capsys, expected_code=0)
    assert findings["Local runs", "zarr"]["state"] == "ok"
    assert findings["Local runs", "user"]["found"] == "ada"
    assert {finding["state"] for finding in findings.values()} == {"ok", "off"}


def test_what_is_not_set_up_is_said_and_is_no_failure(capsys):
    findings = examine(capsys, expected_code=0)
    assert findings["S3", "store"]["found"] == "not set up"
    assert findings["Cluster", "access"]["found"] == "not set up"
    assert {name for area, name in findings if area == "Cluster"} == {"kubectl", "access"}


def test_each_finding_is_one_line_in_a_pipe(capsys):
    assert main(["doctor"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert {len(row) for row in rows} == {4}
    assert ["ok", "Local runs", "user", "ada"] in rows


def test_a_person_sees_marks_and_a_verdict():
    shown = run_on_terminal(ZLD, "doctor", NO_COLOR="1", METAFLOW_USER="ada")
    assert "  ✓ user        ada\n" in shown
    assert "  – store       not set up. To use it, set AWS_ACCESS_KEY_ID" in shown
    assert shown.endswith("\nNothing is missing.\n")


def test_root_without_a_name_cannot_run_flows(capsys, monkeypatch):
    monkeypatch.setenv("USER", "root")
    finding = examine(capsys, expected_code=1)["Local runs", "user"]
    assert finding["found"] == "no name but root: Metaflow runs no flow"
    assert finding["todo"] == "Set METAFLOW_USER to your name"


def test_a_nameless_user_cannot_run_flows(capsys, monkeypatch):
    monkeypatch.delenv("USER")
    finding = examine(capsys, expected_code=1)["Local runs", "user"]
    assert finding["found"] == "nobody is named"


def test_a_package_that_does_not_import_is_missing(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyld", None)
    finding = examine(capsys, expected_code=1)["Local runs", "pyld"]
    assert finding["found"].startswith("cannot be imported: ModuleNotFoundError")
    assert finding["todo"] == "Run `make install` or `poetry install`"


def test_a_package_of_an_extra_may_be_absent(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarrs", None)
    finding = examine(capsys, expected_code=0)["Local runs", "zarrs"]
    assert finding["found"] == "not installed"
    assert finding["todo"] == "For faster small chunks and shards: pip install zarrs"


def test_a_cache_that_cannot_be_written_is_missing(capsys, monkeypatch, machine):
    (machine / "file").touch()
    monkeypatch.setenv("ZLD_CACHE", str(machine / "file" / "zld"))
    finding = examine(capsys, expected_code=1)["Local runs", "cache"]
    assert finding["found"] == f"{machine}/file/zld cannot be written: Not a directory"
    assert finding["todo"] == "Set ZLD_CACHE to a folder that can"


def test_a_store_in_s3_is_listed(capsys, monkeypatch, s3_url):
    monkeypatch.setenv("ZLD_STORE", s3_url)
    finding = examine(capsys, expected_code=0)["S3", "store"]
    assert finding["found"] == f"{s3_url} can be listed"


def test_a_store_without_credentials_says_what_to_set(capsys, monkeypatch):
    monkeypatch.setenv("ZLD_STORE", "s3://lab/campaign.zarr")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    finding = examine(capsys, expected_code=1)["S3", "store"]
    assert finding["found"] == (
        "Cannot open 's3://lab/campaign.zarr': of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
        "only one is set. Set both."
    )


def test_credentials_without_a_store_are_not_tried(capsys, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    finding = examine(capsys, expected_code=0)["S3", "store"]
    assert finding["todo"] == "Set ZLD_STORE=s3://bucket/prefix to have it tried"


class TestCluster:
    @pytest.mark.parametrize("place", ["config", ".kube/config"])
    def test_is_known_by_its_context(self, place, capsys, monkeypatch, machine):
        config = machine / place
        config.parent.mkdir(exist_ok=True)
        config.write_text(KUBECONFIG)
        if place == "config":
            monkeypatch.setenv("KUBECONFIG", f"{machine}/absent:{config}")
        findings = examine(capsys, expected_code=1)
        assert findings["Cluster", "access"]["found"] == f"{config}, context minikube"
        assert findings["Cluster", "settings"]["found"] == "Metaflow is not told of a cluster"
        assert findings["Cluster", "Kubernetes"]["found"].startswith("No cluster is set up here: ")

    def test_that_does_not_answer_is_missing(self, capsys, monkeypatch, machine):
        (machine / "config").write_text(UNREACHABLE)
        monkeypatch.setenv("KUBECONFIG", str(machine / "config"))
        finding = examine(capsys, expected_code=1)["Cluster", "Kubernetes"]
        assert finding["found"].startswith("Cannot reach it: the cluster at https://127.0.0.1:1 ")
        assert finding["found"].endswith("choose another with KUBECONFIG.")

    @pytest.mark.parametrize(
        ("content", "found", "todo"),
        [
            ("{}", "has no current context", "Choose one: kubectl config use-context NAME"),
            ("[1", "cannot be read: while parsing a flow sequence", "Correct the file"),
        ],
    )
    def test_without_a_context_is_missing(self, content, found, todo, capsys, monkeypatch, machine):
        (machine / "config").write_text(content)
        monkeypatch.setenv("KUBECONFIG", str(machine / "config"))
        finding = examine(capsys, expected_code=1)["Cluster", "access"]
        assert finding["found"] == f"{machine}/config {found}"
        assert finding["todo"] == todo

    def test_named_by_a_file_that_is_not_there_is_missing(self, capsys, monkeypatch):
        monkeypatch.setenv("KUBECONFIG", "/absent")
        finding = examine(capsys, expected_code=1)["Cluster", "access"]
        assert finding["found"] == "KUBECONFIG names '/absent', no file"
        assert finding["todo"] == "Correct KUBECONFIG, or unset it"


class TestMetaflow:
    """Metaflow reads its settings once a process."""

    def examine(self, **environment):
        command = [sys.executable, "-c", ZLD, "doctor"]
        environment = os.environ | environment
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        return done.returncode, done.stdout

    def test_without_a_place_for_its_runs_is_missing(self):
        code, shown = self.examine(METAFLOW_DEFAULT_DATASTORE="s3")
        assert code == 1
        assert (
            "missing\tLocal runs\truns\tMetaflow keeps runs on s3, and is not told where. "
            "Set METAFLOW_DATASTORE_SYSROOT_S3=s3://bucket/metaflow.\n"
        ) in shown

    def test_is_told_where_its_runs_are(self):
        place = {"METAFLOW_DATASTORE_SYSROOT_S3": "s3://lab/metaflow"}
        code, shown = self.examine(METAFLOW_DEFAULT_DATASTORE="s3", **place)
        assert code == 1
        assert "ok\tLocal runs\truns\ts3://lab/metaflow\n" in shown
        assert "missing\tS3\truns\tCannot open 's3://lab/metaflow': no credentials" in shown
