"""The consolidated metadata of a store: one object, `.all_metadata`, written and read.

Its form (also that of format 2's `.zmetadata`, which zarr-python reads)::

    {"zarr_consolidated_format": 1,
     "zld": {"generation": "<sha256>", "iri": "<the store's IRI>",
             "dataset_link": "<where it is not hasDataset>"},
     "metadata": {"<object key>": <the document as it is stored>, …}}

The keys are sorted, and each document is kept byte for byte, so that an index can say where in the
file it lies.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import orjson

from zarr_linked_data.errors import CorruptDocumentError
from zarr_linked_data.jsonld import DATASET_LINK
from zarr_linked_data.storage import Storage

METADATA_KEY = ".all_metadata"


_SPACE = re.compile(r"[ \t\r\n]*")
_scan = json.JSONDecoder().raw_decode

_HEAD_LENGTH = 4096
"""Bytes that hold the head: 170 fixed ones and the IRI."""

_HEAD = re.compile(rb'\s*\{\s*"zarr_consolidated_format"\s*:\s*1\s*,\s*"zld"\s*:\s*')

_END = b"}}\n"

_PIECE = 1_000
"""Documents joined for one write: a megabyte or so."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the consolidated metadata say of themselves.

    Generation and IRI are None where others wrote them.
    """

    size: int
    """Bytes of the object."""
    tag: str | None
    """Its ETag; None on a folder."""
    generation: str | None = None
    iri: str | None = None
    dataset_link: str = DATASET_LINK


def read_head(storage: Storage) -> Head | None:
    """Read which generation the store's metadata are of; None where there are none."""
    start = storage.read_start(METADATA_KEY, _HEAD_LENGTH)
    if start is None:
        return None
    data, found = start
    zld = _parse_head(data)
    if zld is None and _HEAD.match(data) and found.size > len(data):
        zld = _parse_head(storage.read(METADATA_KEY) or b"")  # an IRI longer than the first piece
    return Head(size=found.size, tag=found.tag, **(zld or {}))


def _parse_head(start: bytes) -> dict[str, str] | None:
    """Read our part of the head from the first bytes; None where they are not ours or not whole."""
    match = _HEAD.match(start)
    if match is None:
        return None
    try:
        fields, _ = _scan(start[match.end() :].decode(errors="replace"), 0)
        return {name: str(fields[name]) for name in ("generation", "iri")} | {
            "dataset_link": str(fields.get("dataset_link", DATASET_LINK))
        }
    except (ValueError, KeyError, TypeError):
        return None


_PLAIN = re.compile(r"[ !#-\[\]-~]*")
"""Text that JSON writes as it stands."""


def _quoted(key: str) -> bytes:
    """Write a key as JSON."""
    # `orjson.dumps` gives out a kilobyte of memory for each, however short.
    return b'"%b"' % key.encode() if _PLAIN.fullmatch(key) else orjson.dumps(key)


def generation_of(iri: str, documents: Mapping[str, bytes]) -> str:
    """Name this state of the metadata.

    It is the sha256 over the IRI and NUL, then key, NUL, document, NUL of each.
    """
    digest = hashlib.sha256(iri.encode() + b"\0")
    for piece in _pieces(documents):
        digest.update(
            b"".join(part for key in piece for part in (key.encode(), b"\0", documents[key], b"\0"))
        )
    return digest.hexdigest()


def _pieces(documents: Mapping[str, bytes]) -> Iterator[list[str]]:
    """Cut the keys into pieces worth one call."""
    keys = list(documents)
    for start in range(0, len(keys), _PIECE):
        yield keys[start : start + _PIECE]


