"""From what a user says to the place that is meant."""

import re
import sys
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR
from typing import TYPE_CHECKING, Any, TypeAlias, Union
from urllib.parse import unquote

from zarr_linked_data.errors import StoreNotFoundError
from zarr_linked_data.storage.base import Storage, public_url, without_login
from zarr_linked_data.storage.files import file_error
from zarr_linked_data.storage.folder import FolderStorage

if TYPE_CHECKING:
    from obstore.store import ObjectStore as ObstoreStore
    from zarr.abc.store import Store as ZarrStore

Location: TypeAlias = Union[str, Path, Storage, "ZarrStore", "ObstoreStore"]
"""A folder, a URL, or an object that stands for a place."""

SCHEMES = {"file", "http", "https", "memory", "s3"}

SCHEMELIKE = re.compile(r"(file|https?|memory|s3):/")
"""How a path begins that was made of a URL."""

KNOWN = "a folder, s3://BUCKET/PREFIX, http(s)://HOST/PATH or memory://"


def open_storage(
    location: Location,
    *,
    create: bool = False,
    cache: Path | None = None,
    patience_s: float | None = None,
) -> Storage:
    """Open the place that holds a store's objects; whether a store is there others find out.

    Parameters
    ----------
    location
        A folder, `file://…`, `s3://bucket/prefix`, `http(s)://…` (read only), `memory://` (a new
        one), a store object of zarr-python or obstore, or a `Storage`.
    create
        Make a folder that is not there.
    cache
        Where to remember how a server behaves; by default in the user's cache folder.
    patience_s
        How long a server may fail to answer; by default 30 seconds.

    Raises
    ------
    StoreNotFoundError
        There is no such folder, or no store can be at such a place.
    """
    if isinstance(location, str | Path):
        scheme, rest = _split(location)
        if scheme == "s3":
            return _open_bucket(str(location), cache, patience_s)
        if scheme in {"http", "https"}:
            from zarr_linked_data.storage.web import HttpStorage  # noqa: PLC0415 - urllib3: 60 ms

            return HttpStorage(str(location), patience_s=patience_s)
        if scheme == "memory":
            return _open_object(_new_memory())
        return _open_folder(_folder(location, scheme, rest), create=create)
    return _open_object(location, create=create)


def open_file(location: str | Path) -> tuple[Storage, str]:
    """Open the folder that a single file is in, on a disk or in a bucket; and give its name."""
    scheme, _ = _split(location)
    if scheme in {"", "file"}:
        path = _folder(location, *_split(location))
        _check_folder(path.parent, create=False)
        # Not in a folder of its own, for this one is no store of ours.
        return FolderStorage(path.parent, parts=f".{path.name}.part-"), path.name
    folder, _, name = str(location).rpartition("/")
    return open_storage(folder), name


def _split(location: str | Path) -> tuple[str, str]:
    """Split a URL in scheme and rest; a folder has no scheme."""
    scheme, found, rest = str(location).partition("://")
    if isinstance(location, Path) and SCHEMELIKE.match(str(location)):
        raise StoreNotFoundError(
            f"Cannot open {str(location)!r}: a Path cannot hold a URL, for it takes '//' for '/'. "
            "Give the URL as text."
        )
    if not str(location):
        raise StoreNotFoundError(f"Cannot open '': it names no place. Give {KNOWN}.")
    if not found:
        return "", str(location)
    if scheme.lower() not in SCHEMES:
        raise StoreNotFoundError(
            f"Cannot open {without_login(str(location))!r}: {scheme!r} is no known kind of place. "
            f"Give {KNOWN}."
        )
    return scheme.lower(), rest


def _folder(location: str | Path, scheme: str, rest: str) -> Path:
    """Give the folder that is meant; a file URL has its path percent-encoded."""
    if not scheme:
        with suppress(RuntimeError):  # no such user's home: then it is a name like any other
            return Path(location).expanduser()
        return Path(location)
    host, _, path = rest.partition("/")
    if host not in {"", "localhost"}:
        raise StoreNotFoundError(
            f"Cannot open {str(location)!r}: {host!r} is another machine. Give file:///PATH, "
            f"or {KNOWN}."
        )
    return Path("/" + unquote(path))


