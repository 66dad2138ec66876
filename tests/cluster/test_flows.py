"""The flows on Argo, created and started by the commands that people type."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from tests.cluster.amounts import requested
from tests.cluster.commands import (
    STORE,
    eventually,
    forwarded,
    get,
    kubectl,
    phase,
    succeeded,
    workflow,
)
from tests.terminal import ZLD

SAMPLE = "https://lab.example/id/sample1"


def zld(*arguments):
    """The words of a command line of zld."""
    return sys.executable, "-c", ZLD, *arguments


@pytest.fixture(scope="module")
def store():
    return f"{STORE}/three-flows.zarr"


def test_the_three_flows_make_a_store_consolidate_it_and_get_an_array(shell, store):
    for flow in ("fake_data", "consolidate_metadata", "retrieval"):
        shell.create(flow, ZLD_STORE=store)
    succeeded(shell.trigger("fake_data", path_for_store=store, shape="20,30"))
    name = shell.trigger("consolidate_metadata", path_for_store=store, shards=3)
    asked = []
    eventually(lambda: asked.append(used()) or phase(name) in {"Succeeded", "Failed"}, every=0.5)
    succeeded(name)
    assert max(cores for cores, _ in asked) <= 1.5
    assert max(size for _, size in asked) <= 3 * 2**30
    file = store.replace(".zarr", ".npy")
    succeeded(shell.trigger("retrieval", path_for_store=store, uri=SAMPLE, path_save=file))
    shell.zld("copy", store, "here.zarr")
    shell.zld("get", SAMPLE, "-o", "here.npy", "here.zarr")
    expected = np.load(shell.folder / "here.npy")
    assert expected.shape == (20, 30)
    assert shell.zld("verify", file, SAMPLE, store)
    code = (
        "import sys; from zarr_linked_data.lookup.files import load_values as l; import numpy as n"
    )
    code += "; n.save('there.npy', l(sys.argv[1]))"
    shell.succeed(sys.executable, "-c", code, file)
    assert (shell.folder / "there.npy").read_bytes() == (shell.folder / "here.npy").read_bytes()


def used():
    """What all pods ask for now: cores, bytes."""
    pods = get("pods")["items"]
    return requested(pods, "cpu"), requested(pods, "memory")


def last_run(shell, flow):
    return shell.zld("runs", "list", "--flow", flow)[0]


def test_runs_are_listed_and_shown_as_argo_sees_them(shell, store):
    run = last_run(shell, "RetrievalFlow")
    assert run["phase"] == "Succeeded"
    assert not run["scheduled"]
    page = shell.zld("runs", "show", run["run"])
    assert page["parameters"]["uri"] == SAMPLE
    assert [step["name"] for step in page["steps"]] == ["start", "retrieve", "end"]
    assert {step["phase"] for step in page["steps"]} == {"Succeeded"}


def test_a_run_that_is_unknown_is_one_line_with_a_near_one(shell):
    run = last_run(shell, "RetrievalFlow")["run"]
    done = shell.run(*zld("runs", "show", run + "x"))
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: No run {run}x in namespace 'argo'")
    assert f"Did you mean {run}?" in done.stderr


def test_logs_of_steps_are_read_after_their_pods_are_gone(shell):
    run = last_run(shell, "FakeDataFlow")["run"]
    lines = shell.zld("runs", "logs", run)
    assert {line["step"] for line in lines} >= {"start", "write", "end"}
    some = shell.zld("runs", "logs", f"FakeDataFlow/{run}", "--step", "end")
    assert {line["step"] for line in some} == {"end"}
    done = shell.run(*zld("runs", "logs", run, "--step", "nonsense"))
    assert "has no step 'nonsense' that began. Those that did: end, start, write." in done.stderr


def test_a_synced_run_is_there_for_metaflows_client_its_card_and_logs(shell):
    run = last_run(shell, "RetrievalFlow")["run"]
    assert shell.zld("runs", "sync", run) == {"run": f"RetrievalFlow/{run}", "tasks": 3}
    code = (
        "import sys, metaflow; metaflow.namespace(None); r = metaflow.Run(sys.argv[1]);"
        "print(r.successful, r.finished, r['start'].task.successful)"
    )
    shown = shell.succeed(sys.executable, "-c", code, f"RetrievalFlow/{run}")
    assert shown == "True True True\n"
    task = shell.flow("retrieval", "card", "get", f"{run}/end")
    assert task.returncode == 0, task.stdout + task.stderr
    assert "<h1>The array of sample1</h1>" in task.stdout
    logs = shell.flow("retrieval", "logs", "show", f"{run}/end")
    assert logs.returncode == 0, logs.stdout + logs.stderr


def test_a_synced_run_can_be_resumed_here(shell):
    run = last_run(shell, "ConsolidateMetadataFlow")["run"]
    shell.zld("runs", "sync", run)
    done = shell.flow("consolidate_metadata", "resume", "--origin-run-id", run, "end")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Done!" in done.stdout + done.stderr


def test_the_argo_server_lists_the_run_for_who_shows_a_token(shell):
    run = last_run(shell, "RetrievalFlow")["run"].removeprefix("argo-")
    token = kubectl("create", "token", "zld-deployer").strip()
    with forwarded("argo-server", 2746) as port:
        url = f"https://127.0.0.1:{port}/api/v1/workflows/argo"
        command = ["curl", "-sk", "-H", f"Authorization: Bearer {token}", url]
        listed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        names = [each["metadata"]["name"] for each in listed["items"]]
        assert run in names
        refused = subprocess.run(["curl", "-sk", url], capture_output=True, text=True, check=True)
        assert "not valid" in refused.stdout or "Unauthenticated" in refused.stdout


@pytest.mark.parametrize(
    "uri",
    [
        "http://x.example/a b",
        "http://x.example/'quoted'",
        'http://x.example/"quoted"',
        "http://x.example/back\\slash",
        "http://x.example/*?[a]&b;c|d>e#f!g~(h){i}",
    ],
)
def test_a_uri_reaches_a_flow_unchanged(shell, store, uri):
    file = f"{STORE}/{abs(hash(uri))}.npy"
    name = shell.trigger("retrieval", path_for_store=store, uri=uri, path_save=file)
    eventually(lambda: phase(name) == "Failed", timeout=300)
    said = " ".join(line["text"] for line in shell.zld("runs", "logs", f"argo-{name}"))
    assert f"{uri!r}" in said, said


@pytest.mark.parametrize("uri", ["http://x/$HOME", "http://x/`id`", "http://x/é", "http://x/$(id)"])
def test_a_uri_that_a_pods_shell_would_change_is_refused_before_it_starts(shell, store, uri):
    before = len(get("workflows")["items"])
    done = shell.flow("retrieval", "argo-workflows", "trigger", "--uri", uri)
    assert done.returncode != 0
    assert re.search(r"--uri holds .*, which the shell of an Argo pod would change", done.stderr)
    assert len(get("workflows")["items"]) == before


def test_no_step_asked_an_outside_host(shell):
    run = last_run(shell, "RetrievalFlow")["run"].removeprefix("argo-")
    templates = workflow(run)["status"]["storedWorkflowTemplateSpec"]["templates"]
    assert not [each for each in templates if "http" in each]
