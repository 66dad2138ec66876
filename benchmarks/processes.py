"""Measures in processes of their own, so that no run finds what another left in memory.

Their memory is read from /proc, which only Linux has.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Generic, TypeVar

Value = TypeVar("Value")

PROJECT = Path(__file__).parent.parent

WATCH_S = 0.02
"""Time between two looks at the memory; each takes 0.1 ms, less than a hundredth of that."""

LIMIT_S = 600.0
"""Nothing that is measured takes so long; what does hangs, and is ended."""

PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Apart(Generic[Value]):
    """What a function gave that ran in a process of its own."""

    value: Value
    peak_bytes: int
    """Most memory of the process and all below it at one time; what they share counts for each."""


def run_apart(
    function: Callable[..., Value], *arguments: object, env: Mapping[str, str] | None = None
) -> Apart[Value]:
    """Run a function of a module in a new Python; arguments and answer go as JSON.

    Parameters
    ----------
    env
        Variables that the process gets besides.
    """
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.processes"]
    process = subprocess.Popen(
        [*command, function.__module__, function.__qualname__, json.dumps(arguments)],
        stdout=subprocess.PIPE,
        cwd=PROJECT,
        env=clean_environment() | dict(env or {}),
    )
    peak, deadline = 0, time.monotonic() + LIMIT_S
    while process.poll() is None:
        peak = max(peak, _tree_bytes(process.pid))
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(WATCH_S)
    answer, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{function.__qualname__}{arguments} ended with {process.returncode}.")
    value, own_peak = json.loads(answer)
    return Apart(value, max(peak, own_peak))


def time_command(*command: str | Path) -> float:
    """Run a program and give the seconds from before its start to its end."""
    env = clean_environment()
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=env)
    return time.perf_counter() - started


def take_turns(runs: int, *sides: Callable[[], Value]) -> list[list[Value]]:
    """Run one, the other, the one…, so that a slow moment hits both; give a list for each side."""
    rounds = [[side() for side in sides] for _ in range(runs)]
    return [list(values) for values in zip(*rounds, strict=True)]


def clean_environment() -> dict[str, str]:
    """Give the environment without settings and credentials of who measures.

    Python keeps its byte code, as it does where a package is installed.
    """
    dropped = ("AWS_", "ZLD_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)}


def _tree_bytes(pid: int) -> int:
    """Give the resident memory of a process and of all below it."""
    total = 0
    with suppress(OSError):  # it has ended meanwhile
        total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - half the time
            children = Path(f"/proc/{pid}/task/{task}/children").read_text()
            total += sum(map(_tree_bytes, map(int, children.split())))
    return total


def _own_peak_bytes() -> int:
    """Give the most memory that this process ever had."""
    (line,) = (
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line
    )
    return int(line.split()[1]) * 1024


def main() -> None:
    """Run the function that the command line names, and write its answer."""
    module, name, arguments = sys.argv[1:]
    value = getattr(import_module(module), name)(*json.loads(arguments))
    print(json.dumps([value, _own_peak_bytes()]))


if __name__ == "__main__":
    main()
