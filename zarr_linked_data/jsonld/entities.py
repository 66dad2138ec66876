"""JSON-LD → entities: the things that a file describes, each once, with all it says of them."""

import codecs
import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from zarr_linked_data.errors import InvalidInputError, InvalidJsonLdError, ZldWarning
from zarr_linked_data.jsonld.flattening import Flattener
from zarr_linked_data.jsonld.names import JSON, linked_uris
from zarr_linked_data.jsonld.shape import is_expanded

_NAMED = 5
"""Keys that a warning names before it counts the rest."""


@dataclass(frozen=True)
class Entity:
    """A thing in the JSON-LD: its URI, its types and its properties.

    Properties map absolute IRIs to lists of expanded JSON-LD 1.1: value objects, and `{"@id": …}`
    for other entities. What has no URI stays nested.
    """

    uri: str
    types: tuple[str, ...]
    properties: Mapping[str, list[JSON]]

    def document(self) -> dict[str, JSON]:
        """Give its expanded JSON-LD document."""
        types = {"@type": list(self.types)} if self.types else {}
        return {"@id": self.uri, **types, **self.properties}

    def links(self) -> Iterator[tuple[str, str]]:
        """Give each property and URI by which it points at another entity, in order."""
        for name, values in self.properties.items():
            for uri in linked_uris(values):
                if not uri.startswith("_:"):
                    yield name, uri


def read_entities(
    source: str | Path | bytes | JSON, *, name: str | None = None
) -> tuple[Entity, ...]:
    """Read the entities of a JSON-LD file, in its order, each once.

    Parameters
    ----------
    source
        A file's path; its content as bytes; or a document, as dict or list.
    name
        What error messages call it; by default the file's path.

    Raises
    ------
    InvalidJsonLdError
        It is not JSON, not JSON-LD, refers to a context elsewhere (none is fetched), or a URI in it
        is no absolute, valid IRI.

    Warns
    -----
    ZldWarning
        Keys have no meaning, since no context defines them; they are left out.

    Examples
    --------
    >>> sample = {"@id": "http://lab.example/sample1", "http://lab.example/ph": [{"@value": 7.4}]}
    >>> [entity.uri for entity in read_entities(sample)]
    ['http://lab.example/sample1']
    """
    if name is None:
        name = repr(str(source)) if isinstance(source, str | Path) else "the JSON-LD"
    meaningless: dict[str, None] = {}
    with _errors_that_name(name):
        entities = tuple(_flatten(_read_document(source), meaningless))
    if meaningless:
        _warn_of_meaningless(name, list(meaningless))
    return entities


@contextmanager
def _errors_that_name(source: str) -> Iterator[None]:
    """Let errors say what was read."""
    try:
        yield
    except InvalidJsonLdError as error:
        raise InvalidJsonLdError(f"Cannot read {source}: {error}") from error
    except RecursionError as error:
        raise InvalidJsonLdError(
            f"Cannot read {source}: it is nested too deeply. Write each entity by itself, and "
            "point at it with its @id."
        ) from error


def _flatten(document: JSON, meaningless: dict[str, None]) -> Iterator[Entity]:
    """Give the entities of a document; `meaningless` takes its keys and types without meaning."""
    flattener = Flattener()
    flattener.add(_expand(document, meaningless))
    for node in flattener.finish():
        yield Entity(node.uri, tuple(node.types), node.properties)
    meaningless.update(flattener.meaningless)


def _read_document(source: str | Path | bytes | JSON) -> JSON:
    """Give the parsed document."""
    if isinstance(source, str | Path):
        source = _read_file(source)
    try:
        if not isinstance(source, bytes):
            # JSON alone, and a copy: the entities do not change with the caller's document
            source = json.dumps(source, allow_nan=False).encode()
        document = orjson.loads(source.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as error:
        raise InvalidJsonLdError(
            f"it is not JSON at line {error.lineno}, column {error.colno}: {error.msg}. "
            "Correct it there."
        ) from error
    except (TypeError, ValueError) as error:
        raise InvalidJsonLdError(f"it is not JSON: {error}. Give it as JSON values.") from error
    if not isinstance(document, dict | list):
        raise InvalidJsonLdError(
            f"it holds {document!r:.100}, and JSON-LD is an object or a list of objects."
        )
    return document


def _read_file(path: str | Path) -> bytes:
    """Give the bytes of a file."""
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        if "://" in str(path):
            reason = "this is a URL, and a path on this machine was expected"
        raise InvalidInputError(
            f"Cannot read {str(path)!r}: {reason}. Give the path of a JSON-LD file."
        ) from error


def _expand(document: JSON, meaningless: dict[str, None]) -> list[JSON]:
    """Give the expanded document; PyLD is slow, and asked only where it is not expanded yet."""
    if is_expanded(document):
        return document if isinstance(document, list) else [document]
    from zarr_linked_data.jsonld.processor import expand_document  # imports PyLD

    return expand_document(document, lambda key: meaningless.update({key: None} if key else {}))


def _warn_of_meaningless(name: str, keys: list[str]) -> None:
    """Tell which keys and types the contexts leave without meaning."""
    shown = ", ".join(map(repr, keys[:_NAMED]))
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    warnings.warn(
        f"No @context in {name} gives a meaning to {shown}{more}: they are no part of the graph, "
        "and keys among them are left out. Define them in the @context, or write absolute IRIs.",
        ZldWarning,
        stacklevel=3,
    )
