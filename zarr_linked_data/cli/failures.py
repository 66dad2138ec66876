"""What goes wrong, said in one line on standard error."""

import errno
import os
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from zarr_linked_data.cli.terminal import complain
from zarr_linked_data.errors import ZldError, ZldWarning

ADVICE = {
    errno.EACCES: "Ask its owner for the permission, or name another place.",
    errno.EDQUOT: "Delete what is not needed there, or name another place.",
    errno.ENOSPC: "Delete what is not needed there, or name another place.",
    errno.EPERM: "Ask its owner for the permission, or name another place.",
    errno.EROFS: "Name another place.",
}


def report(error: Exception, *, debug: bool) -> None:
    """Say what went wrong; where, only when debugging."""
    if debug:
        traceback.print_exception(error)
    complain("Error", explain(error), "red")


def explain(error: Exception) -> str:
    """Give the message for a person: ours as it stands, the operating system's with what to do."""
    if isinstance(error, ZldError):
        return str(error)
    if isinstance(error, MemoryError):
        return "Not enough memory. Ask for less at once, or use a machine that has more."
    if isinstance(error, OSError):
        return _explain_system(error)
    text = f"{type(error).__name__}: {error}".rstrip(": ")
    return f"{text} (this is a bug; ZLD_DEBUG=1 shows where)"


@contextmanager
def shown_warnings(*, debug: bool) -> Iterator[None]:
    """Show our warnings in one line each; those of other libraries are for their developers."""
    with warnings.catch_warnings():
        if not debug:
            warnings.simplefilter("ignore")
        warnings.simplefilter("default", ZldWarning)
        warnings.showwarning = _show_warning
        yield


def _explain_system(error: OSError) -> str:
    if error.errno is None or error.strerror is None:
        return str(error) or type(error).__name__
    where = f": {os.fspath(error.filename)!r}" if error.filename is not None else ""
    return f"{error.strerror}{where}. {ADVICE.get(error.errno, '')}".strip()


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,  # noqa: ARG001 - the six arguments of warnings.showwarning
    lineno: int,  # noqa: ARG001 - the same
    file: TextIO | None = None,  # noqa: ARG001 - the same
    line: str | None = None,  # noqa: ARG001 - the same
) -> None:
    kind = "Warning" if issubclass(category, ZldWarning) else category.__name__
    complain(kind, str(message), "yellow")
