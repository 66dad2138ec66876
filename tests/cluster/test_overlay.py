"""The manifests on a real cluster."""

import subprocess

from tests.cluster.commands import NAMESPACE, OVERLAY, PROJECT, get, kubectl, make

NEVER_READY = {"Succeeded"}


def test_applied_again_nothing_differs():
    command = ["kubectl", "diff", "-k", OVERLAY]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    before = generations()
    subprocess.run(
        ["kubectl", "apply", "-k", OVERLAY], cwd=PROJECT, capture_output=True, check=True
    )
    assert generations() == before


def generations():
    """How often what is asked for was changed, of each object of ours."""
    ours = "app.kubernetes.io/part-of=zarr-linked-data"
    kinds = "deployments,statefulsets,jobs,services,configmaps,roles,networkpolicies,resourcequotas"
    found = [each["metadata"] for each in get(kinds, "-l", ours)["items"]]
    assert len(found) > 15
    # Kubernetes counts generations where there is a controller; else each write is one.
    return {each["uid"]: each.get("generation") or each["resourceVersion"] for each in found}


def test_make_cluster_again_says_that_all_runs():
    assert "All runs. Next:" in make("cluster")


def test_make_secrets_again_changes_none():
    before = {each["metadata"]["name"]: each["data"] for each in get("secrets")["items"]}
    said = make("secrets")
    assert "made" not in said
    assert {each["metadata"]["name"]: each["data"] for each in get("secrets")["items"]} == before


def test_all_pods_are_ready():
    pods = [pod for pod in get("pods")["items"] if pod["status"]["phase"] not in NEVER_READY]
    owners = [
        pod for pod in pods if "workflows.argoproj.io/workflow" not in pod["metadata"]["labels"]
    ]
    assert len(owners) >= 5
    for pod in owners:
        ready = {each["type"]: each["status"] for each in pod["status"]["conditions"]}
        assert ready["Ready"] == "True", pod["metadata"]["name"]


def test_the_namespace_enforces_pod_security_restricted():
    labels = get("namespace", NAMESPACE)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    privileged = '{"spec": {"containers": [{"name": "x", "image": "x"}]}}'
    refused = kubectl("run", "x", "--image=x", f"--overrides={privileged}", check=False)
    assert refused.returncode != 0
    assert 'violates PodSecurity "restricted' in refused.stderr
