"""Whether S3 can be used from this machine."""

import os
from collections.abc import Iterator

from zarr_linked_data.cli.doctor.finding import Finding
from zarr_linked_data.cli.doctor.metaflow import metaflow_settings
from zarr_linked_data.errors import ZldError
from zarr_linked_data.settings import Settings

SIGNS = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")
"""Variables that only those set who mean to use S3."""

PATIENCE_S = 10.0
"""Who asks what is wrong does not wait as long as who copies a store."""


def check_s3(settings: Settings) -> Iterator[Finding]:
    """List what is named in S3: that alone shows that address and credentials are right."""
    yield _check_store(settings)
    runs = getattr(metaflow_settings(), "DATASTORE_SYSROOT_S3", None)
    if runs:
        yield _list("runs", str(runs), settings)


def _check_store(settings: Settings) -> Finding:
    if settings.store and settings.store.startswith("s3://"):
        return _list("store", settings.store, settings)
    if any(map(os.environ.get, SIGNS)):
        todo = "Set ZLD_STORE=s3://bucket/prefix to have it tried"
        return Finding("S3", "store", "off", "set up, and no store is named", todo)
    variables = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for another server, AWS_ENDPOINT_URL"
    return Finding("S3", "store", "off", "not set up", f"To use it, set {variables}")


def _list(name: str, url: str, settings: Settings) -> Finding:
    from zarr_linked_data.storage import open_storage

    try:
        open_storage(url, cache=settings.cache, patience_s=PATIENCE_S).list_folder("")
    except ZldError as error:
        return Finding("S3", name, "missing", str(error))
    return Finding("S3", name, "ok", f"{url} can be listed")
