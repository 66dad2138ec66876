"""What the errors of object stores mean to a user: one table from their facts to one line."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from obstore.exceptions import BaseError

from zarr_linked_data.errors import StoreError, StoreNotFoundError
from zarr_linked_data.storage.base import changed_error

Answer = TypeVar("Answer")

TRIES = 6
"""How often one asks again where an answer broke off: most of those obstore does not retry."""

TRIES_S = 5.0
"""After so long there is no other try."""

PAUSE_S = 0.02
"""Half the first pause between two such tries; each is twice as long as the one before."""

CREDENTIALS = "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"


@dataclass(frozen=True)
class Cause:
    """A kind of failure: how to know it, what was found, and what to do about it."""

    pattern: str
    found: str
    advice: str
    kind: type[StoreError] = StoreError


CAUSES = (
    Cause(
        "code NoSuchBucket",
        "there is no such bucket on {server}",
        "Check the bucket's name and AWS_ENDPOINT_URL, or make the bucket.",
        StoreNotFoundError,
    ),
    Cause(
        "code RequestTimeTooSkewed",
        "the clocks of {server} and of this machine differ",
        "Set this machine's clock.",
    ),
    Cause(
        "code (InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|ExpiredToken|TokenRefresh)"
        "|^Unauthenticated|status 401",
        "{server} does not accept the credentials{code}",
        f"{CREDENTIALS}.",
    ),
    Cause(
        "code (AuthorizationHeaderMalformed|PermanentRedirect|IllegalLocation)|BareRedirect",
        "the bucket is in another region{code}",
        "Set AWS_REGION to the bucket's region.",
    ),
    Cause(
        "^PermissionDenied|status 403",
        "{server} denies permission{code}",
        f"{CREDENTIALS}, or ask the bucket's owner for the right to it.",
    ),
    Cause(
        "InvalidCertificate|UnknownIssuer",
        "the TLS certificate of {server} is not trusted",
        "Name the file of the authority that signed it in AWS_CA_BUNDLE.",
    ),
    Cause(
        "InvalidContentType|InvalidMessage|HandshakeFailure",
        "{server} does not speak TLS",
        "Check whether AWS_ENDPOINT_URL begins with http:// or https:// rightly.",
    ),
    Cause(
        "DnsError",
        "the name of {server} is not known",
        "Check AWS_ENDPOINT_URL and the network.",
    ),
    Cause(
        "TimedOut|kind: Timeout",
        "{server} does not answer in time",
        "Check the network and run it again.",
    ),
    Cause(
        "kind: Connect,|ConnectError",
        "{server} cannot be reached",
        "Check that it runs, AWS_ENDPOINT_URL, and the network.",
    ),
    Cause(
        "status 507|code (XMinioStorageFull|QuotaExceeded|EntityTooLarge|InsufficientStorage)",
        "{server} has no room for it{code}",
        "Free some space there and run it again; what was there before is unchanged.",
    ),
    Cause(
        r"status (429|5\d\d)",
        "{server} still answers {status} after several tries",
        "Run it again later.",
    ),
    Cause(
        "kind: Interrupted|IncompleteBody|IncompleteMessage|ConnectionReset|BrokenPipe|kind: Body",
        "the connection to {server} breaks off again and again",
        "Check the network and run it again.",
    ),
    Cause(
        "^ValueError|^InvalidPath",
        "a key has a control character, or '', '.' or '..' as a part",
        "Rename that object, or choose another prefix.",
    ),
    Cause(
        "^NotSupported|^NotImplemented",
        "{server} cannot do that",
        "Use a folder, a bucket or an http(s) address.",
    ),
    Cause("", "{server} answers {text}", "Set ZLD_DEBUG=1 to see all of it."),
)
"""In the order in which they are tried; the last one fits all."""


@dataclass(frozen=True)
class Facts:
    """What an error of obstore says, without the names of keys and addresses that it quotes."""

    kind: str
    status: str
    code: str
    details: str

    @classmethod
    def from_error(cls, error: BaseException) -> "Facts":
        """Take the facts out of the text, which is all there is."""
        text = str(error)
        # A key may be called '<Code>NoSuchBucket</Code>': only the answer's own body counts.
        body = re.search(r'body: Some\(\s*"((?:\\.|[^"\\])*)"', text)
        code = re.search(r"<Code>\s*(\w+)", body[1]) if body else None
        debug = text.partition("Debug source:")[2].replace('"dns error"', "DnsError")
        details = re.sub(r'"(?:\\.|[^"\\])*"|uri: Some\([^)]*\)', "", debug)
        status = re.search(r"status: (\d{3})", details)
        return cls(
            type(error).__name__, status[1] if status else "", code[1] if code else "", details
        )

    def fits(self, pattern: str) -> bool:
        """Tell whether the facts are of this kind."""
        text = f"{self.kind} status {self.status} code {self.code} {self.details}"
        return re.search(pattern, text) is not None


def object_error(
    verb: str, key: str, url: str, error: Exception, *, server: str = "the server"
) -> StoreError:
    """Say in one line what went wrong with an object, and what to do."""
    if isinstance(error, StoreError):
        return error
    facts = Facts.from_error(error)
    if facts.fits("^(Precondition|AlreadyExists)") and verb == "write":
        return changed_error("write", key, url)
    cause = next(cause for cause in CAUSES if facts.fits(cause.pattern))
    found = cause.found.format(
        server=server,
        status=facts.status,
        code=f" ({facts.code})" if facts.code else "",
        text=repr(str(error).partition("\n")[0][:200]),
    )
    what = f"{key!r} in {url!r}" if key else repr(url)
    return cause.kind(f"Cannot {verb} {what}: {found}. {cause.advice}")


def is_missing(error: Exception) -> bool:
    """Tell whether an object is missing, rather than its bucket."""
    return isinstance(error, FileNotFoundError) and Facts.from_error(error).code != "NoSuchBucket"


def is_broken_off(error: Exception) -> bool:
    """Tell whether the connection broke within an answer, which obstore does not retry."""
    return Facts.from_error(error).fits("kind: Interrupted|IncompleteBody|kind: Body")


class Tries:
    """How often one asks again where answers broke off, and for how long: obstore tries too."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._failed = 0

    def fail(self, error: Exception) -> None:
        """Wait before the next try; raise the error if there is to be none."""
        self._failed += 1
        too_long = time.monotonic() - self._begun > TRIES_S
        if self._failed == TRIES or too_long or not is_broken_off(error):
            raise error
        time.sleep(PAUSE_S * 2**self._failed)


def again(question: Callable[[], Answer]) -> Answer:
    """Ask something that may be asked twice, as often as its answer breaks off in the middle."""
    tries = Tries()
    while True:
        try:
            return question()
        except BaseError as error:
            tries.fail(error)
