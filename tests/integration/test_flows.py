"""The flows, run as people run them: by Metaflow, each step a process of its own."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import zarr
from metaflow import Runner

from tests.golden import check_golden, steady
from zarr_linked_data import linked_store
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.fake import FakePlan
from zarr_linked_data.lookup.files import load_values
from zarr_linked_data.metadata import read_head
from zarr_linked_data.storage import open_storage

PROJECT = Path(__file__).parents[2]
DATA = PROJECT / "data/campaign.jsonld"
SAMPLE = "https://lab.example/id/sample1"
PARAMETERS = {
    "fake_data": "path_for_data path_for_store data_level hierarchy shape copies seed",
    "consolidate_metadata": "path_for_store shards",
    "retrieval": "path_for_store uri path_save",
}


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    """A folder of its own, and nothing of who runs the tests, not even a name."""
    for name in os.environ:
        if name.startswith("METAFLOW_") or name in {"SUDO_USER", "USERNAME", "USER"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("METAFLOW_HOME", str(tmp_path / "home"))
    (tmp_path / ".metaflow").mkdir()
    monkeypatch.chdir(tmp_path)


def run(flow, *arguments, before=("--no-pylint",)):
    """Run a flow's file with arguments, some of them before the command."""
    command = [PROJECT / f"flows/{flow}_flow.py", *before, *arguments]
    return subprocess.run(
        [sys.executable, *map(str, command)], capture_output=True, text=True, check=False
    )


