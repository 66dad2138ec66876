"""Asking an object store, and reading from it; all its errors come as ours."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from zarr_linked_data.errors import InvalidInputError, StoreError
from zarr_linked_data.storage.base import Found, checked_key, content_tag, plain_tag
from zarr_linked_data.storage.object_errors import Facts, again, is_missing, object_error

if TYPE_CHECKING:
    from obstore import ObjectMeta

Answer = TypeVar("Answer")

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""Characters that obstore takes in no key."""


class ObjectReader:
    """An object store as one asks it: with keys checked and errors translated."""

    def __init__(self, store: ObjectStore, url: str, server: str) -> None:
        self.store = store
        self.url = url
        self.server = server
        self._ranges = True

    def ask(self, verb: str, key: str, question: Callable[[str], Answer]) -> Answer:
        """Ask something of a key."""
        self.check_key(verb, key)
        try:
            return question(key)
        except StoreError:
            raise  # of the place that the bytes come from, or go to
        except (BaseError, OSError) as error:
            raise self.error(verb, key, error) from error

    def seek(self, key: str, question: Callable[[str], Answer]) -> Answer | None:
        """Ask something of a key; None where there is no such object."""

        def question_or_none(key: str) -> Answer | None:
            try:
                return again(lambda: question(key))
            except FileNotFoundError as error:
                if is_missing(error):
                    return None
                raise

        return self.ask("read", key, question_or_none)

    def check_key(self, verb: str, key: str) -> None:
        """Refuse a key that obstore does not take."""
        if CONTROL.search(checked_key(key)):
            raise InvalidInputError(
                f"Cannot {verb} {key!r} in {self.url!r}: object stores take no control characters "
                "in keys. Rename it."
            )

    def error(self, verb: str, key: str, error: Exception) -> StoreError:
        """Translate an error of obstore's."""
        return object_error(verb, key, self.url, error, server=self.server)

    def read(self, key: str) -> bytes | None:
        """Give an object's bytes; None where there is no such object."""
        return self.seek(key, lambda key: obstore.get(self.store, key).bytes().to_bytes())

    def read_tagged(self, key: str) -> tuple[bytes, str | None] | None:
        """Give an object's bytes and its tag: its ETag, else one made of its content."""

        def tagged(key: str) -> tuple[bytes, str | None]:
            found = obstore.get(self.store, key)
            data = found.bytes().to_bytes()
            return data, plain_tag(found.meta["e_tag"]) or content_tag(data)

        return self.seek(key, tagged)

    def head(self, key: str) -> "ObjectMeta | None":
        """Give what the store says of an object."""
        return self.seek(key, lambda key: obstore.head(self.store, key))

    def slice(self, key: str, start: int, length: int) -> tuple[bytes, Found] | None:
        """Give a range of an object, and what there is of it."""
        if self._ranges:
            try:
                return self.seek(key, lambda key: self._range(key, start, length))
            except NotImplementedError:
                self._ranges = False
        whole = self.read_tagged(key)
        if whole is None:
            return None
        data, tag = whole
        return data[start : start + max(0, length)], Found(key, len(data), tag)

    def _range(self, key: str, start: int, length: int) -> tuple[bytes, Found]:
        """Ask for a range; `NotImplementedError` where the server does not do that."""
        if length <= 0:  # which cannot be said to a server
            return b"", self.found(obstore.head(self.store, key))
        try:
            answer = obstore.get(self.store, key, options={"range": (start, start + length)})
            return answer.bytes().to_bytes(), self.found(answer.meta)
        except BaseError as error:
            facts = Facts.from_error(error)
            if facts.fits("status 416|StartTooLarge"):
                return b"", self.found(obstore.head(self.store, key))
            # rclone sends the range, but with 200 instead of 206, which obstore refuses.
            if facts.fits("NotPartial|RangeNotSupported"):
                raise NotImplementedError from error
            raise

    def found(self, meta: "ObjectMeta") -> Found:
        """Say what there is; its tag is of the content where the server gives none."""
        tag = plain_tag(meta["e_tag"]) or content_tag(self.read(meta["path"]) or b"")
        return Found(meta["path"], meta["size"], tag)
