"""Limits that tests need: a user who may not do everything, a disk that is soon full."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PR_CAPBSET_DROP = 24
OVERRIDES = (1, 2, 3)
"""CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER: what lets root pass every file's mode."""

DISK_KB = 4096


def _give_up_overrides() -> None:
    """Let a process that runs as root be refused by the modes of files, as anybody is."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in OVERRIDES:
        if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "cannot give up root's rights")


@pytest.fixture
def as_nobody() -> Callable[[str], str]:
    """Run Python code as somebody whom the modes of files bind, and give what it printed.

    Root they do not bind.
    """

    def run(code: str) -> str:
        drop = _give_up_overrides if os.geteuid() == 0 else None
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=drop,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_KB}k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs root and the right to mount a small file system")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def extra_data() -> Path:
    """The folder of data made by others, which is not part of this project."""
    folder = os.environ.get("ZLD_EXTRA_DATA")
    if not folder:
        pytest.skip("needs data made by others: set ZLD_EXTRA_DATA to its folder")
    return Path(folder)
