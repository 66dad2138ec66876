"""One thing that was looked at on this machine."""

from typing import Literal, NamedTuple


class Finding(NamedTuple):
    """One thing looked at: is it there, what was found, what to do."""

    area: Literal["Local runs", "S3", "Cluster"]
    name: str
    state: Literal["ok", "missing", "off"]
    found: str
    todo: str = ""

    @property
    def text(self) -> str:
        """The finding in one line."""
        return f"{self.found}. {self.todo}." if self.todo else self.found