def succeed(*arguments, **options):
    """Run a flow that must succeed, and give what it said on standard output and error."""
    done = run(*arguments, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, done.stderr


def refusal(*arguments):
    """Run a flow that must fail, and give the one line that says why."""
    done = run(*arguments)
    said = done.stdout + done.stderr
    assert done.returncode != 0, said
    assert "Traceback" not in said
    (line,) = [line for line in said.splitlines() if "Error: " in line]
    return line.partition("Error: ")[2]


def fake(place, shape="4,5"):
    """Make a store as the command line does."""
    storage = open_storage(place, create=True)
    FakePlan.from_words(str(DATA), shape=shape, copies=2).write(storage)
    return storage


def consolidated(place, shape="4,5"):
    consolidate(fake(place, shape))


def generation(place):
    return read_head(open_storage(place)).generation


def contents(place):
    """Every object of a store, save ours."""
    storage = open_storage(place)
    keys = [found.key for found in storage.list()]
    return {key: storage.read(key) for key in keys if not key.startswith(("__zld", ".all"))}


def card():
    """The page that the only run has made."""
    (path,) = Path(".metaflow").rglob("cards/zld_page-*.html")
    return path.read_text()


def loads_nothing(page):
    """Tell whether a page is whole without a network."""
    return not re.search(r"<(script|link|iframe)|@import|url\(|src=\"(?!data:)", page)


def test_the_fake_data_flow_makes_the_store_that_the_command_line_makes():
    succeed("fake_data", "run", "--path_for_data", DATA, "--shape", "4,5", "--copies", "2")
    fake("expected.zarr")
    assert contents("lab.zarr") == contents("expected.zarr")
    page = card()
    assert loads_nothing(page)
    for words in ("sample1Dataset", "SampleChemical", "51 nodes", "lab.zarr", "zld consolidate"):
        assert words in page


@pytest.mark.parametrize("shards", [1, 3])
def test_any_number_of_shards_gives_the_generation_of_one_reader(shards):
    fake("lab.zarr")
    expected = consolidate(fake("expected.zarr")).generation
    succeed("consolidate_metadata", "run", "--shards", shards)
    assert generation("lab.zarr") == expected
    page = card()
    assert loads_nothing(page)
    for words in (expected, "sample1Dataset", "SampleChemical", ">51<", "New or changed"):
        assert words in page


def test_the_retrieval_flow_writes_the_array_of_a_uri():
    consolidated("lab.zarr")
    succeed("retrieval", "run", "--path_save", "sample.csv")
    expected = linked_store.open("lab.zarr")[SAMPLE].read()
    assert np.array_equal(load_values("sample.csv"), expected)
    page = card()
    assert loads_nothing(page)
    for words in ("data:image/png", SAMPLE, "measuredOn", "4 × 5 float64", "zld verify"):
        assert words in page


def test_a_notebook_can_run_a_flow():
    consolidated("lab.zarr")
    flow = str(PROJECT / "flows/retrieval_flow.py")
    with Runner(flow, pylint=False).run(uri=SAMPLE, path_save="one.npy") as running:
        assert running.status == "successful"
    assert np.load("one.npy").shape == (4, 5)


def test_stores_and_files_may_be_in_s3(s3_url):
    bucket, store = s3_url.rpartition("/")[0], ("--path_for_store", s3_url)
    data, file = f"{bucket}/campaign.jsonld", f"{bucket}/sample.npy"
    open_storage(bucket).write("campaign.jsonld", DATA.read_bytes())
    succeed("fake_data", "run", *store, "--path_for_data", data, "--shape", "4,5")
    succeed("consolidate_metadata", "run", *store, "--shards", "2")
    succeed("retrieval", "run", *store, "--path_save", file)
    root = zarr.open_group(open_storage(s3_url).zarr(), mode="r")
    array = root["batch1/preparation1/sample1/sample1Dataset"]
    assert np.array_equal(load_values(file), array[...])


KILLED = {
    "fake_data": ("write", "zarr_linked_data.fake.plan", "FakePlan.write"),
    "consolidate_metadata": ("commit", "zarr_linked_data.consolidate", "consolidate_shards"),
    "retrieval": ("retrieve", "zarr_linked_data.lookup.files", "save_values"),
}
"""Of each flow, the step that writes, and what it calls."""

KILL = """
import os, signal, sys
started = " ".join(sys.orig_argv)
if " step {step} " in started and " --retry-count 0 " in started:
    import {module} as module
    def work_and_die(*arguments, work=module.{work}, **options):
        work(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
    module.{work} = work_and_die
"""


@pytest.mark.parametrize("flow", KILLED)
def test_a_step_that_is_killed_when_it_has_written_runs_again(flow, tmp_path, monkeypatch):
    consolidated("expected.zarr")
    if flow != "fake_data":
        fake("lab.zarr")
    if flow == "retrieval":
        consolidate(open_storage("lab.zarr"))
    step, module, work = KILLED[flow]
    Path("sitecustomize.py").write_text(KILL.format(step=step, module=module, work=work))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    made = ("--path_for_data", DATA, "--shape", "4,5", "--copies", "2")
    options = made if flow == "fake_data" else ()
    said, _ = succeed(flow, "run", *options, before=("--no-pylint", "--with", "retry"))
    assert said.count("Task is starting (retry)") == 1
    assert contents("lab.zarr") == contents("expected.zarr")
    if flow == "consolidate_metadata":
        assert generation("lab.zarr") == generation("expected.zarr")
    if flow == "retrieval":
        assert np.array_equal(np.load("sample.npy"), linked_store.open("lab.zarr")[SAMPLE].read())


def test_a_new_store_never_takes_the_place_of_another():
    fake("lab.zarr")
    before = contents("lab.zarr")
    line = refusal("fake_data", "run", "--path_for_data", DATA, "--shape", "4,5")
    assert line.startswith(f"There is a store at {str(Path('lab.zarr').absolute())!r} already.")
    assert contents("lab.zarr") == before


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--shape", "4;5"), "The shape is '4;5'. Give whole numbers with commas"),
        (("--data_level", "Sampel"), "No entity is of the type 'Sampel'."),
        (("--path_for_data", "none.jsonld"), "none.jsonld"),
    ],
)
def test_a_store_that_cannot_be_made_is_refused_before_anything_is_written(arguments, line):
    assert line in refusal("fake_data", "run", "--path_for_data", DATA, *arguments)
    assert not Path("lab.zarr").exists()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--path_for_store", "none.zarr"), "Cannot open 'none.zarr': there is no such folder."),
        (("--shards", "0"), "Cannot make 0 shards: ask for 1 or more."),
    ],
)
def test_a_store_that_cannot_be_consolidated_is_refused(arguments, line):
    fake("lab.zarr")
    assert line in refusal("consolidate_metadata", "run", *arguments)
    assert read_head(open_storage("lab.zarr")) is None


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--uri", SAMPLE[:-1]), f"No entity {SAMPLE[:-1]!r}"),
        (("--path_save", "sample.txt"), "its suffix is '.txt'. Name a file that ends in .npy or"),
        (("--path_save", "sample.csv"), "A CSV file holds one or two dimensions"),
        (("--path_save", "taken.npy"), "'taken.npy' is there already. Choose another name"),
    ],
)
def test_an_array_that_cannot_be_retrieved_is_refused(arguments, line):
    consolidated("lab.zarr", shape="2,3,4")
    Path("taken.npy").write_text("mine")
    assert line in refusal("retrieval", "run", *arguments)
    assert Path("taken.npy").read_text() == "mine"
    assert not list(Path().glob("sample.*"))


