"""Every overlay builds, is what Kubernetes' own schemas want, and refers to what is there."""

import re

import kubernetes_validate
import pytest
import yaml

from tests.manifests import DIGEST, OVERLAYS, ROOT, built, containers, kustomize, named, templates

KUBERNETES = "1.34"
MADE_BY_MAKE_SECRETS = {"zld-s3", "argo-artifacts", "zld-vscode", "minio-root"}


@pytest.fixture(params=OVERLAYS)
def objects(request, tmp_path_factory):
    return built(request.param, tmp_path_factory.getbasetemp())


@pytest.fixture
def minikube(tmp_path_factory):
    return built("minikube", tmp_path_factory.getbasetemp())


@pytest.fixture
def production(tmp_path_factory):
    return built("production", tmp_path_factory.getbasetemp())


def test_each_object_fits_the_schema_of_its_kind(objects):
    for thing in objects:
        kubernetes_validate.validate(thing, KUBERNETES, strict=True)


def test_everything_is_in_one_namespace_that_enforces_the_strictest_standard(objects):
    (namespace,) = (thing for thing in objects if thing["kind"] == "Namespace")
    name = namespace["metadata"]["name"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert {thing["metadata"].get("namespace", name) for thing in objects} == {name}


def test_all_carry_the_label_by_which_cluster_down_finds_them(objects):
    for thing in objects:
        assert thing["metadata"]["labels"]["app.kubernetes.io/part-of"] == "zarr-linked-data"


def test_no_secret_is_written_down(objects):
    assert "Secret" not in {thing["kind"] for thing in objects}


def referenced(thing, kind):
    """Give the names of Secrets or ConfigMaps that a pod cannot start without."""
    keys = {
        "Secret": ("secretKeyRef", "secretRef", "secret"),
        "ConfigMap": ("configMapKeyRef", "configMapRef", "configMap"),
    }
    if isinstance(thing, list):
        for member in thing:
            yield from referenced(member, kind)
    elif isinstance(thing, dict):
        for key, value in thing.items():
            if key in keys[kind] and isinstance(value, dict) and not value.get("optional"):
                yield value.get("name") or value["secretName"]
            yield from referenced(value, kind)


def test_each_secret_is_made_by_make_secrets(objects):
    pods = [template for _, template in templates(objects)]
    assert set(referenced(pods, "Secret")) <= MADE_BY_MAKE_SECRETS
    script = (ROOT / "local_dev/make_secrets.sh").read_text()
    assert set(re.findall(r"^ *secret ([a-z0-9-]+) ", script, re.MULTILINE)) == MADE_BY_MAKE_SECRETS


def test_each_configmap_and_account_is_there(objects):
    there = {(thing["kind"], thing["metadata"]["name"]) for thing in objects}
    for _, template in templates(objects):
        assert {("ConfigMap", name) for name in referenced(template, "ConfigMap")} <= there
        assert ("ServiceAccount", template["spec"]["serviceAccountName"]) in there


def test_each_binding_joins_a_role_and_an_account_that_are_there(objects):
    there = {(thing["kind"], thing["metadata"]["name"]) for thing in objects}
    for binding in (thing for thing in objects if thing["kind"].endswith("RoleBinding")):
        role = binding["roleRef"]
        assert (role["kind"], role["name"]) in there
        for subject in binding["subjects"]:
            assert (subject["kind"], subject["name"]) in there
            assert subject["namespace"] == binding["metadata"]["namespace"]


def fits(selector, labels):
    wanted = selector.get("matchLabels", {}).items() <= labels.items()
    return wanted and all(
        labels.get(rule["key"]) in rule["values"]
        if rule["operator"] == "In"
        else rule["key"] in labels
        for rule in selector.get("matchExpressions", [])
    )


FLOW_POD = {"workflows.argoproj.io/workflow": "any", "app.kubernetes.io/part-of": "metaflow"}
"""What Argo and Metaflow write on each pod of a flow."""


def test_each_network_policy_and_service_selects_a_pod(objects):
    pods = [template["metadata"]["labels"] for _, template in templates(objects)]
    for thing in objects:
        if thing["kind"] == "NetworkPolicy":
            assert any(fits(thing["spec"]["podSelector"], labels) for labels in pods), thing
        if thing["kind"] == "Service":
            assert any(thing["spec"]["selector"].items() <= labels.items() for labels in pods), (
                thing
            )


def test_each_peer_that_a_network_policy_lets_in_is_there(objects):
    pods = [FLOW_POD, *(template["metadata"]["labels"] for _, template in templates(objects))]
    for policy in (thing for thing in objects if thing["kind"] == "NetworkPolicy"):
        for rule in policy["spec"].get("ingress", []):
            for peer in rule["from"]:
                elsewhere = "namespaceSelector" in peer
                assert elsewhere or any(fits(peer["podSelector"], labels) for labels in pods), (
                    policy
                )


def test_flows_run_in_the_image_and_namespace_of_the_rest(objects):
    settings = named(objects, "ConfigMap", "zld-metaflow")
    watcher = named(objects, "Deployment", "zld-watcher")
    image = watcher["spec"]["template"]["spec"]["containers"][0]["image"]
    assert settings["data"]["METAFLOW_KUBERNETES_CONTAINER_IMAGE"] == image
    assert settings["data"]["METAFLOW_KUBERNETES_NAMESPACE"] == settings["metadata"]["namespace"]


def test_the_overlay_for_production_does_not_build_without_digests():
    if (ROOT / "manifests/overlays/production/pinned-by-make-pin").exists():
        pytest.skip("it is pinned")
    done = kustomize(ROOT / "manifests/overlays/production")
    assert done.returncode != 0
    assert "pinned-by-make-pin" in done.stderr


def test_production_has_all_images_by_digest_and_no_minio(production):
    images = [c["image"] for _, template in templates(production) for c in containers(template)]
    images += re.findall(
        r"quay\.io/argoproj/argoexec\S*",
        str(named(production, "Deployment", "workflow-controller")),
    )
    assert {image.strip("',]").partition("@")[2] for image in images} == {DIGEST}
    assert "minio" not in yaml.safe_dump(production)


def test_argo_and_its_executor_are_of_one_version(minikube):
    (container,) = named(minikube, "Deployment", "workflow-controller")["spec"]["template"]["spec"][
        "containers"
    ]
    version = container["image"].rpartition(":")[2]
    assert container["args"][1:3] == ["--executor-image", f"quay.io/argoproj/argoexec:{version}"]


def test_what_the_controller_reads_as_yaml_is_yaml_with_what_restricted_pods_need(objects):
    data = named(objects, "ConfigMap", "workflow-controller-configmap")["data"]
    for part in ("executor", "mainContainer"):
        context = yaml.safe_load(data[part])["securityContext"]
        assert context["runAsNonRoot"]
        assert not context["allowPrivilegeEscalation"]
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    spec = yaml.safe_load(data["workflowDefaults"])["spec"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert ("PriorityClass", spec["podPriorityClassName"]) in {
        (thing["kind"], thing["metadata"]["name"]) for thing in objects
    }
