"""Small programs on one storage, run apart: to be killed, to be refused, to be somebody else."""

import subprocess
import sys
import textwrap
from contextlib import contextmanager


@contextmanager
def program(code, *arguments):
    """Run Python, as long as the block, with code that finds `storage` at the first argument."""
    begin = "import sys, os, time\nfrom zarr_linked_data.storage import open_storage\n"
    opened = "storage = open_storage(sys.argv[1])\n"
    text = begin + opened + textwrap.dedent(code)
    command = [sys.executable, "-c", text, *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def output_of(code, *arguments):
    """Run such a program to its end, and give what it printed."""
    with program(code, *arguments) as process:
        out, err = process.communicate(timeout=60)
    assert err == ""
    return out.strip()


def refusal_of(code, *arguments, user=None):
    """Give the one line with which such a program is refused, maybe as another user."""
    become = f"os.setegid({user}); os.seteuid({user})\n" if user is not None else ""
    lines = textwrap.indent(textwrap.dedent(code).strip(), "    ")
    line = output_of(
        f"{become}try:\n{lines}\nexcept OSError as error:\n    print(type(error).__name__, error)",
        *arguments,
    )
    assert line
    assert "\n" not in line
    return line


def names(folder):
    """Name what is in a folder."""
    return sorted(path.name for path in folder.iterdir())
