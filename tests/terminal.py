"""A real terminal for programs under test: a pseudo-terminal as standard output and error."""

import os
import pty
import subprocess
import sys

ZLD = "from zarr_linked_data.cli import main; raise SystemExit(main())"
"""What the console script `zld` does."""


def run_on_terminal(code: str, *arguments: str, **environment: str) -> str:
    """Run Python code on a terminal of 200 columns, and give what a person would see."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env=_without_colour_switches() | {"TERM": "xterm", "COLUMNS": "200"} | environment,
    )
    os.close(theirs)
    shown = _read_all(ours)
    process.wait()
    return shown.replace("\r\n", "\n")


def _without_colour_switches() -> dict[str, str]:
    switches = {"NO_COLOR", "FORCE_COLOR", "CLICOLOR", "ZLD_STORE", "ZLD_DEBUG"}
    return {name: value for name, value in os.environ.items() if name not in switches}


def _read_all(descriptor: int) -> str:
    pieces = []
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:  # Linux says EIO when the last writer has left
            piece = b""
        if not piece:
            os.close(descriptor)
            return b"".join(pieces).decode()
        pieces.append(piece)
