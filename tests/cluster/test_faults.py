"""What goes wrong on a cluster, and that the result is right all the same."""

import subprocess
import sys
import time

import pytest

from tests.cluster.commands import (
    PROJECT,
    STORE,
    eventually,
    get,
    kubectl,
    phase,
    succeeded,
    workflow,
)
from tests.terminal import ZLD

DATA = PROJECT / "data/campaign.jsonld"
WORKFLOW = "workflows.argoproj.io/workflow"


@pytest.fixture
def lab(shell, request):
    """A store in MinIO of 600 nodes, and the same in a folder."""
    url = f"{STORE}/{request.node.name.replace('_', '-')}.zarr"
    shell.zld("fake", "--shape", "3,3", "--copies", "25", DATA, "here.zarr")
    shell.zld("copy", "here.zarr", url)
    return url


def same_metadata(shell, url):
    """Tell whether a store has the metadata that one process alone makes of it."""
    expected = shell.zld("consolidate", "here.zarr")
    found = shell.zld("consolidate", "--full", url)
    assert found["changed"] == 0, "what the flow left was not what is there"
    return found["generation"] == expected["generation"]


def pods_of(name, step):
    """Give the pods of a step that there are now."""
    pods = get("pods", "-l", f"{WORKFLOW}={name}")["items"]
    return {pod["metadata"]["uid"] for pod in pods if f"-{step}-" in pod["metadata"]["name"]}


def running_pod(name, step):
    """Wait for the pod of a step, and give its name once it runs."""

    def find():
        for pod in get("pods", "-l", f"{WORKFLOW}={name}")["items"]:
            node = pod["metadata"]["annotations"].get("workflows.argoproj.io/node-name", "")
            if f".{step}" in node and pod["status"]["phase"] == "Running":
                return pod["metadata"]["name"]
        return None

    return eventually(find, every=0.3, what=f"the pod of {step}")


def test_a_sharded_consolidation_equals_one_by_one_process(shell, lab):
    shell.create("consolidate_metadata")
    succeeded(shell.trigger("consolidate_metadata", path_for_store=lab, shards=4))
    assert same_metadata(shell, lab)


def test_a_pod_killed_in_the_middle_of_a_step_is_retried(shell):
    url = f"{STORE}/killed.zarr"
    shell.create("fake_data")
    name = shell.trigger("fake_data", path_for_store=url, shape="30,30", copies=400)
    pod = running_pod(name, "write")
    begun = "Task is starting."
    eventually(lambda: begun in kubectl("logs", pod, "-c", "main"), every=0.2, what=begun)
    time.sleep(2)
    uid = get("pod", pod)["metadata"]["uid"]
    kubectl("delete", "pod", pod, "--grace-period=0", "--force")
    # Argo makes the pod again, by the same name, or counts the try and makes another.
    eventually(lambda: pods_of(name, "write") - {uid}, every=0.3, what="another pod")
    succeeded(name)
    shell.zld("fake", "--shape", "30,30", "--copies", "400", DATA, "here.zarr")
    shell.zld("copy", url, "there.zarr")
    done = subprocess.run(["diff", "-r", "here.zarr", "there.zarr"], cwd=shell.folder, check=False)
    assert done.returncode == 0


def test_minio_restarted_during_a_consolidation(shell, lab):
    shell.create("consolidate_metadata")
    name = shell.trigger("consolidate_metadata", path_for_store=lab, shards=2)
    running_pod(name, "read")
    kubectl("delete", "pod", "minio-0")
    kubectl("rollout", "status", "statefulset/minio", "--timeout=120s")
    succeeded(name, timeout=900)
    assert same_metadata(shell, lab)


def test_two_consolidations_at_once_leave_one_whole_state(shell, lab):
    names = [shell.trigger("consolidate_metadata", path_for_store=lab) for _ in range(2)]
    for name in names:
        eventually(lambda name=name: phase(name) in {"Succeeded", "Failed"}, timeout=600)
    ends = sorted(phase(name) for name in names)
    assert "Succeeded" in ends
    for name in names:
        if phase(name) != "Succeeded":
            said = " ".join(line["text"] for line in shell.zld("runs", "logs", f"argo-{name}"))
            assert "Error: " in said
    assert same_metadata(shell, lab)
    done = shell.run(sys.executable, "-c", ZLD, "check", lab)
    assert done.stdout == "Nothing is wrong.\n"


def test_a_scheduled_flow_is_a_cron_workflow_that_argo_runs(shell, lab):
    shell.create("consolidate_metadata", ZLD_STORE=lab)
    cron = get("cronworkflow", "consolidatemetadataflow")
    assert cron["spec"]["schedules"] == ["0 0 * * ?"]
    minutely = '{"spec": {"schedules": ["* * * * *"]}}'
    kubectl("patch", "cronworkflow", "consolidatemetadataflow", "--type=merge", "-p", minutely)
    try:
        name = eventually(scheduled, timeout=150, what="a scheduled run")
    finally:
        shell.create("consolidate_metadata", ZLD_STORE=lab)  # daily again
    succeeded(name)
    (run,) = [run for run in shell.zld("runs", "list") if run["run"] == f"argo-{name}"]
    assert run["scheduled"]
    (found,) = shell.zld("runs", "watch", "--once")
    assert (found["flow"], found["state"]) == ("consolidatemetadataflow", "ok")
    assert found["last_success"]
    assert workflow(name)["metadata"]["labels"]["workflows.argoproj.io/cron-workflow"]


def scheduled():
    """Give the name of a run that the schedule started."""
    label = "workflows.argoproj.io/cron-workflow=consolidatemetadataflow"
    found = get("workflows", "-l", label)["items"]
    return found[-1]["metadata"]["name"] if found else None
