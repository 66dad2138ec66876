"""The namespace of a cluster in which flows run, asked in the way that Metaflow asks it."""

import json
import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from urllib3.exceptions import HTTPError

from zarr_linked_data.errors import WorkflowError

GROUP, VERSION = "argoproj.io", "v1alpha1"

TIMEOUT_S = (5, 30)
"""To connect, and to be answered."""

PAGE = 100
"""Objects asked for at once: a Workflow has 10 kB and more."""

FORBIDDEN, NOT_FOUND, UNAUTHORIZED = 403, 404, 401

T = TypeVar("T")


class Cluster:
    """A namespace of the cluster that KUBECONFIG, this pod, or `~/.kube/config` names."""

    def __init__(self, namespace: str | None = None) -> None:
        """Connect; nothing is asked yet.

        Raises
        ------
        WorkflowError
            No cluster is named, or not in a way that can be understood.
        """
        from kubernetes import client, config

        try:
            settings = client.Configuration()
            if os.environ.get("KUBECONFIG") or "KUBERNETES_SERVICE_HOST" not in os.environ:
                files = os.environ.get("KUBECONFIG") or "~/.kube/config"
                config.load_kube_config(files, client_configuration=settings)
            else:
                config.load_incluster_config(client_configuration=settings)
        except (config.ConfigException, OSError, ValueError) as error:
            raise WorkflowError(
                f"No cluster is set up here: {_one_line(error)}. Set KUBECONFIG, or choose one "
                "with `kubectl config use-context NAME`."
            ) from error
        settings.retries = 1
        self.host = str(settings.host)
        self.namespace = namespace or _metaflow_namespace()
        self.client = client.ApiClient(settings)
        self._objects = client.CustomObjectsApi(self.client)

    def list(self, plural: str, labels: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """Give all of Argo's objects of a kind, as `workflows`, that have these labels."""
        selector = ",".join(f"{name}={value}" for name, value in (labels or {}).items())
        found: list[dict[str, Any]] = []
        after: str | None = ""
        while after is not None:
            ask = partial(
                self._objects.list_namespaced_custom_object,
                GROUP,
                VERSION,
                self.namespace,
                plural,
                label_selector=selector,
                limit=PAGE,
                _continue=after,
                _request_timeout=TIMEOUT_S,
            )
            page: dict[str, Any] = self.ask(f"list {plural}", ask) or {}
            found += page.get("items", ())
            after = page.get("metadata", {}).get("continue") or None
        return found

    def get(self, plural: str, name: str) -> dict[str, Any] | None:
        """Give one of Argo's objects; None where there is none of that name."""
        return self.ask(
            f"read {plural} {name!r}",
            lambda: self._objects.get_namespaced_custom_object(
                GROUP, VERSION, self.namespace, plural, name, _request_timeout=TIMEOUT_S
            ),
        )

    def ask(self, what: str, call: Callable[[], T]) -> T | None:
        """Do a call to the cluster; None where what is asked for is not there.

        Raises
        ------
        WorkflowError
            The cluster does not answer, or refuses.
        """
        from kubernetes.client import ApiException

        try:
            return call()
        except ApiException as error:
            if error.status == NOT_FOUND:
                return None
            raise WorkflowError(self._refusal(what, error.status, error.body)) from error
        except (HTTPError, OSError) as error:
            raise WorkflowError(
                f"Cannot {what}: the cluster at {self.host} does not answer "
                f"({type(error).__name__}). Start it, or choose another with KUBECONFIG."
            ) from error

    def _refusal(self, what: str, status: int, body: str | None) -> str:
        """Say what the cluster refuses, and what to do."""
        found = _message(body) or f"HTTP {status}"
        if status == UNAUTHORIZED:
            return f"Cannot {what}: the cluster at {self.host} does not know us ({found}). Log in."
        if status == FORBIDDEN:
            return (
                f"Cannot {what} in namespace {self.namespace!r}: {found}. "
                "Use an account that is bound to the Role zld-deployer."
            )
        return f"Cannot {what}: the cluster says {found}. Ask again, or look at its state."


def _metaflow_namespace() -> str:
    """Give the namespace that Metaflow deploys to."""
    from metaflow.metaflow_config import KUBERNETES_NAMESPACE

    return str(KUBERNETES_NAMESPACE or "default")


def _message(body: str | None) -> str:
    """Give what Kubernetes says in an answer."""
    try:
        return _one_line(json.loads(body or "{}").get("message", ""))
    except (ValueError, AttributeError):
        return ""


def _one_line(text: object) -> str:
    """Put a message on one line, without the full stop."""
    return " ".join(str(text).split()).rstrip(".")
