"""PyLD, the reference implementation of JSON-LD, kept from the network.

Imported only when a document has a context: that takes 130 ms.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from pyld import ContextResolver
from pyld.jsonld import JsonLdError, JsonLdProcessor, freeze

from zarr_linked_data.errors import InvalidJsonLdError
from zarr_linked_data.jsonld.contexts import Context, remember
from zarr_linked_data.jsonld.names import JSON

ActiveContext: TypeAlias = Mapping[str, Any]
"""A processed context, as PyLD keeps it: `mappings` has each term's definition."""

_CACHED_CONTEXTS = 256
"""Contexts that are kept processed; a store has one or two."""

_MODE = "json-ld-1.1"
_LONGEST_VALUE = 100
_resolved: dict[str, Any] = {}

_NOTHING_DEFINED: ActiveContext = freeze(
    {"_uuid": "zarr-linked-data", "processingMode": _MODE, "mappings": {}, "@base": None}
)
"""The context of a document without one; without a base, relative IRIs stay as they stand."""


class _InlineContexts(ContextResolver):  # type: ignore[misc]  # PyLD ships no types
    """Contexts that stand in the document; others are refused, never fetched."""

    def resolve(self, active_ctx: Any, context: JSON, base: Any, cycles: Any = None) -> Any:
        entries = context if isinstance(context, list) else [context]
        for entry in entries:
            if isinstance(entry, str):
                raise InvalidJsonLdError(
                    f"The @context refers to {entry!r}, and contexts are not fetched. "
                    "Put its content inline, in place of this IRI."
                )
        return super().resolve(active_ctx, context, base, cycles)


class _Definitions(dict[str, Any]):
    """A context in the making, that lets `"@vocab": null` pass where there is no `@vocab`.

    PyLD 3.3 deletes the entry without looking.
    """

    def __delitem__(self, key: str) -> None:
        self.pop(key, None)


class _Processor(JsonLdProcessor):  # type: ignore[misc]  # PyLD ships no types
    """PyLD with two habits of its own corrected: it invents a base IRI, and sorts properties."""

    def _get_initial_context(self, options: Any) -> ActiveContext:  # noqa: ARG002  # PyLD's signature
        return _NOTHING_DEFINED

    def _clone_active_context(self, active_ctx: ActiveContext) -> dict[str, Any]:
        clone = _Definitions(super()._clone_active_context(active_ctx))
        if "@direction" in active_ctx:
            clone["@direction"] = active_ctx["@direction"]
        return clone

    def _expand_object(self, active_ctx: Any, *args: Any, **options: Any) -> None:
        super()._expand_object(active_ctx, *args, **options)
        _, _, element, expanded = args[:4]
        for key in element:
            iri = self._expand_iri(active_ctx, key, vocab=True)
            if iri in expanded:
                expanded[iri] = expanded.pop(iri)


