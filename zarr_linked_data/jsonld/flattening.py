"""Expanded JSON-LD → nodes by URI, as flattening makes them; what has no URI stays nested."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import orjson

from zarr_linked_data.errors import InvalidJsonLdError
from zarr_linked_data.jsonld.contexts import ABSOLUTE
from zarr_linked_data.jsonld.names import JSON, is_iri

_BLANK = "_:"
_FEW = 16
"""Values whose forms are computed again rather than kept."""

_DEFINITION = 2
"""Keys of a node object that says something of its URI; with the `@id` alone, it only points."""


@dataclass(slots=True)
class _Node:
    """What was said so far of one URI (or of one blank node that has a label)."""

    uri: str
    types: dict[str, None] = field(default_factory=dict)
    properties: dict[str, list[JSON]] = field(default_factory=dict)
    seen: dict[str, set[bytes]] = field(default_factory=dict)

    def add(self, name: str, values: list[JSON]) -> None:
        """Add values of a property, each once; lists as often as they come, as flattening does."""
        known = self.properties.get(name)
        if known is None:
            known = self.properties[name] = []
            if len(values) <= 1:
                known += values
                return
        seen = self.seen.get(name) or {_form(value) for value in known}
        for value in values:
            form = _form(value)
            if "@list" in value or form not in seen:
                seen.add(form)
                known.append(value)
        if len(known) > _FEW:
            self.seen[name] = seen


class Flattener:
    """Gathers nodes by their URIs; `finish` gives them in the order in which they came."""

    def __init__(self) -> None:
        self._nodes: dict[str, _Node] = {}
        self.meaningless: dict[str, None] = {}
        """Types that are no absolute IRIs."""

    def add(self, nodes: list[JSON]) -> None:
        """Take in expanded node objects that nothing points at."""
        for node in nodes:
            if not isinstance(node, dict):
                raise InvalidJsonLdError(f"{node!r} stands where a node belongs. Take it out.")
            if "@value" in node or "@list" in node:
                continue
            if "@id" in node:
                self._place(node)
            elif node.keys() == {"@graph"} or node.keys() == {"@included"}:
                self.add(next(iter(node.values())))
            elif node:
                raise InvalidJsonLdError(
                    f"a node without @id, at which nothing points: {_excerpt(node)}. Give it one."
                )

    def finish(self) -> Iterator[_Node]:
        """Give the nodes that have URIs, blank nodes nested in those that point at them."""
        labelled = {uri for uri in self._nodes if uri.startswith(_BLANK)}
        lost = set(labelled)
        for uri, node in self._nodes.items():
            if uri in labelled:
                continue
            if labelled:
                used: set[str] = set()
                for name, values in node.properties.items():
                    node.properties[name] = [self._embed(value, used) for value in values]
                lost -= used
            if node.types or node.properties:
                yield node
        if lost:
            label = min(lost)
            raise InvalidJsonLdError(
                f"no entity points at the blank node {label!r}: "
                f"{_excerpt(self._nodes[label].properties)}. Give it an absolute IRI as @id."
            )

    def _place(self, node: Mapping[str, JSON]) -> dict[str, JSON]:
        """Take in a node object that has an `@id`; give the link to put in its place."""
        uri = node["@id"]
        if not isinstance(uri, str) or not (uri.startswith(_BLANK) or is_iri(uri)):
            raise InvalidJsonLdError(
                f"the @id {uri!r} is no absolute, valid IRI. Write it in full, as in "
                "'http://lab.example/sample1', or define its prefix or an @base in the @context."
            )
        if len(node) >= _DEFINITION:
            draft = self._nodes.get(uri)
            if draft is None:
                draft = self._nodes[uri] = _Node(uri)
            self._describe(draft, node)
        return {"@id": uri}

    def _describe(self, draft: _Node, node: Mapping[str, JSON]) -> None:
        """Add what a node object says to what is known of its URI."""
        for key, values in node.items():
            if key == "@type":
                draft.types.update(dict.fromkeys(self._checked_types(values)))
            elif key == "@reverse":
                self._reverse(draft.uri, values)
            elif key in ("@graph", "@included"):
                self.add(values)
            elif not key.startswith("@"):
                draft.add(key, [v if "@value" in v else self._convert(v) for v in values])

    def _reverse(self, uri: str, properties: Mapping[str, list[JSON]]) -> None:
        """Let other nodes point at this one."""
        for name, nodes in properties.items():
            for node in nodes:
                if "@id" not in node:
                    raise InvalidJsonLdError(
                        f"a node that points at {uri!r} by @reverse has no @id: {_excerpt(node)}. "
                        "Give it an @id."
                    )
                link = self._place(node)
                draft = self._nodes.setdefault(link["@id"], _Node(link["@id"]))
                draft.add(name, [{"@id": uri}])

    def _convert(self, value: JSON) -> JSON:
        """Replace the nodes within a value by links to them."""
        if "@value" in value:
            return value
        if "@id" in value:
            return self._place(value)
        if "@list" in value:
            return {**value, "@list": [self._convert(item) for item in value["@list"]]}
        if "@reverse" in value:
            raise InvalidJsonLdError(
                f"a node with @reverse has no @id: {_excerpt(value)}. Give it an @id."
            )
        self._checked_types(value.get("@type", []))
        return {
            key: content if key.startswith("@") else [self._convert(item) for item in content]
            for key, content in value.items()
        }

    def _embed(self, value: JSON, used: set[str]) -> JSON:
        """Put what is known of a blank node where it is pointed at first."""
        label = value.get("@id", "")
        if label.startswith(_BLANK):
            if label in used or label not in self._nodes:
                return value
            used.add(label)
            node = self._nodes[label]
            types = {"@type": list(node.types)} if node.types else {}
            value = {"@id": label, **types, **node.properties}
        if "@list" in value:
            return {**value, "@list": [self._embed(item, used) for item in value["@list"]]}
        if "@value" in value:
            return value
        return {
            key: content if key.startswith("@") else [self._embed(item, used) for item in content]
            for key, content in value.items()
        }

    def _checked_types(self, types: list[str | None]) -> Iterator[str]:
        """Give the types that JSON-LD does not ignore; remember those that are no IRIs."""
        for name in types:
            if name is not None:
                if not ABSOLUTE.match(name):
                    self.meaningless[name] = None
                yield name


def _form(value: JSON) -> bytes:
    """Give what two equal values have in common: `1`, `1.0` and `true` are three."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _excerpt(node: Mapping[str, JSON]) -> str:
    """Show the beginning of a node."""
    text = repr(dict(node))
    return text if len(text) <= 100 else f"{text[:100]}…"  # noqa: PLR2004
