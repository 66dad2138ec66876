"""Which process wrote something, and whether it still lives."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: on which machine it runs, its number, and when it was started."""

    host: str
    machine: str
    """Differs after each start of the system, and between containers: they number processes."""
    process: int
    started: str
    """Process numbers are used again."""

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `asdict` wrote."""
        return cls(
            str(fields["host"]),
            str(fields["machine"]),
            int(fields["process"]),
            str(fields["started"]),
        )

    @classmethod
    def this_process(cls) -> Self:
        """Give the process that asks."""
        return cls(socket.gethostname(), _machine(), os.getpid(), _started(os.getpid()) or "")

    def is_here(self) -> bool:
        """Tell whether it was started where this process runs, so that its end can be seen."""
        return self.machine == _machine()

    def is_running(self) -> bool:
        """Tell whether it still runs; ask only if `is_here`."""
        started = _started(self.process)
        return started is not None and started == self.started


@cache
def _machine() -> str:
    """Name what process numbers belong to: this start of the system, and this container."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    return socket.gethostname()


def _started(process: int) -> str | None:
    """Tell when a process was started, as the system counts; None where it runs no more."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _started_elsewhere(process)
    # The name of the program, in brackets, may hold anything.
    fields = text.rpartition(")")[2].split()
    state, started = fields[0], fields[19]
    return None if state in "ZX" else started  # a zombie does nothing more


def _started_elsewhere(process: int) -> str | None:
    """Answer where there is no `/proc`: whether there is such a process is all that can be told."""
    if Path("/proc/self").exists():
        return None
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return ""
