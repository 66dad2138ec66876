"""Whether a cluster has what flows need: Argo, rights to deploy, the pods' account and Secrets."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from zarr_linked_data.cli.doctor.finding import Finding
from zarr_linked_data.cli.doctor.metaflow import metaflow_settings
from zarr_linked_data.errors import WorkflowError

if TYPE_CHECKING:
    from collections.abc import Callable

    from zarr_linked_data.workflows.cluster import Cluster

ALLOWED = {3: ((3, 7, 17),), 4: ((4, 0, 10), (4, 1, 2))}
"""The oldest usable release of each line of Argo: earlier ones lose semaphores when restarted."""

RIGHTS = {
    "workflowtemplates": ("get", "list", "create", "update"),
    "cronworkflows": ("get", "create", "update"),
    "workflows": ("get", "list", "create"),
    "sensors": ("get", "delete"),
}
"""What `argo-workflows create` and `trigger` do; sensors also where there is no Argo Events."""

CONTROLLER = "workflow-controller"

_VERSION = re.compile(r":v(\d+)\.(\d+)\.(\d+)")


def check_argo(cluster: "Cluster") -> Finding:
    """Look for Argo's definitions, and at the version of its controller."""
    from zarr_linked_data.workflows.cluster import GROUP, VERSION

    found = _ask(
        cluster,
        "list workflowtemplates",
        lambda objects: objects.get_api_resources(GROUP, VERSION),
        "CustomObjectsApi",
    )
    if not found:
        todo = "Install it: make cluster"
        return Finding("Cluster", "Argo", "missing", "Argo Workflows is not on the cluster", todo)
    try:
        controller = _ask(
            cluster,
            "read the controller of Argo",
            lambda apps: apps.read_namespaced_deployment(CONTROLLER, cluster.namespace),
            "AppsV1Api",
        )
    except WorkflowError:  # only who looks after the cluster may
        return Finding("Cluster", "Argo", "ok", "there; this account may not see which version")
    if controller is None:
        found = f"no {CONTROLLER} in namespace {cluster.namespace}"
        return Finding("Cluster", "Argo", "off", found, "It may run in another namespace")
    return _judge(controller)


def _judge(controller: Any) -> Finding:
    """Tell whether the controller runs, and is of a version that can be used."""
    image = controller.spec.template.spec.containers[0].image
    if not controller.status.ready_replicas:
        todo = f"Look at: kubectl -n {controller.metadata.namespace} describe pods"
        return Finding("Cluster", "Argo", "missing", f"{CONTROLLER} is not ready ({image})", todo)
    version = _VERSION.search(image)
    if version is None:
        return Finding("Cluster", "Argo", "ok", f"{image}, of no known version")
    if is_allowed(tuple(map(int, version.groups()))):
        return Finding("Cluster", "Argo", "ok", image)
    todo = "Use 3.7.17, 4.0.10, 4.1.2 or later: earlier ones lose semaphores"
    return Finding("Cluster", "Argo", "missing", image, todo)


def is_allowed(version: tuple[int, ...]) -> bool:
    """Tell whether a release of Argo can be used.

    >>> is_allowed((3, 7, 16)), is_allowed((3, 7, 17)), is_allowed((4, 1, 0)), is_allowed((5, 0, 0))
    (False, True, False, True)
    """
    lines = ALLOWED.get(version[0])
    if lines is None:
        return version > max(ALLOWED.values())[-1]
    same = [oldest for oldest in lines if oldest[:2] == version[:2]]
    return version >= (same[0] if same else lines[-1])


def check_rights(cluster: "Cluster") -> Finding:
    """Ask whether this account may do what deploying a flow takes."""
    lacking = [
        f"{verb} {resource}"
        for resource, verbs in RIGHTS.items()
        for verb in verbs
        if not _may(cluster, verb, resource)
    ]
    where = f"in namespace {cluster.namespace}"
    if not lacking:
        return Finding("Cluster", "rights", "ok", f"may deploy and start flows {where}")
    todo = "Bind this account to the Role zld-deployer"
    return Finding("Cluster", "rights", "missing", f"may not {', '.join(lacking)} {where}", todo)


def _may(cluster: "Cluster", verb: str, resource: str) -> bool:
    from zarr_linked_data.workflows.cluster import GROUP

    review = {
        "spec": {
            "resourceAttributes": {
                "namespace": cluster.namespace,
                "group": GROUP,
                "resource": resource,
                "verb": verb,
            }
        }
    }
    answer = _ask(
        cluster,
        "ask for our rights",
        lambda api: api.create_self_subject_access_review(review),
        "AuthorizationV1Api",
    )
    return bool(answer and answer.status.allowed)


def check_accounts(cluster: "Cluster") -> Iterator[Finding]:
    """Look for the account and the Secrets that Metaflow gives to the pods of flows."""
    config = metaflow_settings()
    account = getattr(config, "KUBERNETES_SERVICE_ACCOUNT", None)
    if account:
        yield _look_for(cluster, "account", "service account", account, "make cluster")
    secrets = getattr(config, "KUBERNETES_SECRETS", None) or ""
    for secret in filter(None, secrets.split(",")):
        yield _look_for(cluster, "Secret", "secret", secret, "make secrets")


def _look_for(cluster: "Cluster", name: str, kind: str, wanted: str, remedy: str) -> Finding:
    """Look for one object that pods need."""
    read = f"read_namespaced_{kind.replace(' ', '_')}"
    try:
        found = _ask(
            cluster,
            f"read the {kind} {wanted}",
            lambda core: getattr(core, read)(wanted, cluster.namespace),
            "CoreV1Api",
        )
    except WorkflowError:
        hint = "Whoever looks after the cluster may"
        return Finding("Cluster", name, "off", f"this account may not look for {wanted}", hint)
    where = f"{wanted} in namespace {cluster.namespace}"
    if found is None:
        return Finding("Cluster", name, "missing", f"there is no {kind} {where}", f"Run {remedy}")
    return Finding("Cluster", name, "ok", where)


def _ask(cluster: "Cluster", what: str, call: "Callable[[Any], Any]", api: str) -> Any:
    """Ask one of Kubernetes' own APIs."""
    from kubernetes import client

    return cluster.ask(what, lambda: call(getattr(client, api)(cluster.client)))
