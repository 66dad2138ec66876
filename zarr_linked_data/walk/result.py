"""What a walk gives."""

from dataclasses import dataclass, field

Signature = bytes | str | None
"""Equal as long as a document has not changed; None: cannot be told, read it again.

On a folder: size, mtime_ns, ctime_ns and inode, packed; in an object store: the ETag.
"""

Known = tuple[Signature, bool]
"""A document's signature, and whether it makes its folder a group (an array ends the descent)."""


@dataclass(slots=True)
class Walk:
    """The metadata documents of a store, by their keys: `a/b/zarr.json`, or `a/b/.zgroup` and so on."""

    zarr_format: int
    documents: dict[str, bytes | None] = field(default_factory=dict)
    """The stored bytes; None where the signature is the known one."""
    signatures: dict[str, Signature] = field(default_factory=dict)

    def add(self, key: str, data: bytes | None, signature: Signature) -> None:
        """Keep one document."""
        self.documents[key] = data
        self.signatures[key] = signature


@dataclass(frozen=True, slots=True)
class Span:
    """A range of document keys, `first <= key < end`; the end may be None for "to the last"."""

    first: str = ""
    end: str | None = None

    def holds(self, key: str) -> bool:
        """Tell whether the key lies in the range."""
        return key >= self.first and (self.end is None or key < self.end)

    def touches(self, folder: str) -> bool:
        """Tell whether any key below the folder (written with its final slash, or empty) can lie in the range."""
        if not folder:
            return True
        # "0" is the character after "/": it ends the range of all keys that begin with the folder.
        return (self.end is None or folder < self.end) and folder[:-1] + "0" > self.first


EVERYTHING = Span()
