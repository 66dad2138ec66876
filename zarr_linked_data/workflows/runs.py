"""Runs of flows on Argo: what the Workflow objects say of them.

Metaflow's own `argo-workflows status` says "Pending" of all that runs where there is no metadata
service; Argo's controller knows better.
"""

import base64
import gzip
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from zarr_linked_data.errors import NotFoundError
from zarr_linked_data.workflows.cluster import Cluster

PREFIX = "argo-"
"""Metaflow's run id is this and the name of the Workflow."""

CRON = "workflows.argoproj.io/cron-workflow"
TEMPLATE = "workflows.argoproj.io/workflow-template"

HOOK = ".onExit"
"""Ends the name of what Metaflow does after a run that failed: no step of the flow."""

ERROR = re.compile(r"Error: (?!exit status).+?(?= \[save_logs\]| time=\"|$)")
"""What a step of ours says when it ends, in the output that Argo takes for a pod's message."""

WAITING = "Pending"
"""What has no phase yet: the controller has not looked at it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One task of a run: a step, or one of its splits."""

    name: str
    phase: str
    tries: int
    started: datetime | None
    finished: datetime | None
    message: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a flow on Argo."""

    id: str
    """As Metaflow calls it: `argo-` and the name of the Workflow."""
    flow: str
    phase: str
    """Argo's: Pending, Running, Succeeded, Failed or Error."""
    created: datetime
    started: datetime | None
    finished: datetime | None
    progress: str
    """Tasks done and known so far, as `3/4`."""
    scheduled: bool
    message: str
    parameters: Mapping[str, Any]
    steps: tuple[Step, ...]

    @property
    def seconds(self) -> float | None:
        """How long it took, or has taken until now; None where it has not started."""
        if self.started is None:
            return None
        return ((self.finished or datetime.now(UTC)) - self.started).total_seconds()


def list_runs(cluster: Cluster, flow: str | None = None) -> list[Run]:
    """Give the runs that the cluster still knows, the latest first."""
    runs = [read_run(workflow) for workflow in cluster.list("workflows")]
    chosen = [run for run in runs if flow is None or flow.lower() in _names(run)]
    if flow is not None and not chosen:
        raise NotFoundError(
            f"No run of {flow!r} in namespace {cluster.namespace!r}. "
            f"Flows that ran: {', '.join(sorted({run.flow for run in runs})) or 'none'}."
        )
    return sorted(chosen, key=lambda run: run.created, reverse=True)


def _names(run: Run) -> set[str]:
    """Give what a flow is called: by its class, and by its template."""
    return {run.flow.lower(), run.id.removeprefix(PREFIX).rpartition("-")[0]}


def find_run(cluster: Cluster, run_id: str) -> Run:
    """Give one run, by its id with or without `argo-`; of a flow's name the latest run.

    Raises
    ------
    NotFoundError
        The cluster knows no such run; the message names near ones.
    """
    name = run_id.rpartition("/")[2].removeprefix(PREFIX)
    # Kubernetes takes no capitals in names, and a flow's begins with one.
    workflow = cluster.get("workflows", name) if name.islower() else None
    if workflow is not None:
        return read_run(workflow)
    runs = list_runs(cluster)
    for run in runs:
        if name.lower() in _names(run):
            return run
    near = get_close_matches(name, [run.id.removeprefix(PREFIX) for run in runs], n=1)
    hint = f"Did you mean {PREFIX}{near[0]}?" if near else "`zld runs list` shows those it knows."
    raise NotFoundError(
        f"No run {PREFIX}{name} in namespace {cluster.namespace!r}; Argo forgets old ones. {hint}"
    )


def wait_for(cluster: Cluster, run: Run, every_s: float = 1.0) -> Run:
    """Wait until a run has ended, and give it as it is then.

    Raises
    ------
    NotFoundError
        It was removed meanwhile.
    """
    while run.finished is None:
        time.sleep(every_s)
        run = find_run(cluster, run.id)
    return run


def read_run(workflow: Mapping[str, Any]) -> Run:
    """Read a run from its Workflow object."""
    metadata, status = workflow["metadata"], workflow.get("status") or {}
    labels = metadata.get("labels") or {}
    template = workflow["spec"].get("workflowTemplateRef", {}).get("name", "")
    return Run(
        id=PREFIX + metadata["name"],
        flow=(metadata.get("annotations") or {}).get("metaflow/flow_name") or template,
        phase=status.get("phase") or WAITING,
        created=datetime.fromisoformat(metadata["creationTimestamp"]),
        started=_time(status.get("startedAt")),
        finished=_time(status.get("finishedAt")),
        progress=status.get("progress", ""),
        scheduled=CRON in labels,
        message=_said(status.get("message")),
        parameters=dict(_parameters(workflow)),
        steps=tuple(_steps(_nodes(status))),
    )


def _parameters(workflow: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give the parameters that the run was started with; Metaflow writes each as JSON."""
    for parameter in workflow["spec"].get("arguments", {}).get("parameters", ()):
        value = parameter.get("value")
        try:
            yield parameter["name"], json.loads(value)
        except (TypeError, ValueError):
            yield parameter["name"], value


def _nodes(status: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give the nodes of a run; Argo compresses many."""
    packed = status.get("compressedNodes")
    if packed:
        nodes: dict[str, dict[str, Any]] = json.loads(gzip.decompress(base64.b64decode(packed)))
        return nodes
    return status.get("nodes") or {}


def _steps(nodes: Mapping[str, Mapping[str, Any]]) -> Iterator[Step]:
    """Give the tasks, in the order in which they started."""
    tried = {
        child
        for node in nodes.values()
        if node["type"] == "Retry"
        for child in node.get("children", ())
    }
    tasks = [
        node
        for key, node in nodes.items()
        if (node["type"] == "Retry" or (node["type"] == "Pod" and key not in tried))
        and not node["name"].endswith(HOOK)
    ]
    for task in sorted(tasks, key=lambda node: node.get("startedAt") or "~"):
        pods = [nodes[key] for key in task.get("children", ()) if key in nodes]
        pods = [pod for pod in pods if pod["type"] == "Pod"] if task["type"] == "Retry" else [task]
        messages = [_said(pod.get("message")) for pod in pods]
        yield Step(
            name=task.get("displayName") or task["name"],
            phase=task.get("phase") or WAITING,
            tries=len(pods),
            started=_time(task.get("startedAt")),
            finished=_time(task.get("finishedAt")),
            message=next(filter(None, [*reversed(messages), _one_line(task.get("message"))]), ""),
        )


def _time(text: str | None) -> datetime | None:
    """Read a time stamp of Kubernetes."""
    return datetime.fromisoformat(text) if text else None


def _said(text: str | None) -> str:
    """Put a message on one line; where it is a pod's last output, the error in it."""
    line = _one_line(text)
    found = ERROR.search(line)
    return found[0] if found else line


def _one_line(text: str | None) -> str:
    """Put a message on one line."""
    return " ".join((text or "").split())
