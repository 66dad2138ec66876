"""Every command of the README does what it says, as it is written."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text()


def commands(kind):
    """Give the commands of the README's blocks of one kind, comments left out."""
    blocks = re.findall(rf"^```{kind}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"\\\n\s*", " ", "".join(blocks))
    return [line.partition("  #")[0].strip() for line in text.splitlines()]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder that looks like a fresh clone with what `make install` puts there."""
    place = tmp_path_factory.mktemp("clone")
    for name in ("data", "flows", "local_dev", "zarr_linked_data"):
        shutil.copytree(PROJECT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    (place / ".venv").symlink_to(Path(sys.prefix))
    return place


def run(command, place):
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_commands_of_a_folder_work_one_after_the_other(place):
    for command in commands("sh"):
        run(command.replace("make demo", ".venv/bin/python local_dev/demo.py"), place)
    assert (place / "sample1.png").stat().st_size > 10_000
    assert "sample1Dataset" in run(".venv/bin/zld ls mine.zarr", place)


def test_the_tree_in_the_readme_is_what_is_shown(place):
    shown = re.search(r"^```text\n(.*?)…\n^```", README, flags=re.DOTALL | re.MULTILINE)
    if not (place / "demo").exists():
        run(".venv/bin/python local_dev/demo.py", place)
    assert run(".venv/bin/zld tree demo/lab.zarr", place).startswith(shown[1])


def test_the_commands_with_poetry_are_those_without(place):
    install, *rest = commands("sh poetry")
    assert install == "poetry install"
    for command in rest:
        program = command.removeprefix("poetry run ")
        run(f".venv/bin/{program}", place)


def test_the_commands_in_s3_work(place, s3_url):
    if not (place / "lab.zarr").exists():
        run(".venv/bin/zld fake data/campaign.jsonld lab.zarr", place)
    export, *rest = commands("sh s3")
    assert export.startswith("export AWS_")
    for command in rest:
        run(command.replace("s3://lab/campaign.zarr", s3_url), place)


def test_the_python_works(place):
    if not (place / "lab.zarr").exists():
        run(".venv/bin/zld fake data/campaign.jsonld lab.zarr", place)
    run(".venv/bin/zld consolidate lab.zarr", place)
    (code,) = re.findall(r"^```python\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)
    code = code.replace('zld.open("lab.zarr")', f"zld.open({str(place / 'lab.zarr')!r})")
    names: dict[str, object] = {}
    exec(code, names)
    assert names["sample"].read((slice(0, 10), ...)).shape == (10, 1000)
    assert names["lab"].search(type="Sample", text="dioxane")
