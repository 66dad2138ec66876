"""What the environment says: the `ZLD_*` variables, read once, at the edge."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zarr_linked_data.errors import InvalidInputError

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True)
class Settings:
    """The settings of one run; the command line and the flows read them and pass on what is used.

    Examples
    --------
    >>> Settings.from_environment({"ZLD_STORE": "s3://lab/campaign.zarr"}).store
    's3://lab/campaign.zarr'
    """

    store: str | None = None
    """`ZLD_STORE`: the store of a verb or flow that is given none."""

    cache: Path | None = None
    """`ZLD_CACHE`: the folder for what can be made again; without it, the user's cache folder."""

    webhook: str | None = None
    """`ZLD_WEBHOOK`: the address that is told of scheduled runs that failed or are overdue."""

    debug: bool = False
    """`ZLD_DEBUG`: show where an error came from."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings; variables that this version does not know are left alone."""
        return cls(
            store=environ.get("ZLD_STORE", "").strip() or None,
            cache=_read_folder(environ, "ZLD_CACHE"),
            webhook=environ.get("ZLD_WEBHOOK", "").strip() or None,
            debug=_read_switch(environ, "ZLD_DEBUG"),
        )


def _read_folder(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name, "").strip()
    if not value:
        return None
    folder = Path(value)
    if value.startswith("~"):  # a shell leaves it in quotes, and Compose and Kubernetes always
        folder = _expand_user(folder, name, value)
    if not folder.is_absolute():
        raise InvalidInputError(
            f"{name} is {value!r}, which changes with the folder one stands in. "
            "Set it to an absolute path."
        )
    return folder


def _expand_user(folder: Path, name: str, value: str) -> Path:
    try:
        return folder.expanduser()
    except RuntimeError as error:
        raise InvalidInputError(
            f"{name} is {value!r}, and that user has no home folder. Set it to an absolute path."
        ) from error


def _read_switch(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "").strip().lower()
    if value not in TRUE | FALSE:
        raise InvalidInputError(f"{name} is {environ[name]!r}, no switch. Set it to 1 or 0.")
    return value in TRUE
