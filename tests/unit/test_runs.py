"""Runs on Argo, as its Workflow objects tell of them."""

import base64
import gzip
import json
from datetime import UTC, datetime

import pytest

from zarr_linked_data.workflows.runs import read_run

NODES = {
    "f-1": {"type": "DAG", "name": "f", "displayName": "f", "phase": "Failed"},
    "f-2": {
        "type": "Pod",
        "name": "f.start",
        "displayName": "start",
        "phase": "Succeeded",
        "startedAt": "2026-11-21T10:00:01Z",
        "finishedAt": "2026-11-21T10:00:09Z",
    },
    "f-3": {
        "type": "Retry",
        "name": "f.write",
        "displayName": "write",
        "phase": "Failed",
        "message": "No more retries left",
        "startedAt": "2026-11-21T10:00:10Z",
        "finishedAt": "2026-11-21T10:00:40Z",
        "children": ["f-4", "f-5"],
    },
    "f-4": {"type": "Pod", "name": "f.write(0)", "displayName": "write(0)", "phase": "Failed"},
    "f-5": {"type": "Pod", "name": "f.write(1)", "displayName": "write(1)", "phase": "Failed"},
}


def workflow(**status):
    return {
        "metadata": {
            "name": "fakedataflow-x7k2p",
            "creationTimestamp": "2026-11-21T09:59:59Z",
            "annotations": {"metaflow/flow_name": "FakeDataFlow"},
            "labels": {"workflows.argoproj.io/cron-workflow": "fakedataflow"},
        },
        "spec": {
            "workflowTemplateRef": {"name": "fakedataflow"},
            "arguments": {"parameters": [{"name": "copies", "value": "3"}, {"name": "x"}]},
        },
        "status": status,
    }


def test_a_run_says_what_it_is_and_how_it_went():
    run = read_run(
        workflow(
            phase="Failed",
            progress="1/2",
            startedAt="2026-11-21T10:00:00Z",
            finishedAt="2026-11-21T10:00:41Z",
            message="child\n'write' failed",
            nodes=NODES,
        )
    )
    assert (run.id, run.flow, run.phase) == ("argo-fakedataflow-x7k2p", "FakeDataFlow", "Failed")
    assert run.started == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert run.seconds == 41
    assert run.scheduled
    assert run.message == "child 'write' failed"
    assert run.parameters == {"copies": 3, "x": None}


def test_attempts_of_a_step_are_one_step_tried_again():
    start, write = read_run(workflow(phase="Failed", nodes=NODES)).steps
    assert (start.name, start.tries, start.phase) == ("start", 1, "Succeeded")
    assert (write.name, write.tries, write.message) == ("write", 2, "No more retries left")


def test_many_nodes_which_argo_compresses_are_read():
    packed = base64.b64encode(gzip.compress(json.dumps(NODES).encode())).decode()
    assert len(read_run(workflow(phase="Running", compressedNodes=packed)).steps) == 2


@pytest.mark.parametrize("empty", [{}, {"phase": ""}])
def test_a_run_that_argo_has_not_looked_at_is_pending(empty):
    run = read_run(workflow(**empty))
    assert (run.phase, run.started, run.seconds, run.steps) == ("Pending", None, None, ())


def test_a_run_without_metaflows_notes_goes_by_its_template():
    plain = workflow()
    del plain["metadata"]["annotations"]
    assert read_run(plain).flow == "fakedataflow"


POD_SAID = """main: Error (exit code 1): time="2026" level=info msg="capturing logs" argo=true
Task is starting. [save_logs] files=[] elapsed_seconds=0.087
Error: No entity 'http://x/"q"' in 's3://zld/lab.zarr'. List what is there with `zld ls`.
[save_logs] upload_start datastore=s3
time="2026" level=info msg="sub-process exited" Error: exit status 1"""


def test_of_what_a_pod_printed_the_error_is_shown():
    nodes = {**NODES, "f-5": NODES["f-5"] | {"message": POD_SAID}}
    step = read_run(workflow(phase="Failed", nodes=nodes)).steps[1]
    assert step.message == (
        """Error: No entity 'http://x/"q"' in 's3://zld/lab.zarr'. """
        "List what is there with `zld ls`."
    )


def test_what_metaflow_does_after_a_failure_is_no_step():
    hook = NODES["f-2"] | {"name": "f.onExit", "displayName": "capture-error"}
    assert len(read_run(workflow(phase="Failed", nodes={**NODES, "f-9": hook})).steps) == 2
