"""What `zld` and `python flows/X.py run` need of this machine."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from zarr_linked_data.cli.doctor.finding import Finding
from zarr_linked_data.cli.doctor.metaflow import metaflow_settings
from zarr_linked_data.settings import Settings

NEEDED = {
    "numpy": "numpy",
    "zarr": "zarr",
    "numcodecs": "numcodecs",
    "obstore": "obstore",
    "orjson": "orjson",
    "pyoxigraph": "pyoxigraph",
    "pyld": "pyld",
    "rich": "rich",
    "pyyaml": "yaml",
    "matplotlib": "matplotlib",
    "metaflow": "metaflow",
    "boto3": "boto3",
    "kubernetes": "kubernetes",
}
"""The packages without which something fails, and the names by which they are imported."""

EXTRAS = {"pandas": "tables", "pyarrow": "parquet files", "zarrs": "faster small chunks and shards"}
"""The packages of the extras, and what each is for."""

ENOUGH_BYTES = 1_000_000_000
"""What a consolidation of a million nodes and its index want for a while."""


def check_local_runs(settings: Settings) -> Iterator[Finding]:
    """Look at what `zld` and `python flows/X.py run` need."""
    yield Finding("Local runs", "Python", "ok", f"{sys.version.split()[0]}, {sys.executable}")
    yield from (_check_package(name, module) for name, module in NEEDED.items())
    yield from (_check_extra(name, purpose) for name, purpose in EXTRAS.items())
    yield _check_user()
    yield _check_cache(settings)
    yield _check_space()
    yield _check_runs()


def _check_package(name: str, module: str) -> Finding:
    try:
        import_module(module)
        return Finding("Local runs", name, "ok", version(name))
    except PackageNotFoundError:
        return Finding("Local runs", name, "ok", "there, of no known version")
    except Exception as error:  # noqa: BLE001 - a broken package raises whatever it likes
        found = f"cannot be imported: {type(error).__name__}: {error}"
        return Finding(
            "Local runs", name, "missing", found, "Run `make install` or `poetry install`"
        )


def _check_extra(name: str, purpose: str) -> Finding:
    finding = _check_package(name, name)
    if finding.state == "ok":
        return finding
    todo = f"For {purpose}: pip install {name}"
    return Finding("Local runs", name, "off", "not installed", todo)


def _check_user() -> Finding:
    variables = ("METAFLOW_USER", "SUDO_USER", "USERNAME", "USER")
    names = [os.environ.get(variable) for variable in variables]
    for name in names:
        if name and name != "root":  # Metaflow's own rule
            return Finding("Local runs", "user", "ok", name)
    found = "no name but root: Metaflow runs no flow" if any(names) else "nobody is named"
    return Finding("Local runs", "user", "missing", found, "Set METAFLOW_USER to your name")


def _check_cache(settings: Settings) -> Finding:
    from zarr_linked_data.storage import cache_folder

    folder = settings.cache or cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return Finding("Local runs", "cache", "ok", str(folder))
    except OSError as error:
        found = f"{folder} cannot be written: {error.strerror}"
        todo = "Set ZLD_CACHE to a folder that can"
        return Finding("Local runs", "cache", "missing", found, todo)


def _check_space() -> Finding:
    try:
        folder = tempfile.gettempdir()
    except FileNotFoundError:
        todo = "Set TMPDIR to a folder that can be written"
        return Finding("Local runs", "temporary", "missing", "no folder for temporary files", todo)
    free = shutil.disk_usage(folder).free
    found = f"{folder}, {free / 1e9:.1f} GB free"
    if free < ENOUGH_BYTES:
        todo = "Free a gigabyte, or set TMPDIR to a folder that has more"
        return Finding("Local runs", "temporary", "missing", found, todo)
    return Finding("Local runs", "temporary", "ok", found)


def _check_runs() -> Finding:
    """Look where Metaflow keeps its runs."""
    config = metaflow_settings()
    if config is None:
        todo = "See metaflow above"
        return Finding("Local runs", "runs", "missing", "Metaflow does not say where", todo)
    if config.DEFAULT_DATASTORE == "local":
        if os.access(".", os.W_OK):
            return Finding("Local runs", "runs", "ok", str(Path.cwd() / ".metaflow"))
        todo = "Run flows in a folder that can"
        return Finding("Local runs", "runs", "missing", f"{Path.cwd()} cannot be written", todo)
    root = getattr(config, f"DATASTORE_SYSROOT_{config.DEFAULT_DATASTORE.upper()}", None)
    if root:
        return Finding("Local runs", "runs", "ok", str(root))
    found = f"Metaflow keeps runs on {config.DEFAULT_DATASTORE}, and is not told where"
    name = f"METAFLOW_DATASTORE_SYSROOT_{config.DEFAULT_DATASTORE.upper()}"
    return Finding("Local runs", "runs", "missing", found, f"Set {name}=s3://bucket/metaflow")
