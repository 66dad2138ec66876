"""The two scripts that show how to copy a store in Python."""

import subprocess
import sys
from pathlib import Path

import pytest

from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.fake import FakePlan
from zarr_linked_data.storage import open_storage

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def lab(tmp_path):
    """A consolidated store in a folder."""
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    FakePlan.from_words(str(PROJECT / "data/campaign.jsonld"), shape="4,5").write(storage)
    consolidate(storage)
    return tmp_path / "lab.zarr"


def run(script, *arguments):
    command = [sys.executable, PROJECT / f"local_dev/{script}.py", *arguments]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)


def test_a_store_goes_up_and_comes_down_the_same(lab, s3_url, tmp_path):
    up = run("store_uploader", lab, s3_url)
    assert up.returncode == 0, up.stderr
    assert up.stdout.endswith("were there already\n")
    assert " 0 objects written" in run("store_uploader", lab, s3_url).stdout
    down = run("store_downloader", tmp_path / "down.zarr", s3_url)
    assert down.returncode == 0, down.stderr
    # What we keep to save time is of the place where it lies.
    command = ["diff", "-r", "--exclude=__zld", lab, tmp_path / "down.zarr"]
    assert subprocess.run(command, check=False).returncode == 0


def test_what_is_no_store_is_one_line(s3_url, tmp_path):
    done = run("store_uploader", tmp_path / "none", s3_url)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
