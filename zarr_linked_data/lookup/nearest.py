"""Known URIs that are like an unknown one: written a little differently, or next to it."""

import difflib
import unicodedata
from collections.abc import Iterator
from itertools import islice
from urllib.parse import quote, unquote

from zarr_linked_data.index import Index

NEIGHBOURS = 2_000
"""Known URIs looked at on each side of the place where the unknown one would stand."""


def nearest_uris(index: Index, uri: str, most: int = 3) -> list[str]:
    """Name the known URIs most like this one: near variants first, then by spelling."""
    variants = [variant for variant in dict.fromkeys(_variants(uri)) if index.find(variant)]
    if variants:
        return variants[:most]
    start = uri[: max(uri.rfind("/"), uri.rfind("#"), uri.rfind(":")) + 1]
    known = list(islice(index.uris(after=start), NEIGHBOURS))
    known += islice(index.uris(after=uri), NEIGHBOURS)
    return difflib.get_close_matches(uri, dict.fromkeys(known), n=most, cutoff=0.8)


def _variants(uri: str) -> Iterator[str]:
    """Write the URI in the ways that people confuse: each may be the one that was meant."""
    forms = [uri, uri.strip(), uri.strip().strip("<>\"'")]
    forms += [unquote(uri), quote(uri, safe=":/?#[]@!$&'()*+,;=%~")]
    forms += [unicodedata.normalize(form, uri) for form in ("NFC", "NFD")]
    forms += [uri.lower()]
    for form in forms:
        for scheme in _schemes(form):
            bare = scheme.rstrip("/#")
            yield from (scheme, bare, f"{bare}/", f"{bare}#")
            head, slash, name = bare.rpartition("/")
            yield f"{head}#{name}" if slash else bare
            head, hash_, name = bare.rpartition("#")
            yield f"{head}/{name}" if hash_ else bare


def _schemes(uri: str) -> Iterator[str]:
    """Give the URI with http and https."""
    yield uri
    if uri.startswith("http://"):
        yield f"https://{uri[7:]}"
    elif uri.startswith("https://"):
        yield f"http://{uri[8:]}"
