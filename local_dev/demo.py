"""The main job on a folder, as flows: make a store, make it findable, get an array by its URI.

`make demo` runs it. All that it makes is in `demo/`, which it empties first.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import zarr_linked_data as zld
from zarr_linked_data.cli.terminal import complain, on_terminal, paint
from zarr_linked_data.plot.words import bytes_as_text, form_of

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "demo"
STORE, FILE = DEMO / "lab.zarr", DEMO / "sample1.npy"
LAB = "https://lab.example/id/"

FLOWS = {
    "fake_data": ("make a store", "random arrays for the samples of data/campaign.jsonld"),
    "consolidate_metadata": ("consolidate it", "all metadata in one object, indexed by URI"),
    "retrieval": ("retrieve by URI", f"{LAB}sample1"),
}
"""Each flow's file, what it does, and with what."""

NOT_SAID = re.compile(r"^(\S+ \S+ \[\S+ \(pid \d+\)\] )?(Error: )?")
"""What Metaflow, and we, put before a message."""


class FailedError(Exception):
    """A step of the demonstration has failed; its text says how."""


def main() -> int:
    """Run all, and say what to look at."""
    started = time.perf_counter()
    print(
        f"{paint('zarr-linked-data', 'bold')}: a store of measured samples, found by their URIs\n"
    )
    try:
        _empty(DEMO)
        for name, (title, about) in FLOWS.items():
            with _told(title, about):
                _run_flow(name)
        with _told("verify the file", "equal to the array in the store"):
            _run([_program("zld"), "verify", str(FILE), f"{LAB}sample1", str(STORE)], "verify")
    except (FailedError, OSError) as error:
        complain("Error", str(error), "red")
        return 1
    except KeyboardInterrupt:
        return 130
    _tell_what_there_is()
    print(f"\nDone in {time.perf_counter() - started:.0f} s.")
    return 0


def _empty(folder: Path) -> None:
    """Begin with an empty folder."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise FailedError(f"{str(folder)!r} is no folder. Move it away: the demo is made there.")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()


def _run_flow(name: str) -> None:
    """Run a flow, and keep its card as a file."""
    options = {
        "fake_data": ["--path_for_data", str(ROOT / "data/campaign.jsonld")],
        "consolidate_metadata": [],
        "retrieval": ["--uri", f"{LAB}sample1", "--path_save", str(FILE)],
    }
    flow = [sys.executable, str(ROOT / f"flows/{name}_flow.py"), "--no-pylint"]
    _run([*flow, "run", "--path_for_store", str(STORE), *options[name]], name)
    _run([*flow, "card", "get", "end", str(_card(name))], f"{name}_card")
    if not _card(name).exists():
        raise FailedError(f"The flow has made no card. All that it said is in {DEMO / name}.log.")


def _run(command: Sequence[str], name: str) -> None:
    """Run a program without a word; what it says is kept in a file."""
    log = DEMO / f"{name}.log"
    with log.open("wb") as output:
        done = subprocess.run(
            command, cwd=DEMO, env=_environment(), stdout=output, stderr=output, check=False
        )
    if done.returncode:
        lines = [line for line in log.read_text().splitlines() if "Error: " in line]
        why = NOT_SAID.sub("", lines[-1]) if lines else f"exit code {done.returncode}"
        raise FailedError(f"{why.rstrip('.')}. All that was said is in {log}.")


def _environment() -> dict[str, str]:
    """Leave out what would send the flows to a cluster or a bucket."""
    kept = {name: v for name, v in os.environ.items() if not name.startswith(("METAFLOW_", "ZLD_"))}
    return kept | {
        "METAFLOW_USER": os.environ.get("METAFLOW_USER") or "zld",
        "METAFLOW_HOME": str(DEMO / ".metaflowconfig"),
        "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(DEMO),
    }


@contextmanager
def _told(title: str, about: str) -> Iterator[None]:
    """Say in one line what is done, and how long it took."""
    line = f"{title:<16} {about}"
    if on_terminal():
        print(f"{paint('…', 'dim')} {line}", end="\r", flush=True)
    started = time.perf_counter()
    try:
        yield
    except BaseException:
        print(f"{paint('✗', 'red')} {line}", flush=True)
        raise
    seconds = f"{time.perf_counter() - started:.1f} s"
    print(f"{paint('✓', 'green')} {line:<70} {paint(seconds.rjust(6), 'dim')}", flush=True)


def _tell_what_there_is() -> None:
    """Name the file, the cards, and what to try."""
    values = zld.open(STORE)[f"{LAB}sample1"].array
    form = form_of(values.shape, str(values.dtype))
    print(f"\n{paint('The array', 'bold')}  {form}, {bytes_as_text(FILE.stat().st_size)}\n  {FILE}")
    print(f"\n{paint('The cards', 'bold')}  to look at in a browser")
    for name in FLOWS:
        print(f"  {_card(name)}")
    here = "" if Path.cwd() == ROOT else f"  in {ROOT}"
    print(f"\n{paint('Try next', 'bold')}{here}")
    for command in _next_commands():
        print(f"  {command}")


def _next_commands() -> Iterator[str]:
    """Give commands that work as they stand, in the folder of the repository."""
    program, python = (_short(_program(name)) for name in ("zld", "python"))
    yield f"{program} tree demo/lab.zarr"
    yield f"{program} find {LAB}sample2 demo/lab.zarr"
    yield f"{program} show {LAB}sample2 --plot demo/sample2.png demo/lab.zarr"
    yield (
        f"{python} flows/retrieval_flow.py run --path_for_store demo/lab.zarr \\\n"
        f"      --uri {LAB}sample3 --path_save demo/sample3.npy"
    )


def _card(name: str) -> Path:
    """Tell where a flow's card is kept."""
    return DEMO / f"{name}.html"


def _program(name: str) -> str:
    """Give a program of the environment that we run in."""
    return str(Path(sys.executable).with_name(name))


def _short(program: str) -> str:
    """Name a program as briefly as it can be called from the repository."""
    name = Path(program).name
    if shutil.which(name) == program:
        return name
    if Path(program).is_relative_to(ROOT):
        program = str(Path(program).relative_to(ROOT))
    return shlex.quote(program)


if __name__ == "__main__":
    sys.exit(main())