@pytest.fixture
def cluster(s3_url, moto, monkeypatch):
    """What it takes to make templates: a store and Metaflow's files in S3."""
    monkeypatch.setenv("ZLD_STORE", s3_url)
    monkeypatch.setenv("METAFLOW_DEFAULT_DATASTORE", "s3")
    monkeypatch.setenv("METAFLOW_DEFAULT_METADATA", "local")
    monkeypatch.setenv("METAFLOW_DATASTORE_SYSROOT_S3", f"{s3_url.rpartition('/')[0]}/metaflow")
    monkeypatch.setenv("METAFLOW_S3_ENDPOINT_URL", moto.endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.mark.parametrize("flow", PARAMETERS)
def test_each_flow_becomes_a_template_for_argo(flow, cluster, s3_url):
    create = ("argo-workflows", "create", "--only-json")
    text, said = succeed(flow, *create, before=("--with", "retry"))
    assert "Pylint is happy" in said
    template = json.loads(text)
    assert template["kind"] == "WorkflowTemplate"
    given = template["spec"]["arguments"]["parameters"]
    values = {one["name"]: json.loads(one["value"]) for one in given}
    assert set(values) == set(PARAMETERS[flow].split())
    assert values["path_for_store"] == s3_url
    if flow == "retrieval":  # a pod's own disk is gone when it has ended
        assert values["path_save"] == s3_url.replace("campaign.zarr", "sample.npy")
    steps = {one["name"]: one for one in template["spec"]["templates"]}
    assert not steps["start"].get("retryStrategy")
    assert steps["end"]["retryStrategy"]["limit"] == 3


SETTINGS = {
    "METAFLOW_USER": "ada",
    "METAFLOW_KUBERNETES_NAMESPACE": "argo",
    "METAFLOW_KUBERNETES_SERVICE_ACCOUNT": "zld-runner",
    "METAFLOW_KUBERNETES_SECRETS": "zld-s3",
    "METAFLOW_KUBERNETES_CONTAINER_IMAGE": "zarr-linked-data:dev",
    "METAFLOW_KUBERNETES_CPU": "0.2",
    "METAFLOW_KUBERNETES_MEMORY": "512",
    "METAFLOW_KUBERNETES_DISK": "512",
    "METAFLOW_ARGO_WORKFLOWS_ENV_VARS_TO_SKIP": "METAFLOW_S3_ENDPOINT_URL",
    "METAFLOW_ARGO_WORKFLOWS_USE_SCHEDULES": "true",
}


@pytest.mark.golden
@pytest.mark.parametrize("flow", PARAMETERS)
def test_the_template_of_each_flow_is_the_one_beside_it(flow, cluster, s3_url, monkeypatch):
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    create = ("argo-workflows", "create", "--only-json", "--new-token", "token")
    text, _ = succeed(flow, *create, before=("--no-pylint", "--with", "retry"))
    template = steady(json.loads(text), bucket=s3_url.split("/")[2])
    check_golden(PROJECT / f"flows/{flow}_flow.argo.json", template)


def test_a_template_for_a_store_on_this_disk_is_refused(cluster, monkeypatch):
    monkeypatch.delenv("ZLD_STORE")
    line = refusal("retrieval", "argo-workflows", "create", "--only-json")
    assert line.startswith("Cannot create a workflow for the store 'lab.zarr': on a cluster")
    assert line.endswith("Set ZLD_STORE to s3://BUCKET/PREFIX.")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--uri", "http://x/é"), "--uri holds 'é', which the shell of an Argo pod would change."),
        (("--path_for_store", "lab.zarr"), "--path_for_store is 'lab.zarr': on a cluster each"),
    ],
)
def test_argo_is_not_asked_to_run_with_what_its_pods_would_not_get(arguments, line, cluster):
    assert refusal("retrieval", "argo-workflows", "trigger", *arguments).startswith(line)


def test_a_flow_takes_along_what_it_needs():
    _, shipped = succeed("retrieval", "package", "list")
    for name in ("flows/cards.py", "flows/page.py", "zarr_linked_data/lookup/files.py"):
        assert str(PROJECT / name) in shipped


def test_a_wrong_setting_is_one_line(monkeypatch):
    monkeypatch.setenv("ZLD_CACHE", "cache")
    assert refusal("retrieval", "run").startswith("ZLD_CACHE is 'cache', which changes with")