class Encoded:
    """Consolidated metadata ready to be written, and where in them each document lies.

    Parameters
    ----------
    documents
        Each document by its object key, sorted by key, each valid JSON.
    """

    def __init__(
        self, iri: str, documents: Mapping[str, bytes], dataset_link: str = DATASET_LINK
    ) -> None:
        self.iri = iri
        self.documents = documents
        self.dataset_link = dataset_link
        self._keys = [_quoted(key) for key in documents]

    @cached_property
    def generation(self) -> str:
        """The name of this state; hashing it takes a tenth of a second for each 100 MB."""
        return generation_of(self.iri, self.documents)

    def _start(self, generation: str) -> bytes:
        """Give the bytes before the first document."""
        own = {} if self.dataset_link == DATASET_LINK else {"dataset_link": self.dataset_link}
        zld = orjson.dumps({"generation": generation, "iri": self.iri} | own)
        return b'{"zarr_consolidated_format":1,"zld":' + zld + b',"metadata":{\n'

    @cached_property
    def _start_length(self) -> int:
        """Count the bytes before the first document: generations are of one length."""
        return len(self._start("0" * 64))

    def offsets(self) -> dict[str, int]:
        """Give the position of each document's first byte, by its key."""
        offsets = {}
        position = self._start_length
        for quoted, (key, document) in zip(self._keys, self.documents.items(), strict=True):
            position += len(quoted) + 1  # the colon
            offsets[key] = position
            position += len(document) + 2  # the comma and the line's end
        return offsets

    @property
    def size(self) -> int:
        """Give the length of the object in bytes."""
        members = sum(map(len, self._keys)) + sum(map(len, self.documents.values()))
        return self._start_length + members + 3 * len(self._keys) - 1 + len(_END)

    def pieces(self) -> Iterator[bytes]:
        """Give the bytes of the object, about a megabyte at a time."""
        yield self._start(self.generation)
        documents = list(self.documents.values())
        last = len(documents) - 1
        for start in range(0, len(documents), _PIECE):
            end = min(start + _PIECE, len(documents))
            lines = [
                b"%b:%b" % (quoted, document)
                for quoted, document in zip(
                    self._keys[start:end], documents[start:end], strict=True
                )
            ]
            yield b",\n".join(lines) + (b",\n" if end <= last else b"\n")
        yield _END


def split_documents(data: bytes, url: str) -> Iterator[tuple[str, int, int]]:
    """Tell the key, first byte and length of each document in consolidated metadata, whose ever.

    Raises
    ------
    CorruptDocumentError
        The object is not consolidated metadata: cut off, or something else.
    """
    # JSON's marks are ASCII, so Latin-1 keeps every byte's place; what the strings say does not
    # matter here.
    text = data.decode("latin-1")
    try:
        position = _skip(text, _enter(text), "{")
        while text[position] != "}":
            _, after_key = _scan(text, position)
            first = _skip(text, after_key, ":")
            _, end = _scan(text, first)
            yield json.loads(data[position:after_key]), first, end - first
            position = _next(text, end)
    except (ValueError, IndexError) as error:
        raise _corrupt(url, f"it is cut off or not JSON ({error})") from error


def _enter(text: str) -> int:
    """Find where the value of the member "metadata" begins."""
    position = _skip(text, 0, "{")
    while text[position] != "}":
        name, position = _scan(text, position)
        position = _skip(text, position, ":")
        if name == "metadata":
            return position
        _, end = _scan(text, position)
        position = _next(text, end)
    message = 'it has no "metadata"'
    raise ValueError(message)


def _next(text: str, position: int) -> int:
    """Pass the comma after a member; stay at the object's end."""
    position = _after_space(text, position)
    return position if text[position] == "}" else _skip(text, position, ",")


def _skip(text: str, position: int, mark: str) -> int:
    """Pass the mark and the white space around it."""
    position = _after_space(text, position)
    if text[position] != mark:
        message = f"expected {mark!r} at byte {position}, found {text[position : position + 10]!r}"
        raise ValueError(message)
    return _after_space(text, position + 1)


def _after_space(text: str, position: int) -> int:
    """Pass white space."""
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _corrupt(url: str, found: str) -> CorruptDocumentError:
    """Say that the object cannot be used."""
    return CorruptDocumentError(
        f"Cannot read {METADATA_KEY!r} of {url!r}: {found}. "
        "Write it anew with `zld consolidate`; nothing else of the store is touched."
    )
