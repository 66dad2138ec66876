"""Whether flows can be deployed on a cluster from this machine."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from zarr_linked_data.cli.doctor.finding import Finding
from zarr_linked_data.cli.doctor.metaflow import metaflow_settings

POD_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


def check_cluster() -> Iterator[Finding]:
    """Look at what deploying a flow needs; the cluster itself is not asked."""
    yield _check_kubectl()
    yield _check_access()
    yield _check_runs()


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


def _check_runs() -> Finding:
    """Look where flows on a cluster keep their runs: a laptop's folder is not there."""
    root = getattr(metaflow_settings(), "DATASTORE_SYSROOT_S3", None)
    if root:
        return Finding("Cluster", "runs", "ok", f"flows keep their runs in {root}")
    todo = "Set METAFLOW_DATASTORE_SYSROOT_S3=s3://bucket/metaflow to deploy flows"
    return Finding("Cluster", "runs", "off", "no place in S3 for the runs of flows", todo)
