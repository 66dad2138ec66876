"""The requirements files give pip exactly what the lock file says."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = tomllib.loads((ROOT / "poetry.lock").read_text())["package"]
REMEDY = "run `make lock`"

REQUIREMENT = re.compile(
    r"(?P<name>[\w.-]+)(?:\[[\w,.-]+\])?==(?P<version>\S+)(?: ; (?P<marker>.+))?"
)


def read_requirements(name):
    """Give the hashes of each package and version; refuse any line of another form."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        requirement, *hashes = re.split(r"\s+--hash=", line.strip())
        match = REQUIREMENT.fullmatch(requirement.strip())
        assert match, f"{name} has a line that no `poetry export` writes: {line!r}"
        found[normal(match["name"]), match["version"]] = set(hashes)
    return found


def locked(packages):
    return {
        (normal(package["name"]), package["version"]): {file["hash"] for file in package["files"]}
        for package in packages
    }


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def in_core(package):
    """Tell whether poetry installs it without any extra or group."""
    markers = package.get("markers", "")
    marker = markers.get("main", "") if isinstance(markers, dict) else markers
    return "main" in package["groups"] and not package["optional"] and "extra ==" not in marker


def for_users(package):
    """Tell whether poetry installs it with all extras and no group for development."""
    return "main" in package["groups"]


def test_the_core_is_what_the_lock_says():
    assert read_requirements("requirements.txt") == locked(filter(in_core, PACKAGES)), REMEDY


def test_the_image_s_are_all_extras_and_no_test_tools():
    assert read_requirements("requirements-image.txt") == locked(filter(for_users, PACKAGES)), (
        REMEDY
    )


def test_all_extras_and_test_tools_are_what_the_lock_says():
    assert read_requirements("requirements-dev.txt") == locked(PACKAGES), REMEDY


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-image.txt", "requirements-dev.txt"]
)
def test_each_package_has_hashes(name):
    assert [package for package, hashes in read_requirements(name).items() if not hashes] == []


def test_each_dependency_of_the_project_is_locked():
    project = PROJECT["project"]
    wanted = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    names = {normal(re.match(r"[\w.-]+", line)[0]) for line in wanted}
    names |= {normal(name) for name in PROJECT["tool"]["poetry"]["group"]["dev"]["dependencies"]}
    assert names - {normal(package["name"]) for package in PACKAGES} == set(), REMEDY


def test_each_dependency_says_why_it_is_there():
    text = (ROOT / "pyproject.toml").read_text()
    lists = re.findall(
        r"^\w+ = \[\n(.*?)^\]", text.split("[project.scripts]")[0], re.DOTALL | re.MULTILINE
    )
    dependencies = [
        line for line in "".join(lists).splitlines() if re.search(r'"[\w-]+ [=><]', line)
    ]
    group = text.split("[tool.poetry.group.dev.dependencies]\n")[1].split("\n\n")[0]
    silent = [line for line in [*dependencies, *group.splitlines()] if "  # " not in line]
    assert len(dependencies) > 10
    assert silent == []
