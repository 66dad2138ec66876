"""`make demo` shows the main job, and what it names is there and works."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path):
    """The repository as it is cloned, with an environment beside it."""
    for name in ("data", "flows", "local_dev"):
        ignored = shutil.ignore_patterns("__pycache__", ".metaflow")
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=ignored)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


def demo(clone, **environment):
    """Run it as `make demo` does."""
    command = [".venv/bin/python", "local_dev/demo.py"]
    environment = {k: v for k, v in os.environ.items() if k != "METAFLOW_USER"} | environment
    return subprocess.run(
        command, cwd=clone, env=environment, capture_output=True, text=True, check=False
    )


def test_it_runs_twice_and_all_that_it_names_is_there_and_works(clone):
    (clone / "demo").mkdir()
    (clone / "demo/left").touch()
    # As root, and where somebody's settings would send the flows to a cluster.
    done = demo(clone, USER="root", METAFLOW_DEFAULT_DATASTORE="s3", ZLD_STORE="s3://other/one")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (clone / "demo/left").exists()
    assert not done.stderr
    assert "\x1b" not in done.stdout
    files = re.findall(rf"^  ({re.escape(str(clone))}/\S+)$", done.stdout, flags=re.MULTILINE)
    assert [Path(file).suffix for file in files] == [".npy", ".html", ".html", ".html"]
    assert all(Path(file).stat().st_size > 1000 for file in files)
    assert "900 × 1,000 float64" in done.stdout
    there = {path.name for path in clone.iterdir()}
    assert there == {".venv", "data", "demo", "flows", "local_dev"}
    commands = done.stdout.partition("Try next")[2].partition("\n")[2].partition("\n\n")[0]
    for command in commands.replace("\\\n", " ").splitlines():
        subprocess.run(["bash", "-ec", command], cwd=clone, capture_output=True, check=True)
    assert (clone / "demo/sample3.npy").exists()


def test_what_fails_is_one_line_and_an_exit_code(clone):
    (clone / "data/campaign.jsonld").write_text("{")
    done = demo(clone)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.splitlines()
    assert "campaign.jsonld" in line
    log = Path(line.rpartition(" in ")[2].rstrip("."))
    assert "Metaflow" in log.read_text()


def test_a_folder_of_others_is_not_emptied(clone, tmp_path):
    (tmp_path / "mine").mkdir()
    (clone / "demo").symlink_to(tmp_path / "mine")
    assert "is no folder. Move it away" in demo(clone).stderr
