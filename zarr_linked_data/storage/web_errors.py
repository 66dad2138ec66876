"""What the errors of web servers mean to a user."""

from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    IncompleteRead,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    ResponseError,
    SSLError,
)

from zarr_linked_data.errors import StoreError

TRANSIENT = {408, 429, 500, 502, 503, 504}
"""Answers that may be others the next time."""

NETWORK = "Check the address and the network."

CAUSES: tuple[tuple[tuple[type[HTTPError], ...], str, str], ...] = (
    (
        (SSLError,),
        "its TLS certificate is not trusted, or it speaks no TLS",
        "Check http:// or https://, or name the authority's file in SSL_CERT_FILE.",
    ),
    ((ProxyError,), "the proxy cannot be reached", "Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY."),
    ((NameResolutionError,), "the name of the server is not known", NETWORK),
    ((NewConnectionError,), "the server cannot be reached", NETWORK),
    ((ConnectTimeoutError, ReadTimeoutError), "the server does not answer in time", NETWORK),
    ((ResponseError,), "the server redirects in a circle", "Check the address."),
    (
        (ProtocolError, IncompleteRead),
        "the connection breaks off again and again",
        "Check the network and run it again.",
    ),
    ((HTTPError,), "the server does not answer as a web server does", NETWORK),
)
"""Kinds of failure, what was found, and what to do; the first that fits."""


def web_error(key: str, url: str, error: HTTPError) -> StoreError:
    """Say in one line why a web server gave no answer."""
    reason = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    for kinds, found, advice in CAUSES:
        if isinstance(reason, kinds):
            return StoreError(f"Cannot read {key!r} in {url!r}: {found}. {advice}")
    return StoreError(f"Cannot read {key!r} in {url!r}: {str(error)!r}. {NETWORK}")


def status_error(key: str, url: str, status: int) -> StoreError:
    """Say in one line what an answer means that is not the object."""
    if status in {401, 403}:
        found, advice = (
            f"the server refuses ({status})",
            "Check the address; a password goes as https://USER:PASSWORD@HOST/PATH.",
        )
    elif status in TRANSIENT:
        found, advice = f"the server still answers {status} after several tries", "Try it later."
    else:
        found, advice = f"the server answers {status}", "Check the address."
    return StoreError(f"Cannot read {key!r} in {url!r}: {found}. {advice}")
