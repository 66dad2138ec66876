"""Tells whether a document is expanded JSON-LD already, so that PyLD need not read it."""

from collections.abc import Mapping

from zarr_linked_data.jsonld.contexts import ABSOLUTE
from zarr_linked_data.jsonld.names import JSON

_SCALARS = (str, int, float)  # bool is an int


def is_expanded(document: JSON) -> bool:
    """Tell whether expansion would leave this document as it is.

    Of forms that are rare in files (`@graph`, `@reverse`, `@included`, `@index`, directions, JSON
    literals) it says no, and PyLD looks.
    """
    nodes = document if isinstance(document, list) else [document]
    return _Shape().are_nodes(nodes)


class _Shape:
    """One look at a document; remembers the keys that it has seen."""

    def __init__(self) -> None:
        self._properties: dict[str, bool] = {}

    def are_nodes(self, nodes: list[JSON]) -> bool:
        """Tell whether all are expanded node objects."""
        return all(isinstance(node, dict) and self._is_node(node) for node in nodes)

    def _is_node(self, node: Mapping[str, JSON]) -> bool:
        for key, value in node.items():
            if key == "@id":
                if not isinstance(value, str) or value.startswith("@"):
                    return False
            elif not isinstance(value, list):
                return False
            elif key == "@type":
                if not all(isinstance(name, str) and name[:1] != "@" for name in value):
                    return False
            elif not self._is_property(key) or not self._are_objects(value):
                return False
        return True

    def _is_property(self, key: str) -> bool:
        known = self._properties.get(key)
        if known is None:
            known = self._properties[key] = bool(ABSOLUTE.match(key))
        return known

    def _are_objects(self, values: list[JSON]) -> bool:
        """Tell whether all are expanded objects of a property."""
        for value in values:
            if not isinstance(value, dict):
                return False
            if "@value" in value:
                if not _is_value(value):
                    return False
            elif "@list" in value:
                items = value["@list"]
                if len(value) > 1 or not isinstance(items, list) or not self._are_objects(items):
                    return False
            elif not self._is_node(value):
                return False
        return True


def _is_value(value: Mapping[str, JSON]) -> bool:
    """Tell whether this is an expanded value object: plain, typed or with a language."""
    content = value["@value"]
    if len(value) == 1:
        return isinstance(content, _SCALARS)
    if len(value) > 2:  # noqa: PLR2004  # a type and a language exclude each other
        return False
    if "@type" in value:
        kind = value["@type"]
        typed = isinstance(kind, str) and kind[:1] != "_" and ABSOLUTE.match(kind)
        return isinstance(content, _SCALARS) and bool(typed)
    language = value.get("@language")
    return isinstance(content, str) and isinstance(language, str) and language.islower()
