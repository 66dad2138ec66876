"""Who may do what: tried with the accounts' own tokens."""

import json
import subprocess
import sys

import pytest

from tests.cluster.commands import NAMESPACE, PROJECT, eventually, get, kubectl

TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"

ASK = f"""
import json, ssl, urllib.error, urllib.request
token = open({TOKEN!r}).read()
context = ssl._create_unverified_context()
for what in ("secrets", "pods", "configmaps"):
    path = f"/api/v1/namespaces/{NAMESPACE}/" + what
    print(what, end=" ")
    ask(path)
for what in ("workflows", "workflowtemplates", "workflowtaskresults"):
    print(what, end=" ")
    ask("/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/" + what)
"""

FUNCTION = """
def ask(path):
    request = urllib.request.Request("https://kubernetes.default.svc" + path)
    request.add_header("Authorization", "Bearer " + token)
    try:
        print(urllib.request.urlopen(request, context=context).status)
    except urllib.error.HTTPError as error:
        print(error.code)
"""


def image():
    return get("configmap", "zld-metaflow")["data"]["METAFLOW_KUBERNETES_CONTAINER_IMAGE"]


def pod(name, code):
    """A pod as Metaflow's are, that runs this code under the runner's account."""
    restricted = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    small = {"cpu": "20m", "memory": "64Mi"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "serviceAccountName": "zld-runner",
            "restartPolicy": "Never",
            "containers": [
                {
                    "name": "main",
                    "image": image(),
                    "command": ["python", "-c", code],
                    "securityContext": restricted,
                    "resources": {"requests": small, "limits": small},
                }
            ],
        },
    }


def test_a_pod_of_a_flow_may_not_read_secrets_pods_or_workflows():
    kubectl("delete", "pod", "asks", "--ignore-not-found")
    first, rest = ASK.strip().split("\n", 1)
    kubectl("create", "-f", "-", text=json.dumps(pod("asks", f"{first}\n{FUNCTION}\n{rest}")))
    try:
        eventually(lambda: get("pod", "asks")["status"]["phase"] in {"Succeeded", "Failed"})
        said = dict(line.split() for line in kubectl("logs", "asks").splitlines())
    finally:
        kubectl("delete", "pod", "asks", "--wait=false")
    assert len(said) == 6
    assert set(said.values()) == {"403"}


@pytest.fixture
def deployer(tmp_path, shell):
    """A shell whose access to the cluster is the deployer's token, and nothing else."""
    token = kubectl("create", "token", "zld-deployer").strip()
    command = ["kubectl", "config", "view", "--raw", "--minify", "--flatten", "-o", "json"]
    config = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    config["users"] = [{"name": "deployer", "user": {"token": token}}]
    config["contexts"][0]["context"]["user"] = "deployer"
    file = tmp_path / "deployer.json"
    file.write_text(json.dumps(config))
    shell.environment = shell.environment | {"KUBECONFIG": str(file)}
    return shell


def may(deployer, *what):
    return deployer.run("kubectl", "-n", NAMESPACE, "auth", "can-i", *what).stdout.strip() == "yes"


def test_the_deployer_may_deploy_twice_and_start_and_watch(deployer):
    deployer.create("retrieval")
    deployer.create("retrieval")
    name = deployer.trigger("retrieval", path_for_store="s3://zld/none.zarr")
    assert deployer.zld("runs", "show", name)["flow"] == "RetrievalFlow"
    deployer.succeed(
        sys.executable,
        PROJECT / "flows/retrieval_flow.py",
        "argo-workflows",
        "terminate",
        f"argo-{name}",
    )


@pytest.mark.parametrize(
    "what",
    [
        ("get", "secrets"),
        ("create", "pods"),
        ("create", "pods/exec"),
        ("create", "deployments"),
        ("create", "rolebindings"),
        ("create", "serviceaccounts/token"),
        ("delete", "workflows"),
        ("update", "configmaps"),
        ("list", "workflows", "-n", "kube-system"),
        ("create", "namespaces"),
    ],
    ids=" ".join,
)
def test_the_deployer_may_do_nothing_else(deployer, what):
    assert not may(deployer, *what)


def test_nobody_of_ours_has_a_wildcard_or_a_cluster_role():
    roles = get("roles", "-l", "app.kubernetes.io/part-of=zarr-linked-data")["items"]
    rules = [rule for role in roles for rule in role["rules"]]
    assert not [rule for rule in rules if "*" in rule["verbs"] + rule["resources"]]
    bound = [
        subject["name"]
        for binding in get("clusterrolebindings")["items"]
        for subject in binding.get("subjects", [])
        if subject.get("namespace") == NAMESPACE
    ]
    assert not [name for name in bound if name.startswith("zld")]
