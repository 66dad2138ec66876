"""One journal as it lies in a store: `__zld/adding-<run>.json`."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Self

import orjson

from zarr_linked_data.errors import StoreError
from zarr_linked_data.journal.owner import Owner
from zarr_linked_data.storage import OUR_FOLDER, Storage

_STEM = "adding-"

JOURNAL = f"{OUR_FOLDER}/{_STEM}"
"""How the keys of journals begin."""

State = Literal["waiting", "writing", "publishing"]
"""Has written nothing; writes what nobody sees; makes it visible."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a journal says."""

    run: str
    owner: Owner
    beat: float
    """When its owner last showed that it lives, in seconds since 1970."""
    state: State = "waiting"
    request: str = ""
    """A hash of what was asked for."""
    tops: Mapping[str, list[str]] = field(default_factory=dict)
    """The paths of new subtrees, and the keys of the documents by which each becomes visible."""
    documents: Mapping[str, str] = field(default_factory=dict)
    """The text of these, and of existing documents that change, by key."""
    replaced: Mapping[str, str] = field(default_factory=dict)
    """The sha256 of the existing documents before they change, by key."""
    outcome: Mapping[str, Any] = field(default_factory=dict)
    """What to tell who asks for the same again."""

    @property
    def key(self) -> str:
        """Name its object."""
        return f"{JOURNAL}{self.run}.json"

    def encoded(self) -> bytes:
        """Give its bytes."""
        return orjson.dumps(asdict(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read its bytes."""
        fields = orjson.loads(data)
        return cls(**{**fields, "owner": Owner.from_json(fields["owner"])})

    def beating(self) -> Self:
        """Give the same, with a new sign of life."""
        return replace(self, beat=time.time())


def read_records(storage: Storage) -> Iterator[tuple[Record, str | None]]:
    """Give each journal that lies in a store, with its object's tag.

    Raises
    ------
    StoreError
        An object has a journal's name, and is none.
    """
    _, objects = storage.list_folder(OUR_FOLDER)
    for found in objects:
        if not (found.key.startswith(_STEM) and found.key.endswith(".json")):
            continue
        key = f"{OUR_FOLDER}/{found.key}"
        tagged = storage.read_tagged(key)
        if tagged is None:
            continue  # its owner has just ended
        try:
            record = Record.from_bytes(tagged[0])
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(
                f"Cannot use {key!r} in {storage.url!r}, which says what is being added: it does "
                f"not hold that ({error}). Look whether something is half added with `zld check`, "
                "then remove this object."
            ) from error
        yield record, tagged[1]
