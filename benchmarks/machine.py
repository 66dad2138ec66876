"""What the figures were measured on."""

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("zarr-linked-data", "zarr", "numpy", "orjson", "obstore", "s3fs")


def describe_machine(folder: Path) -> str:
    """Say in a line what machine and which versions these are; `folder` is where the stores lie."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{cores} cores of {_processor()}, {memory:.0f} GiB, {_file_system(folder)}, "
        f"{platform.system()} {platform.release()}; Python {platform.python_version()}, {packages}"
    )


def _processor() -> str:
    """Give the processor's name."""
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _file_system(folder: Path) -> str:
    """Give the kind of the file system that holds the folder."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    above = {str(folder.resolve()), *map(str, folder.resolve().parents)}
    _, kind = max((mount for mount in mounts if mount[0] in above), key=lambda mount: len(mount[0]))
    return kind


def busy() -> float:
    """Tell how many processes wanted a processor in the last minute, on average."""
    return os.getloadavg()[0]