def _open_folder(path: Path, *, create: bool) -> FolderStorage:
    _check_folder(path, create=create)
    return FolderStorage(path)


def _check_folder(path: Path, *, create: bool) -> None:
    try:
        if create:
            path.mkdir(parents=True, exist_ok=True)
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise StoreNotFoundError(
            f"Cannot open {str(path)!r}: there is no such folder. Check the path; new stores are "
            "made by `zld fake`, `zld add` and `zld copy`."
        ) from error
    except FileExistsError as error:
        raise _not_a_folder(path) from error
    except OSError as error:
        raise file_error("open", "", str(path), error) from error
    if not S_ISDIR(found.st_mode):
        raise _not_a_folder(path)


def _not_a_folder(path: Path) -> StoreNotFoundError:
    zipped = " A zip file is opened in Python, as `zarr.storage.ZipStore`."
    return StoreNotFoundError(
        f"Cannot open {str(path)!r}: it is a file, and a store is a folder. Give {KNOWN}."
        + (zipped if path.suffix == ".zip" else "")
    )


def _open_bucket(url: str, cache: Path | None, patience_s: float | None) -> Storage:
    from zarr_linked_data.storage.objects import ObjectStorage  # noqa: PLC0415 - obstore: 25 ms
    from zarr_linked_data.storage.s3 import S3Place  # noqa: PLC0415 - obstore: 25 ms

    place = S3Place(url, patience_s)
    return ObjectStorage(place.store(), place.url, place=place, cache=cache)


def _new_memory() -> "ObstoreStore":
    from obstore.store import MemoryStore  # noqa: PLC0415 - 25 ms

    return MemoryStore()


def _open_object(location: Any, *, create: bool = False, read_only: bool = False) -> Storage:
    """Open what an object stands for."""
    # Whoever has such an object has imported its module.
    zarr, obstore = sys.modules.get("zarr.abc.store"), sys.modules.get("obstore.store")
    if zarr and isinstance(location, zarr.Store):
        return _open_zarr(location, create=create)
    if obstore and isinstance(location, obstore.ObjectStore):
        return _open_obstore(location, read_only=read_only)
    if isinstance(location, Storage):
        return location
    raise StoreNotFoundError(
        f"Cannot open an object of type {type(location).__name__!r}: it is no place. Give {KNOWN}, "
        "or a store of zarr-python or obstore."
    )


def _open_zarr(store: "ZarrStore", *, create: bool) -> Storage:
    from zarr_linked_data.storage.zarr_store import ZarrStorage, unwrap  # noqa: PLC0415 - zarr: 200 ms

    place = unwrap(store)
    if place is store:
        return ZarrStorage(store)
    if isinstance(place, Path):
        _check_folder(place, create=create)
        return FolderStorage(place, read_only=store.read_only)
    return _open_object(place, read_only=store.read_only)


def _open_obstore(store: "ObstoreStore", *, read_only: bool) -> Storage:
    from obstore.store import AzureStore, GCSStore, HTTPStore, LocalStore, S3Store  # noqa: PLC0415 - 25 ms

    from zarr_linked_data.storage.objects import ObjectStorage  # noqa: PLC0415 - obstore: 25 ms

    match store:
        case LocalStore():
            return FolderStorage(Path(store.prefix or "/"), read_only=read_only)
        case HTTPStore():
            return ObjectStorage(store, public_url(store.url), read_only=True)
        case S3Store() | GCSStore():
            scheme, bucket = ("s3" if isinstance(store, S3Store) else "gs"), store.config["bucket"]
        case AzureStore():
            scheme, bucket = "az", store.config["container_name"]
        case _:
            return ObjectStorage(store, "memory://", read_only=read_only)
    url = f"{scheme}://{bucket}/{store.prefix or ''}".rstrip("/")
    return ObjectStorage(store, url, read_only=read_only)
