"""A web server as a place to read objects from; plain HTTP has no listing.

obstore's own HTTP store follows no redirects, takes no answers without a length and passes no
password on, so this one is made of urllib3.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Retry, Timeout, make_headers
from urllib3.exceptions import HTTPError

from zarr_linked_data.errors import StoreError, StoreNotFoundError
from zarr_linked_data.storage.base import (
    PATIENCE_S,
    Contents,
    Data,
    Found,
    check_tag,
    checked_key,
    missing_error,
    plain_tag,
    public_url,
    read_only_error,
)
from zarr_linked_data.storage.files import PIECE, place_file
from zarr_linked_data.storage.web_errors import TRANSIENT, status_error, web_error

if TYPE_CHECKING:
    from zarr.abc.store import Store as ZarrStore

PARTIAL, NO_SUCH_RANGE = 206, 416

MISSING = {404, 410}
"""No such object."""

FETCHES = 3
"""How often a download begins again when it breaks off."""


class HttpStorage:
    """A store that a web server serves; nothing can be written or listed."""

    threads = 32

    def __init__(self, url: str, *, patience_s: float | None = None) -> None:
        parts = urlsplit(url)
        self.url = public_url(url)
        if not parts.hostname:
            raise StoreNotFoundError(
                f"Cannot open {self.url!r}: it names no server. Write http(s)://HOST/PATH."
            )
        # Some write it percent-encoded, some as it stands.
        self._base = quote(self.url, safe="/%:@!$&'()*+,;=~[]") + "/"
        self._query = f"?{parts.query}" if parts.query else ""
        self._patience_s = PATIENCE_S if patience_s is None else patience_s
        self._headers = {"Accept-Encoding": "identity", "User-Agent": "zarr-linked-data"}
        if parts.username is not None:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers |= make_headers(basic_auth=login)

    def __repr__(self) -> str:
        return f"HttpStorage({self.url!r})"

    @cached_property
    def _pool(self) -> PoolManager:
        parts = urlsplit(self._base)
        proxy = getproxies().get(parts.scheme)
        if proxy and not proxy_bypass(parts.hostname or ""):
            return ProxyManager(proxy, maxsize=self.threads)
        return PoolManager(maxsize=self.threads)

    def _retries(self) -> Retry:
        return Retry(
            total=None,
            connect=3,
            read=2,
            status=6,
            redirect=5,
            other=0,
            status_forcelist=TRANSIENT,
            backoff_factor=0.05,
            backoff_max=self._patience_s / 6,
            raise_on_status=False,
            respect_retry_after_header=False,  # it may ask for hours
        )

    def writable(self) -> bool:
        """Tell that nothing can be written."""
        return False

    def can_list(self) -> bool:
        """Tell that nothing can be listed."""
        return False

    def honours_conditions(self) -> bool:
        """Tell that nothing can be written."""
        return False

    def read(self, key: str) -> bytes | None:
        """Give an object's bytes; None where there is no such object."""
        answer = self._get(key)
        return None if answer is None else answer.data

    def read_tagged(self, key: str) -> tuple[bytes, str | None] | None:
        """Give an object's bytes and its tag: its ETag, where the server gives one."""
        answer = self._get(key)
        return None if answer is None else (answer.data, _tag(answer))

    def read_start(self, key: str, length: int) -> tuple[bytes, Found] | None:
        """Give an object's first bytes, and what there is of it."""
        answer = self._slice(key, 0, max(1, length))
        return None if answer is None else (answer[0][: max(0, length)], answer[1])

    def read_range(
        self, key: str, start: int, length: int, *, tag: str | None = None
    ) -> bytes | None:
        """Give `length` bytes of an object from `start` on; fewer where it ends before."""
        answer = self._slice(key, start, max(1, length))
        if answer is None:
            return None
        check_tag(answer[1].tag, tag, key, self.url)
        return answer[0][: max(0, length)]

    def _slice(self, key: str, start: int, length: int) -> tuple[bytes, Found] | None:
        answer = self._get(key, {"Range": f"bytes={start}-{start + length - 1}"})
        if answer is None:
            return None
        data, size = answer.data, answer.headers.get("Content-Range", "").rpartition("/")[2]
        if answer.status == NO_SUCH_RANGE:
            data = b""
        elif answer.status != PARTIAL:  # a server that knows no ranges sends the whole
            data, size = data[start : start + length], str(len(data))
        return data, Found(key, int(size) if size.isdecimal() else start + len(data), _tag(answer))

    def _get(self, key: str, headers: dict[str, str] | None = None) -> BaseHTTPResponse | None:
        return self._request(key, headers or {}, stream=False)

    def _request(
        self, key: str, headers: dict[str, str], *, stream: bool
    ) -> BaseHTTPResponse | None:
        address = f"{self._base}{quote(checked_key(key))}{self._query}"
        patience_s = self._patience_s
        try:
            answer = self._pool.request(
                "GET",
                address,
                headers=self._headers | headers,
                timeout=Timeout(connect=min(5.0, patience_s / 3), read=patience_s / 3),
                retries=self._retries(),
                preload_content=not stream,
            )
        except HTTPError as error:
            raise web_error(key, self.url, error) from error
        if answer.status in MISSING:
            return None
        if answer.status not in {200, PARTIAL, NO_SUCH_RANGE}:
            raise status_error(key, self.url, answer.status)
        return answer

    def fetch_file(self, key: str, path: Path) -> None:
        """Get an object into a file, which appears whole or not at all."""
        for attempt in range(1, FETCHES + 1):
            answer = self._request(key, {}, stream=True)
            if answer is None:
                raise missing_error(key, self.url)
            try:
                return place_file(path, answer.stream(PIECE))
            except HTTPError as error:
                if attempt == FETCHES:
                    raise web_error(key, self.url, error) from error
            finally:
                answer.release_conn()
        return None

    def write(self, key: str, data: Data, *, durable: bool = False) -> NoReturn:  # noqa: ARG002 - refused
        """Refuse: a web server takes nothing."""
        raise read_only_error(key, self.url, "a web server takes no objects")

    def write_if(self, key: str, data: Data, *_: object, **__: object) -> NoReturn:
        """Refuse: a web server takes nothing."""
        self.write(key, data)

    def write_file(self, key: str, path: Path) -> NoReturn:  # noqa: ARG002 - refused
        """Refuse: a web server takes nothing."""
        self.write(key, b"")

    def delete(self, keys: Iterable[str]) -> None:
        """Refuse: a web server lets nobody delete."""
        for key in keys:
            self.write(key, b"")

    def list(self, prefix: str = "", after: str | None = None) -> Iterator[Found]:  # noqa: ARG002 - refused
        """Refuse: plain HTTP has no listing."""
        raise self._no_listing()

    def list_folder(self, path: str) -> Contents:  # noqa: ARG002 - refused
        """Refuse: plain HTTP has no listing."""
        raise self._no_listing()

    def _no_listing(self) -> StoreError:
        return StoreError(
            f"Cannot list {self.url!r}: plain HTTP has no listing. Use the store's folder or "
            "s3:// address, or ask its owner to run `zld consolidate`."
        )

    def lock(self) -> AbstractContextManager[None]:
        """Hold nobody off."""
        return nullcontext()

    def clean_parts(self) -> int:
        """Do nothing."""
        return 0

    def zarr(self, *, read_only: bool = True) -> "ZarrStore":
        """Give the same place as a store of zarr-python, to read from."""
        from zarr_linked_data.storage.zarr_view import StorageView

        if not read_only:
            raise read_only_error("", self.url, "a web server takes no objects")
        return StorageView(self)


def _tag(answer: BaseHTTPResponse) -> str | None:
    return plain_tag(answer.headers.get("ETag"))
