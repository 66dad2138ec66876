"""Contexts: what the `@context`s of a node and of the groups above it make of its keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import orjson

from zarr_linked_data.errors import InvalidJsonLdError
from zarr_linked_data.jsonld.names import JSON, local_name

if TYPE_CHECKING:
    from zarr_linked_data.jsonld.processor import ProcessedContext

K = TypeVar("K")
V = TypeVar("V")

_REMEMBERED = 1024
"""What a context remembers of each kind: a store has few contexts, types and sets of keys."""

ABSOLUTE = re.compile(r"(?:[A-Za-z][A-Za-z0-9+-.]*|_):\S*\Z")
"""What PyLD takes for an absolute IRI: a key with another expansion means nothing."""

_REWRITING = {
    "@direction",
    "@index",
    "@language",
    "@list",
    "@nest",
    "@reverse",
    "@set",
    "@value",
}
"""Keywords that change what a document's other keys say, or that a node may not have."""


class NeedsFullExpansionError(Exception):
    """Only a full expansion reads this document right."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which keys of a document say what it is; the same for all documents with these keys."""

    uri: str | None
    types: tuple[str, ...]
    links: tuple[tuple[str, str | None], ...]
    """Keys that point at datasets, and how their strings are read: '@id', '@vocab' or None."""


class Context:
    """What a node's keys mean: an active JSON-LD context. It does not change.

    `Context.NONE` is the one of a document without `@context`; PyLD made all others.
    """

    NONE: ClassVar["Context"]

    def __init__(self) -> None:
        self._children: dict[bytes, Context] = {}
        self._plans: dict[tuple[str, tuple[str, ...]], Plan | None] = {}

    def extended(self, local: JSON) -> "Context":
        """Give the context that holds where a document adds `local`, its `@context`.

        Raises
        ------
        InvalidJsonLdError
            It is no valid context, or it refers to one elsewhere: none is fetched.
        """
        try:
            form = orjson.dumps(local)
        except TypeError as error:
            raise InvalidJsonLdError(
                f"The @context {local!r:.100} is not JSON: {error}. Give an object."
            ) from error
        child = self._children.get(form)
        if child is None:
            child = self.processed().process(local) if local != [] else self
            remember(self._children, form, child)
        return child

    def plan(self, keys: tuple[str, ...], link: str) -> Plan | None:
        """Tell which of a document's keys say what it is; None where only a full expansion can."""
        try:
            return self._plans[link, keys]
        except KeyError:
            plan = self._make_plan(keys, link)
            remember(self._plans, (link, keys), plan)
            return plan

    def uri_key(self, node: Mapping[str, JSON]) -> str | None:
        """Give the key under which a nested node object has its URI; None where it has none.

        Raises
        ------
        NeedsFullExpansionError
            It has keywords that only a full expansion reads right, or may have another context.
        """
        found = None
        for key in node:
            if key in self.uri_keys and found is None:
                found = key
            elif key in self.other_keywords or (key[:1] == "@" and key != "@type"):
                raise NeedsFullExpansionError
        if self.differs_below and (found is None or len(node) > 1):
            raise NeedsFullExpansionError
        return found

    # What follows is what a processed context does otherwise.

    uri_keys: frozenset[str] = frozenset({"@id"})
    """`@id` and its aliases."""

    other_keywords: frozenset[str] = frozenset()
    """Aliases of keywords other than `@id` and `@type`, and those of `@id`."""

    scoped_types: frozenset[str] = frozenset()
    """Types that bring a context of their own."""

    propagates: bool = True
    """Whether it holds for what lies below, too: not where it says `"@propagate": false`."""

    @property
    def differs_below(self) -> bool:
        """Whether another context may hold in a nested node object."""
        return bool(self.scoped_types) or not self.propagates

    def processed(self) -> "ProcessedContext":
        """Give PyLD's own form of it."""
        from zarr_linked_data.jsonld.processor import NO_CONTEXT  # imports PyLD

        return NO_CONTEXT

    def expand_reference(self, text: str) -> str:
        """Expand the value of an `@id`; what nothing expands stays as it stands."""
        return text

    def expand_type(self, text: str) -> str | None:
        """Expand the value of an `@type`; None where JSON-LD ignores it."""
        return text

    def expand_key(self, key: str) -> str:
        """Expand a key: an IRI, a keyword, or something without meaning."""
        return key

    def term(self, key: str) -> Mapping[str, Any]:  # noqa: ARG002  # a processed one looks at it
        """Give the definition of a term; an empty one where there is none."""
        return {}

    def _make_plan(self, keys: tuple[str, ...], link: str) -> Plan | None:
        """Look at each key."""
        meanings = {key: self.expand_key(key) for key in keys}
        uris = [key for key, meaning in meanings.items() if meaning == "@id"]
        types = [key for key, meaning in meanings.items() if meaning == "@type"]
        links = [
            key
            for key, meaning in meanings.items()
            if local_name(meaning) == link and ABSOLUTE.match(meaning)
        ]
        terms = {key: self.term(key) for key in links}
        if len(uris) > 1 or not _REWRITING.isdisjoint(meanings.values()):
            return None
        if not all(map(_is_plain, terms.values())):
            return None
        coerced = tuple((key, term.get("@type")) for key, term in terms.items())
        return Plan(uris[0] if uris else None, tuple(types), coerced)


Context.NONE = Context()


def remember(memory: dict[K, V], key: K, value: V) -> None:
    """Keep a result, without letting the memory grow with the store."""
    if len(memory) >= _REMEMBERED:
        memory.clear()
    memory[key] = value


def _is_plain(term: Mapping[str, Any]) -> bool:
    """Tell whether the values of a property are read without more than a coercion."""
    is_set = set(term.get("@container", ())) <= {"@set"}
    return is_set and not term.get("reverse") and "@context" not in term
