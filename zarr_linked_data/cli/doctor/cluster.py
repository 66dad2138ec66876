"""Whether flows can be deployed on a cluster from this machine."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from zarr_linked_data.cli.doctor.finding import Finding
from zarr_linked_data.cli.doctor.metaflow import metaflow_settings
from zarr_linked_data.errors import WorkflowError

if TYPE_CHECKING:
    from zarr_linked_data.workflows.cluster import Cluster

POD_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")

SETTINGS = {
    "DATASTORE_SYSROOT_S3": "METAFLOW_DATASTORE_SYSROOT_S3=s3://bucket/metaflow",
    "KUBERNETES_NAMESPACE": "METAFLOW_KUBERNETES_NAMESPACE=argo",
    "KUBERNETES_SERVICE_ACCOUNT": "METAFLOW_KUBERNETES_SERVICE_ACCOUNT=zld-runner",
    "KUBERNETES_SECRETS": "METAFLOW_KUBERNETES_SECRETS=zld-s3",
    "KUBERNETES_CONTAINER_IMAGE": "METAFLOW_KUBERNETES_CONTAINER_IMAGE=IMAGE:TAG",
    "ARGO_WORKFLOWS_USE_SCHEDULES": "METAFLOW_ARGO_WORKFLOWS_USE_SCHEDULES=true",
}
"""What Metaflow must be told to deploy a flow, and an example of each."""


def check_cluster() -> Iterator[Finding]:
    """Look at what deploying a flow needs; a cluster that is set up is asked."""
    yield _check_kubectl()
    access = _check_access()
    yield access
    if access.state != "ok":
        return
    yield _check_metaflow()
    yield from _ask_cluster()


def _check_kubectl() -> Finding:
    program = shutil.which("kubectl")
    if program:
        return Finding("Cluster", "kubectl", "ok", program)
    return Finding("Cluster", "kubectl", "off", "not installed", "Install it to look at a cluster")


def _check_access() -> Finding:
    named = os.environ.get("KUBECONFIG", "")
    files = [Path(name) for name in named.split(os.pathsep) if name]
    there = [path for path in files or [Path.home() / ".kube" / "config"] if path.is_file()]
    if there:
        return _check_context(there[0])
    if named:
        todo = "Correct KUBECONFIG, or unset it"
        return Finding("Cluster", "access", "missing", f"KUBECONFIG names {named!r}, no file", todo)
    if POD_TOKEN.is_file():
        return Finding("Cluster", "access", "ok", "as the service account of this pod")
    todo = "Put the cluster's access into ~/.kube/config or a file that KUBECONFIG names"
    return Finding("Cluster", "access", "off", "not set up", todo)


def _check_context(path: Path) -> Finding:
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        found = f"{path} cannot be read: {str(error).splitlines()[0]}"
        return Finding("Cluster", "access", "missing", found, "Correct the file")
    context = content.get("current-context") if isinstance(content, dict) else None
    if context:
        return Finding("Cluster", "access", "ok", f"{path}, context {context}")
    todo = "Choose one: kubectl config use-context NAME"
    return Finding("Cluster", "access", "missing", f"{path} has no current context", todo)


def _check_metaflow() -> Finding:
    """Look at what Metaflow is told of the cluster."""
    config = metaflow_settings()
    lacking = [example for name, example in SETTINGS.items() if not getattr(config, name, None)]
    if config is not None and not lacking:
        found = f"deploys to namespace {config.KUBERNETES_NAMESPACE}, keeps runs in "
        return Finding("Cluster", "settings", "ok", found + str(config.DATASTORE_SYSROOT_S3))
    if len(lacking) >= len(SETTINGS) - 1:  # the namespace has a default
        todo = 'To deploy flows: eval "$(make -s cluster-env)"'
        return Finding("Cluster", "settings", "off", "Metaflow is not told of a cluster", todo)
    found = f"Metaflow is not told {', '.join(example.partition('=')[0] for example in lacking)}"
    return Finding("Cluster", "settings", "missing", found, f"Set {' '.join(lacking)}")


def _ask_cluster() -> Iterator[Finding]:
    """Ask the cluster itself."""
    from zarr_linked_data.cli.doctor.argo import check_accounts, check_argo, check_rights
    from zarr_linked_data.workflows.cluster import Cluster

    try:
        cluster = Cluster()
        version = _version_of(cluster)
        yield Finding("Cluster", "Kubernetes", "ok", f"{version}, {cluster.host}")
        yield check_argo(cluster)
        yield check_rights(cluster)
        yield from check_accounts(cluster)
    except WorkflowError as error:
        yield Finding("Cluster", "Kubernetes", "missing", str(error))


def _version_of(cluster: "Cluster") -> str:
    from kubernetes import client

    from zarr_linked_data.workflows.cluster import TIMEOUT_S

    api = client.VersionApi(cluster.client)
    found = cluster.ask("reach it", lambda: api.get_code(_request_timeout=TIMEOUT_S))
    return str(found.git_version) if found else "of no known version"
