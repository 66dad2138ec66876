"""Parameters that the flows share: their defaults, and what is checked before a cluster is asked."""

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

USERS = ("METAFLOW_USER", "SUDO_USER", "USERNAME", "USER")

if all(os.environ.get(name, "root") in {"", "root"} for name in USERS):
    os.environ["USERNAME"] = "zld"  # Metaflow runs nothing where it knows of no user but root

try:
    SETTINGS = Settings.from_environment()
except ZldError as error:
    sys.exit(f"Error: {error}")


def default_store() -> str:
    """Give the store that a flow works on when it is told none; a cluster needs it named."""
    store = SETTINGS.store or "lab.zarr"
    if {"argo-workflows", "create"} <= set(sys.argv) and (fault := _fault_on_cluster(store)):
        sys.exit(f"Error: Cannot create the workflow for the store {store!r}: {fault}")
    return store


def checked_text(context: "Context", parameter: "Parameter", value: str) -> str:
    """Refuse to trigger a workflow with a text that would reach its pods changed."""
    found = CHANGED_BY_SHELL.search(value or "")
    if found and context.info_name == "trigger":
        context.fail(
            f"--{parameter.name} holds {found[0]!r}, which the shell of an Argo pod would change. "
            "Percent-encode a URI, or choose another name."
        )
    return value


def checked_store(context: "Context", parameter: "Parameter", value: str) -> str:
    """Refuse to trigger a workflow for a store that its pods cannot see."""
    fault = _fault_on_cluster(value)
    if fault and context.info_name == "trigger":
        context.fail(f"--{parameter.name} is {value!r}: {fault}")
    return checked_text(context, parameter, value)


def _fault_on_cluster(store: str) -> str:
    """Say what is wrong with a store that pods are to work on; nothing where all is well."""
    if "://" in store and not store.startswith("file:"):
        return ""
    return "each step has a disk of its own there. Set ZLD_STORE, or give --path_for_store, as s3://…"
