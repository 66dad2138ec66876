"""An S3 bucket from the AWS_* environment: endpoint, region, credentials, patience."""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from obstore.exceptions import BaseError
from obstore.store import S3Store

from zarr_linked_data.errors import StoreError, StoreNotFoundError
from zarr_linked_data.storage.base import PATIENCE_S, without_login
from zarr_linked_data.storage.object_errors import object_error

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

UPLOAD_S = 600.0
"""How long one large upload may take: 100 MiB at 0.2 MB/s.

The time to wait for an answer begins with the request: a short one would break uploads off.
"""

IDLE_CONNECTIONS = 128
"""Kept for the next requests: as many as there are threads."""

BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

ENDPOINT = re.compile(r"https?://[^/?#@\s]+(/[^?#@\s]*)?")

NO_CREDENTIALS = (
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; for a public bucket set "
    "AWS_SKIP_SIGNATURE=true."
)


def split_s3_url(url: str) -> tuple[str, str]:
    """Split an S3 URL in bucket and prefix; all characters of the prefix count as they stand.

    >>> split_s3_url("s3://lab/2024/campaign.zarr/")
    ('lab', '2024/campaign.zarr')
    """
    bucket, _, prefix = url.partition("://")[2].partition("/")
    if not BUCKET.fullmatch(bucket):
        raise StoreNotFoundError(
            f"Cannot open {without_login(url)!r}: what follows s3:// is no name of a bucket. "
            "Write s3://BUCKET/PREFIX; credentials belong in the environment."
        )
    return bucket, prefix.strip("/")


class S3Place:
    """A bucket on a server, as the environment names it."""

    def __init__(self, url: str, patience_s: float | None = None) -> None:
        self.bucket, self.prefix = split_s3_url(url)
        self.url = f"s3://{self.bucket}/{self.prefix}".rstrip("/")
        self.patience_s = PATIENCE_S if patience_s is None else patience_s
        credentials, profile = _credentials(self.url)
        self._credentials = credentials
        self.endpoint = _endpoint(self.url, profile.get("endpoint_url", ""))
        self._region = (
            os.environ.get("AWS_REGION")
            or os.environ.get("AWS_DEFAULT_REGION")
            or profile.get("region")
            or "us-east-1"
        )

    @property
    def server(self) -> str:
        """How messages call the server."""
        return repr(self.endpoint) if self.endpoint else f"AWS S3 ({self._region})"

    def store(
        self,
        *,
        answer_s: float | None = None,
        patience_s: float | None = None,
        keeps_connections: bool = True,
    ) -> S3Store:
        """Connect, to wait so long for one answer, and so long for one after several tries."""
        patience_s = self.patience_s if patience_s is None else patience_s
        options: dict[str, Any] = {"region": self._region, **self._credentials}
        if self.endpoint:
            options["endpoint"] = self.endpoint
            if "AWS_VIRTUAL_HOSTED_STYLE_REQUEST" not in os.environ:
                options["virtual_hosted_style_request"] = False
        try:
            return S3Store(
                self.bucket,
                prefix=self.prefix or None,
                client_options=self._client_options(
                    answer_s or patience_s / 3, IDLE_CONNECTIONS if keeps_connections else 0
                ),
                retry_config=_retry_config(patience_s),
                **options,
            )
        except (ValueError, BaseError) as error:
            raise object_error("open", "", self.url, error, server=self.server) from error

    def _client_options(self, answer_s: float, idle: int) -> "ClientConfig":
        options: ClientConfig = {
            "allow_http": self.endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=min(5, self.patience_s / 3)),
            "read_timeout": timedelta(seconds=answer_s),
            # Else obstore gives a whole download 30 s.
            "timeout": timedelta(hours=24),
            "pool_max_idle_per_host": str(idle),
        }
        authority = os.environ.get("AWS_CA_BUNDLE")
        if authority and not self.endpoint.startswith("http://"):
            options["root_certificate"] = _certificate(self.url, Path(authority))
        return options


def _retry_config(patience_s: float) -> "RetryConfig":
    return {
        "max_retries": 100,  # the time ends them
        "retry_timeout": timedelta(seconds=patience_s * 2 / 3),
        "backoff": {
            "init_backoff": timedelta(milliseconds=100),
            "max_backoff": timedelta(seconds=patience_s / 6),
            "base": 3,  # on average each wait is then half as long again as the one before
        },
    }


def _endpoint(url: str, of_profile: str) -> str:
    """Give the server's address; empty for AWS itself."""
    names = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
    endpoint = next(filter(None, map(os.environ.get, names)), None) or of_profile
    # obstore panics on an address without a scheme.
    if endpoint and not ENDPOINT.fullmatch(endpoint):
        raise StoreNotFoundError(
            f"Cannot open {url!r}: AWS_ENDPOINT_URL does not have the form http(s)://HOST:PORT. "
            "Correct it."
        )
    return endpoint.rstrip("/")


def _certificate(url: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"Cannot open {url!r}: AWS_CA_BUNDLE names {str(path)!r}, which cannot be read "
            f"({error.strerror}). Correct or unset it."
        ) from error


def _credentials(url: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Find credentials: how to tell obstore, and what the profile says besides."""
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if os.environ.get("AWS_SKIP_SIGNATURE", "").lower() in {"1", "true", "on", "yes", "y"}:
        return {"skip_signature": True}, {}
    if key and secret:
        return {}, {}  # obstore reads them itself
    if key or secret:
        raise StoreError(
            f"Cannot open {url!r}: of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set. "
            "Set both."
        )
    return _boto3_credentials(url)


def _boto3_credentials(url: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Ask boto3, which knows profiles, web identities, containers and instances.

    It asks the instance's metadata address once, for one second; obstore would ask it for minutes.
    """
    from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]
    from botocore.session import get_session  # type: ignore[import-untyped]
    from obstore.auth.boto3 import Boto3CredentialProvider

    try:
        session = get_session()
        found = session.get_credentials()
        profile = session.get_scoped_config()
    except BotoCoreError as error:
        raise StoreError(
            f"Cannot open {url!r}: no credentials, for boto3 says {str(error)!r}. {NO_CREDENTIALS}"
        ) from error
    if found is None:
        raise StoreError(f"Cannot open {url!r}: no credentials for S3 were found. {NO_CREDENTIALS}")
    texts = {name: value for name, value in profile.items() if isinstance(value, str)}
    return {"credential_provider": Boto3CredentialProvider(session)}, texts
