"""Parameters that the flows share: their defaults, and what a cluster would make of them."""

import os
import re
import sys
from typing import TYPE_CHECKING

from zarr_linked_data.errors import ZldError
from zarr_linked_data.settings import Settings

if TYPE_CHECKING:
    from metaflow._vendor.click import Context, Parameter

SAMPLE = "https://lab.example/id/sample1"
"""The URI of a sample in `data/campaign.jsonld`."""

CHANGED_BY_SHELL = re.compile(r"[$`]|[^\x20-\x7e]")
"""Argo gives a parameter to a pod through a shell, which expands `$` and backticks; what is not
printable ASCII arrives as `\\u00e9`."""

IMAGE = "/usr/share/zarr-linked-data/"
"""Where the image of the pods has the project's own files."""

OWN_DISKS = "on a cluster each step has a disk of its own"

USERS = ("METAFLOW_USER", "SUDO_USER", "USERNAME", "USER")

if all(os.environ.get(name, "root") in {"", "root"} for name in USERS):
    os.environ["USERNAME"] = "zld"  # Metaflow runs nothing where it knows of no user but root

try:
    SETTINGS = Settings.from_environment()
except ZldError as error:
    sys.exit(f"Error: {error}")

STORE = SETTINGS.store or "lab.zarr"

ON_CLUSTER = "argo-workflows" in sys.argv
"""Whether the steps run on a cluster, each in a pod."""

IS_CREATED = ON_CLUSTER and "create" in sys.argv
"""Whether the flow is on its way there: its defaults stay with it."""


def default_store() -> str:
    """Give the store that a flow works on when it is told none; a cluster needs it named."""
    if IS_CREATED and _is_local(STORE):
        sys.exit(
            f"Error: Cannot create a workflow for the store {STORE!r}: {OWN_DISKS}. "
            "Set ZLD_STORE to s3://BUCKET/PREFIX."
        )
    return STORE


def default_data() -> str:
    """Give the small campaign, here or in the image of the pods."""
    return f"{IMAGE if ON_CLUSTER else ''}data/campaign.jsonld"


def default_file() -> str:
    """Give the file that is written: beside us, or beside the store where pods write it."""
    beside = STORE.rstrip("/").rpartition("/")[0]
    is_prefix = "//" in beside  # or else the store fills its bucket
    return f"{beside}/sample.npy" if ON_CLUSTER and is_prefix else "sample.npy"


def checked_text(context: "Context", parameter: "Parameter", value: str) -> str:
    """Refuse to trigger a workflow with a text that would reach its pods changed."""
    found = CHANGED_BY_SHELL.search(value or "")
    if found and context.info_name == "trigger":
        context.fail(
            f"--{parameter.name} holds {found[0]!r}, which the shell of an Argo pod would change. "
            "Give another value, or run the flow here with `run`."
        )
    return value


def checked_place(context: "Context", parameter: "Parameter", value: str) -> str:
    """Refuse to trigger a workflow for a store or file that its pods do not have."""
    is_ours = bool(value) and _is_local(value) and not value.startswith(IMAGE)
    if is_ours and context.info_name == "trigger":
        context.fail(f"--{parameter.name} is {value!r}: {OWN_DISKS}. Give s3://BUCKET/PREFIX.")
    return checked_text(context, parameter, value)


def _is_local(place: str) -> bool:
    """Tell whether a place is on the disk of one machine."""
    return "://" not in place or place.startswith("file:")
