"""Which known URIs are like one that is not known."""

import difflib
from collections.abc import Iterable

from zarr_linked_data.jsonld import local_name

_MOST = 3
"""URIs that a message names."""

_COMPARED = 5_000
"""URIs that are compared letter by letter: 0.1 s."""


def did_you_mean(uri: str, known: Iterable[str]) -> str:
    """Name the known URIs most like an unknown one: the same name elsewhere, else by spelling."""
    uris = list(known)
    name = local_name(uri).casefold()
    near = [other for other in uris if local_name(other).casefold() == name][:_MOST]
    near = near or difflib.get_close_matches(uri, uris[:_COMPARED], n=_MOST, cutoff=0.8)
    if near:
        return f"Did you mean {' or '.join(map(repr, near))}?"
    return "List what is there with `zld ls`."
