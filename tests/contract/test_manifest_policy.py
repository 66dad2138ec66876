"""What every pod, role and quota of ours keeps to."""

import json

import pytest

from tests.manifests import OVERLAYS, built, containers, named, templates

STANDING_JOBS = {"Deployment", "StatefulSet"}
OURS = {"zld-runner", "zld-deployer", "zld-watcher"}
CALL_KUBERNETES = {"argo", "argo-server", "zld-deployer", "zld-watcher"}
ONE_FLOW = {"cpu": 3 * (0.2 + 0.01), "memory": 3 * (512e6 + 64 * 2**20)}
"""Three steps at once as Metaflow's settings have them, each with Argo's wait container."""

UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "m": 1e-3, "M": 1e6}


@pytest.fixture(params=OVERLAYS)
def objects(request, tmp_path_factory):
    return built(request.param, tmp_path_factory.getbasetemp())


@pytest.fixture
def pods(objects):
    return list(templates(objects))


def number(quantity):
    for unit, factor in UNITS.items():
        if str(quantity).endswith(unit):
            return float(quantity.removesuffix(unit)) * factor
    return float(quantity)


def test_no_image_is_called_latest_or_nothing(pods):
    for _, template in pods:
        for container in containers(template):
            _, _, tag = container["image"].rpartition("/")[2].partition(":")
            assert tag, container["image"]
            assert tag != "latest"


def test_each_container_says_what_it_wants_and_at_most_takes(pods):
    for _, template in pods:
        for container in containers(template):
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
            assert {"cpu", "memory"} <= container["resources"]["limits"].keys()


def test_each_pod_keeps_to_the_strictest_standard(pods):
    for thing, template in pods:
        spec = template["spec"]
        assert spec["securityContext"]["runAsNonRoot"], thing
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, thing
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        assert not any("hostPath" in volume for volume in spec.get("volumes", []))
        for container in containers(template):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}


def test_each_root_is_read_only_but_that_of_the_ide(pods):
    for thing, template in pods:
        for container in containers(template):
            read_only = container["securityContext"].get("readOnlyRootFilesystem", False)
            assert read_only is (thing["metadata"]["name"] != "vscode")


def test_each_folder_in_memory_of_the_node_has_a_limit(pods):
    for _, template in pods:
        for volume in template["spec"].get("volumes", []):
            assert "emptyDir" not in volume or "sizeLimit" in volume["emptyDir"]


def test_each_standing_pod_is_asked_whether_it_lives_and_is_ready(pods):
    for thing, template in pods:
        for container in template["spec"]["containers"]:
            if thing["kind"] in STANDING_JOBS:
                assert {"livenessProbe", "readinessProbe"} <= container.keys(), container["name"]


def test_only_who_calls_kubernetes_has_a_token(objects, pods):
    for _, template in pods:
        account = template["spec"]["serviceAccountName"]
        has_token = template["spec"].get("automountServiceAccountToken", True)
        assert has_token is (account in CALL_KUBERNETES)
    assert "automountServiceAccountToken" not in named(objects, "ServiceAccount", "zld-runner")


def test_no_role_has_a_wildcard_and_none_is_an_administrator(objects):
    rules = [
        rule
        for thing in objects
        for rule in thing.get("rules", [])
        if thing["kind"].endswith("Role")
    ]
    assert rules
    assert not any("*" in values for rule in rules for values in rule.values())
    bindings = [thing["roleRef"] for thing in objects if thing["kind"].endswith("RoleBinding")]
    assert not {"cluster-admin", "admin", "edit"} & {role["name"] for role in bindings}
    assert not any(thing["kind"].startswith("ClusterRole") for thing in objects)


def may(objects, name):
    rules = named(objects, "Role", name)["rules"]
    return {
        (resource, verb)
        for rule in rules
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_each_of_ours_may_do_what_it_is_there_for_and_nothing_else(objects):
    assert may(objects, "zld-runner") == {
        ("workflowtaskresults", "create"),
        ("workflowtaskresults", "patch"),
    }
    watched = {"workflows", "cronworkflows"}
    assert may(objects, "zld-watcher") == {
        (what, verb) for what in watched for verb in ("get", "list", "watch")
    }
    assert {resource for resource, _ in may(objects, "zld-deployer")} == {
        "workflowtemplates",
        "cronworkflows",
        "workflows",
        "sensors",
    }


def test_nothing_opens_a_port_of_the_node(objects):
    for service in (thing for thing in objects if thing["kind"] == "Service"):
        assert service["spec"].get("type", "ClusterIP") == "ClusterIP"


def test_pods_that_no_policy_lets_in_are_reached_by_nobody(objects):
    assert named(objects, "NetworkPolicy", "default-deny")["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress"],
    }


def wanted(pods, resource):
    """Add up what the pods that stay ask for."""
    return sum(
        number(container["resources"]["requests"][resource])
        for thing, template in pods
        if thing["kind"] in STANDING_JOBS
        for container in template["spec"]["containers"]
    )


@pytest.mark.parametrize("overlay", ["minikube", "k3s", "tests"])
def test_all_of_it_and_a_flow_ask_for_a_laptops_share(overlay, tmp_path_factory):
    pods = list(templates(built(overlay, tmp_path_factory.getbasetemp())))
    assert wanted(pods, "cpu") + ONE_FLOW["cpu"] <= 1.5
    assert wanted(pods, "memory") + ONE_FLOW["memory"] <= 3 * 2**30


def test_the_quota_has_room_for_three_steps_and_holds_flows_alone(objects):
    quota = named(objects, "ResourceQuota", "zld-flows")["spec"]
    assert number(quota["hard"]["requests.cpu"]) >= ONE_FLOW["cpu"]
    assert number(quota["hard"]["requests.memory"]) >= ONE_FLOW["memory"]
    assert json.dumps(quota["scopeSelector"]).count("zld-flows") == 1


def test_no_step_that_metaflow_makes_is_refused_for_its_size(objects):
    (limits,) = named(objects, "LimitRange", "zld")["spec"]["limits"]
    memory = float(
        named(objects, "ConfigMap", "zld-metaflow")["data"]["METAFLOW_KUBERNETES_MEMORY"]
    )
    assert memory * 1e6 <= number(limits["max"]["memory"])
