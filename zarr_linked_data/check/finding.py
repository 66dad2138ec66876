"""What a check finds, and the kinds of it."""

from dataclasses import dataclass

KINDS = {
    "bad-name": "a node has a name that Zarr keeps for itself",
    "both-formats": "a node has documents of Zarr format 2 and of format 3",
    "both-kinds": "a node of format 2 is a group and an array at once",
    "broken-document": "a metadata document is not JSON, or does not say what it must",
    "broken-jsonld": "a context or an `@id` is no valid JSON-LD",
    "dangling-link": "a link points at something that is no node of the store",
    "duplicate-uri": "several nodes have one URI",
    "invalid-iri": "a URI, a type or a link is no absolute, valid IRI: the graph cannot hold it",
    "meaningless-key": "no context gives a key a meaning: the graph does not have it",
    "no-uri": "a node has properties, but no URI by which it could be found",
    "not-json-constants": "a document holds bare NaN or Infinity, which JSON has not",
    "stale-metadata": "the consolidated metadata are not those of the store",
    "unfinished": "a run that wrote the store was killed, or is still at it",
    "unlistable": "a folder cannot be listed, or leads back to itself",
    "unreachable": "there are metadata documents where no node can be",
    "unreadable": "a metadata document cannot be read",
}
"""Every kind of finding, and what it means."""

SHOWN = 3
"""How many of many things a message names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a store."""

    kind: str
    """One of `KINDS`."""
    path: str
    """Of the node; the root's is empty."""
    uri: str | None
    """Of the node, where it has one."""
    message: str
    """What was found, and what to do."""


def some(names: list[str], count: int | None = None, shown: int = SHOWN) -> str:
    """Name a few of many things, of which there may be more than are given.

    >>> some(["a", "b", "c", "d", "e"])
    "'a', 'b', 'c' and 2 more"
    """
    text = ", ".join(map(repr, names[:shown]))
    left = (len(names) if count is None else count) - min(shown, len(names))
    return f"{text} and {left:,} more" if left else text
