"""The scripts behind make's targets for clusters: what they say when they cannot begin."""

import shutil
import subprocess
from pathlib import Path

import pytest

LOCAL_DEV = Path(__file__).parents[2] / "local_dev"

ACCESS = """
apiVersion: v1
kind: Config
clusters: [{name: none, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: me, user: {}}]
contexts: [{name: minikube, context: {cluster: none, user: me}}]
current-context: minikube
"""

NEED_A_CLUSTER = [
    "cluster.sh",
    "cluster_down.sh",
    "cluster_env.sh",
    "deploy_flows.sh",
    "forward.sh",
    "make_secrets.sh",
]


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run a script with access to a cluster that nobody runs."""
    if not shutil.which("kubectl"):
        pytest.skip("needs kubectl")
    (tmp_path / "access").write_text(ACCESS)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "access"))

    def run(script, *arguments, **environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return subprocess.run(
            [LOCAL_DEV / script, *arguments], capture_output=True, text=True, check=False
        )

    return run


def refusal(done):
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("script", NEED_A_CLUSTER)
def test_a_cluster_that_does_not_answer_is_named(run, script):
    assert refusal(run(script)) == (
        "Error: The cluster of context minikube does not answer. "
        "Start it, or choose another: kubectl config use-context NAME.\n"
    )


def test_without_a_context_one_is_to_be_chosen(run, tmp_path):
    assert refusal(run("cluster.sh", KUBECONFIG=str(tmp_path / "nothing"))) == (
        "Error: kubectl has no current context. "
        "Choose one with kubectl config use-context NAME, or set KUBECONFIG.\n"
    )


def test_without_kubectl_its_installation_is_named(run, tmp_path):
    for program in ("bash", "dirname", "env"):
        (tmp_path / program).symlink_to(shutil.which(program))
    assert refusal(run("cluster.sh", PATH=str(tmp_path))) == (
        "Error: kubectl is not installed. See https://kubernetes.io/docs/tasks/tools.\n"
    )


def test_an_overlay_that_is_not_there_is_answered_with_those_that_are(run):
    assert refusal(run("cluster.sh", OVERLAY="nowhere")) == (
        "Error: No overlay in manifests/overlays/nowhere. There are: k3s minikube production.\n"
    )


def test_the_overlay_for_production_wants_digests_first(run):
    assert refusal(run("cluster.sh", OVERLAY="production")) == (
        "Error: manifests/overlays/production has no digests of images yet. "
        "Push them and write these down: make pin REGISTRY=HOST/PATH TAG=TAG\n"
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Name where the images go, and their tag: make pin REGISTRY=registry.example.org/lab"),
        (
            {"REGISTRY": "registry.example.org/lab", "TAG": "latest"},
            "The tag 'latest' says nothing",
        ),
    ],
)
def test_pinning_wants_a_registry_and_a_version(run, given, message):
    assert message in refusal(run("pin.sh", **given))


def test_an_image_is_built_and_loaded_by_the_commands_that_one_names(run, monkeypatch):
    monkeypatch.delenv("PIP_CERT", raising=False)
    commands = {"ZLD_IMAGE_BUILD": "echo build", "ZLD_IMAGE_LOAD": "echo load"}
    done = run("image.sh", "zarr-linked-data:dev", ".", "BASE_IMAGE=base", **commands)
    assert done.stdout.splitlines() == [
        "build --build-arg BASE_IMAGE=base --tag zarr-linked-data:dev .",
        "load zarr-linked-data:dev",
    ]


def test_the_network_s_own_certificates_are_handed_to_the_build_and_stay_out_of_the_image(run):
    commands = {"ZLD_IMAGE_BUILD": "echo build", "ZLD_IMAGE_LOAD": "true"}
    done = run("image.sh", "zarr-linked-data:dev", ".", ZLD_BUILD_CA="/etc/ca.pem", **commands)
    assert "--secret id=ca,src=/etc/ca.pem" in done.stdout
