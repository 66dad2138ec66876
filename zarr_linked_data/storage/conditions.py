"""Whether an object store heeds `If-Match`: asked once a store, remembered for a day."""

import hashlib
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import ObjectStore

from zarr_linked_data.storage.object_errors import Facts, again

State = Literal["honoured", "ignored", "denied"]
"""A write whose condition does not hold is refused; is done; nothing may be written at all."""

STATES: dict[str, State] = {"honoured": "honoured", "ignored": "ignored"}
"""The answers that are remembered; that nothing may be written may change the next moment."""

REMEMBERED_S = 24 * 3600
"""How long an answer counts: another server may answer at the same address one day."""

NO_SUCH_TAG = '"00000000000000000000000000000000"'


class Conditions:
    """What one object store makes of writes under conditions."""

    def __init__(self, connect: Callable[[], ObjectStore], file: Path | None = None) -> None:
        self._connect = connect
        self._file = file
        self._state: State | None = None

    def state(self) -> State:
        """Give the answer: known, remembered, or asked now."""
        if self._state is None:
            self._state = self._recall()
        if self._state is None:
            self._state = probe(self._connect())
            self._remember(self._state)
        return self._state

    def _recall(self) -> State | None:
        with suppress(OSError):
            if self._file and time.time() - self._file.stat().st_mtime < REMEMBERED_S:
                return STATES.get(self._file.read_text(encoding="utf-8"))
        return None

    def _remember(self, state: State) -> None:
        if self._file and state in STATES:
            with suppress(OSError):
                self._file.parent.mkdir(parents=True, exist_ok=True)
                self._file.write_text(state, encoding="utf-8")


def memory_file(cache: Path, place: str) -> Path:
    """Name the file that remembers what the store at a place answered this user."""
    who = [os.environ.get(name, "") for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE")]
    return cache / "conditions" / hashlib.sha256("\0".join([place, *who]).encode()).hexdigest()[:32]


def probe(store: ObjectStore) -> State:
    """Ask a store: write an object, then again under conditions that do not hold; remove it."""
    key = f"__zld/probe-{secrets.token_hex(8)}"
    try:
        obstore.put(store, key, b"probe", use_multipart=False)
    except (PermissionDeniedError, UnauthenticatedError):
        return "denied"
    try:
        refused = _refuses(store, key, {"e_tag": NO_SUCH_TAG}) and _refuses(store, key, "create")
    finally:
        with suppress(BaseError, OSError):
            obstore.delete(store, key)
    return "honoured" if refused else "ignored"


def _refuses(store: ObjectStore, key: str, mode: "obstore.PutMode") -> bool:
    try:
        # obstore repeats no write under a condition.
        again(lambda: obstore.put(store, key, b"overwritten", mode=mode, use_multipart=False))
    except (AlreadyExistsError, PreconditionError):
        return True
    except BaseError as error:
        # Some servers answer 501 to any PUT with a condition.
        if Facts.from_error(error).status not in {"400", "501"}:
            raise
    return False