class ProcessedContext(Context):
    """A context that PyLD made."""

    def __init__(self, active: ActiveContext) -> None:
        super().__init__()
        self._active = active
        self._terms: Mapping[str, Mapping[str, Any]] = active["mappings"]
        self._types: dict[str, str | None] = {}
        iris = {term: mapping["@id"] for term, mapping in self._terms.items()}
        self._prefixes: dict[str, str] = {
            term: iri for term, iri in iris.items() if iri and self._terms[term]["_prefix"]
        }
        self.uri_keys |= {term for term, iri in iris.items() if iri == "@id"}
        keywords = {term for term, iri in iris.items() if iri and iri.startswith("@")}
        self.other_keywords = frozenset(term for term in keywords if iris[term] != "@type")
        self.scoped_types = frozenset(
            term for term, mapping in self._terms.items() if "@context" in mapping
        )
        self.propagates = "previousContext" not in active

    def processed(self) -> "ProcessedContext":
        """Give itself."""
        return self

    def process(self, local: JSON) -> "ProcessedContext":
        """Give the context that holds after `local`, the value of an `@context`."""
        contexts = local if isinstance(local, list) else [local]
        with _one_line_errors(), _no_warnings():
            return ProcessedContext(
                _Processor().process_context(self._active, contexts, _options())
            )

    def expand_node(self, node: Mapping[str, JSON]) -> dict[str, JSON]:
        """Expand a node object, its own `@context` included; what is none gives nothing."""
        options = {**_options(), "keepFreeFloatingNodes": True}
        with _one_line_errors(), _no_warnings():
            expanded = _Processor()._expand(self._active, None, node, options)
        return expanded if isinstance(expanded, dict) else {}

    def expand_reference(self, text: str) -> str:
        """Expand the value of an `@id`; what nothing expands stays as it stands."""
        prefix, colon, rest = text.partition(":")
        if colon and prefix:
            if prefix == "_" or rest.startswith("//"):
                return text
            if prefix in self._prefixes:
                return self._prefixes[prefix] + rest
        if self._active["@base"] is None:
            return text
        return self._expand_iri(text, vocab=False, base="") or text

    def expand_type(self, text: str) -> str | None:
        """Expand the value of an `@type`; None where JSON-LD ignores it."""
        try:
            return self._types[text]
        except KeyError:
            iri = self._expand_iri(text, vocab=True, base="")
            remember(self._types, text, iri)
            return iri

    def expand_key(self, key: str) -> str:
        """Expand a key: an IRI, a keyword, or something without meaning."""
        return self._expand_iri(key, vocab=True, base=None) or ""

    def _expand_iri(self, text: str, *, vocab: bool, base: str | None) -> str | None:
        """Expand a term, a compact or a relative IRI; None where JSON-LD ignores it."""
        with _one_line_errors():
            iri: str | None = _Processor()._expand_iri(self._active, text, vocab=vocab, base=base)
            return iri

    def term(self, key: str) -> Mapping[str, Any]:
        """Give the definition of a term; an empty one where there is none."""
        return self._terms.get(key) or {}


NO_CONTEXT = ProcessedContext(_NOTHING_DEFINED)
"""What `Context.NONE` is for PyLD."""


def expand_document(document: JSON, dropped: Callable[[str | None], None]) -> list[JSON]:
    """Expand a document; `dropped` is told each key that no context gives a meaning."""
    options = {**_options(), "documentLoader": None}
    with _one_line_errors(), _no_warnings():
        nodes: list[JSON] = _Processor(on_property_dropped=dropped).expand(document, options)
        return nodes


def _options() -> dict[str, Any]:
    """Give PyLD's options: no base, no frame, contexts from the document alone."""
    if len(_resolved) > _CACHED_CONTEXTS:
        _resolved.clear()
    return {
        "base": "",
        "isFrame": False,
        "processingMode": _MODE,
        "contextResolver": _InlineContexts(_resolved, document_loader=None),
    }


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Turn whatever PyLD raises into one line that names the fault."""
    try:
        yield
    except InvalidJsonLdError:
        raise
    except RecursionError as error:
        raise InvalidJsonLdError(
            "The JSON-LD is nested too deeply. Write each entity by itself, and point at it with "
            "its @id."
        ) from error
    except JsonLdError as error:
        raise InvalidJsonLdError(_explain(error)) from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # PyLD stumbles over some broken contexts before it looks at them
        raise InvalidJsonLdError(
            f"The JSON-LD is not valid: {' '.join(str(error).split())}. "
            "Correct its @context and its keywords."
        ) from error


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Let PyLD ignore terms that begin with '@' in silence, as JSON-LD does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        yield


def _explain(error: JsonLdError) -> str:
    """Say in one line what the innermost of PyLD's errors is about."""
    innermost: BaseException = error
    while innermost.__cause__ is not None:
        innermost = innermost.__cause__
        if isinstance(innermost, InvalidJsonLdError):
            return str(innermost)
        if isinstance(innermost, JsonLdError):
            error = innermost
    message = str(error.args[0]).removeprefix("Invalid JSON-LD syntax; ").rstrip(".")
    return f"The JSON-LD is not valid ({error.code}): {message}.{_found(error.details or {})}"


def _found(details: Mapping[str, JSON]) -> str:
    """Say which value an error is about."""
    for name in ("term", "value", "iri", "element", "context"):
        if name in details:
            value = repr(details[name])
            if len(value) > _LONGEST_VALUE:
                value = f"{value[:_LONGEST_VALUE]}…"
            return f" Found: {value}."
    return ""
