"""What a walk gives."""

import marshal
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from zarr_linked_data.walk.facts import Facts

Signature = bytes | str | None
"""Equal as long as a document has not changed; None: cannot be told, read it again.

On a folder: size, mtime_ns, ctime_ns and inode, packed; in an object store: the ETag.
"""

SIGNATURE_LENGTH = 32
"""Bytes of a folder's signature."""

Known = tuple[Signature, bool]
"""A document's signature, and whether it makes its folder a group (an array ends the descent)."""


def is_unclean(data: bytes) -> bool:
    """Tell whether a document may hold what is no JSON, or metadata of nodes below its own."""
    return b"NaN" in data or b"Infinity" in data or b'"consolidated_metadata"' in data


@dataclass(slots=True)
class Walk:
    """The metadata documents of a store, by key: `a/b/zarr.json`, or `a/b/.zgroup` and so on."""

    zarr_format: int
    documents: dict[str, bytes | None] = field(default_factory=dict)
    """The stored bytes; None where the signature is the known one."""
    signatures: dict[str, Signature] = field(default_factory=dict)
    """Of the documents that were read; those of the others are the known ones."""
    unclean: set[str] = field(default_factory=set)
    """Keys of the documents read that are not to be kept byte for byte; see `is_unclean`."""
    facts: dict[str, Facts] = field(default_factory=dict)
    """What nodes say by themselves, by path, where whoever read them has found it out already.

    Not of nodes with a context of their own; and not right below a context.
    """

    def update(self, other: "Walk") -> None:
        """Take up what another walker found."""
        self.documents.update(other.documents)
        self.signatures.update(other.signatures)
        self.unclean |= other.unclean
        self.facts.update(other.facts)

    def packed(self) -> bytes:
        """Give it as bytes for another process of this Python, five times as fast as by pickle."""
        facts = [tuple(each) for each in self.facts.values()]
        parts = (self.zarr_format, self.documents, self.signatures, self.unclean)
        return marshal.dumps((*parts, list(self.facts), facts))

    @classmethod
    def unpacked(cls, data: bytes) -> "Walk":
        """Give back what another process packed."""
        zarr_format, documents, signatures, unclean, paths, facts = marshal.loads(data)  # noqa: S302
        known = dict(zip(paths, map(Facts._make, facts), strict=True))
        return cls(zarr_format, documents, signatures, unclean, known)

    def known(self, before: Mapping[str, Known], groups: Container[str]) -> dict[str, Known]:
        """Give what the next walk needs to know, of paths that are groups and others."""
        return {
            key: (self.signatures[key], key[: max(key.rfind("/"), 0)] in groups)
            if key in self.signatures
            else before[key]
            for key in self.documents
        }


@dataclass(frozen=True, slots=True)
class Span:
    """A range of document keys, `first <= key < end`; the end may be None for "to the last"."""

    first: str = ""
    end: str | None = None

    def holds(self, key: str) -> bool:
        """Tell whether the key lies in the range."""
        return key >= self.first and (self.end is None or key < self.end)

    def touches(self, folder: str) -> bool:
        """Tell whether a key below the folder, written with its slash, can be in the range."""
        if not folder:
            return True
        # "0" is the character after "/": it ends the range of all keys that begin with the folder.
        return (self.end is None or folder < self.end) and folder[:-1] + "0" > self.first


EVERYTHING = Span()

FORMAT_3 = 3
"""The Zarr format whose documents are `zarr.json`."""
