"""The overlays as Kubernetes gets them: built by kubectl, read into Python."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DIGEST = "sha256:" + "0" * 63 + "1"
"""For tests of the overlay for production, in a copy: no digest is made up in the repository."""

OVERLAYS = ["minikube", "k3s", "production", "tests"]

REGISTRY = "registry.example.org/lab"

PINNED = {
    "apiVersion": "kustomize.config.k8s.io/v1alpha1",
    "kind": "Component",
    "images": [
        {"name": "zarr-linked-data", "newName": f"{REGISTRY}/zarr-linked-data", "digest": DIGEST},
        {"name": "zarr-linked-data-vscode", "newName": f"{REGISTRY}/vscode", "digest": DIGEST},
        {"name": "quay.io/argoproj/workflow-controller", "digest": DIGEST},
        {"name": "quay.io/argoproj/argocli", "digest": DIGEST},
    ],
    "patches": [
        {
            "target": {"kind": "Deployment", "name": "workflow-controller"},
            "patch": f"""
- op: replace
  path: /spec/template/spec/containers/0/args/2
  value: quay.io/argoproj/argoexec@{DIGEST}
""",
        }
    ],
}


def kustomize(folder):
    """Build an overlay, or give what kubectl says instead."""
    if not shutil.which("kubectl"):
        pytest.skip("needs kubectl, which builds the overlays")
    return subprocess.run(
        ["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=False
    )


@cache
def built(overlay, temporary):
    """Give the objects of an overlay; that for production with digests, in a copy."""
    folder = ROOT / "tests/cluster/overlay"
    if overlay != "tests":
        folder = ROOT / "manifests/overlays" / overlay
    if overlay == "production":
        shutil.copytree(ROOT / "manifests", temporary / "manifests", dirs_exist_ok=True)
        folder = temporary / "manifests/overlays/production"
        pins = folder / "pinned-by-make-pin"
        pins.mkdir(exist_ok=True)
        (pins / "kustomization.yaml").write_text(yaml.safe_dump(PINNED))
    done = kustomize(folder)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def templates(objects):
    """Give each object that makes pods, and the pod that it makes."""
    for thing in objects:
        if "template" in thing.get("spec", {}):
            yield thing, thing["spec"]["template"]


def containers(template):
    """Give the containers of a pod, those that only start it too."""
    return [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]


def named(objects, kind, name):
    """Give one object."""
    (found,) = (
        thing for thing in objects if (thing["kind"], thing["metadata"]["name"]) == (kind, name)
    )
    return found
