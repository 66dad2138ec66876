"""New properties for a node that is there already."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence

from zarr_linked_data.errors import InvalidInputError
from zarr_linked_data.jsonld import JSON, Context, Entity
from zarr_linked_data.node import sanitised

IsLink = Callable[[str], bool]


class Merge:
    """The attributes of one node, as they become.

    The properties given replace those of the same name, the others stay as they are written. Where
    a property says what an entity contains, or points at its arrays, links are added to those that
    are there.

    Parameters
    ----------
    attributes
        As they are.
    context
        What the groups above make of them.
    is_link
        Tells whether links of a property are added to those that are there.
    """

    def __init__(self, attributes: Mapping[str, JSON], context: Context, is_link: IsLink) -> None:
        self.attributes = dict(attributes)
        self._context = context
        self._is_link = is_link
        self._meanings: dict[str, Collection[str]] = {}
        self._is_plain = context is Context.NONE and "@context" not in attributes

    def apply(self, entity: Entity, path: str) -> dict[str, JSON]:
        """Give the attributes with what the entity says.

        Raises
        ------
        InvalidInputError
            A context in force there would give it another meaning.
        """
        expected = self._meaning()
        if entity.types and set(entity.types) != set(_as_list(expected.get("@type"))):
            expected["@type"] = list(entity.types)
            self._put("@type", expected["@type"])
        for name, given in entity.properties.items():
            now = _as_list(expected.get(name))
            merged = _united(now, given) if self._is_link(name) else given
            if _form(merged) != _form(now):
                expected[name] = merged
                self._put(name, merged)
        if not self._is_plain and _forms(self._meaning()) != _forms(expected):
            raise InvalidInputError(
                f"Cannot replace properties of {entity.uri!r}: the @context at {path!r} or above "
                "gives what is added another meaning. Change its document by hand."
            )
        return self.attributes

    def _meaning(self) -> dict[str, JSON]:
        """Give the expanded JSON-LD."""
        if self._is_plain:
            return dict(self.attributes)
        return self._context.processed().expand_node(self.attributes)

    def _put(self, name: str, values: list[JSON]) -> None:
        """Put a property in the place of all keys that mean it."""
        placed: dict[str, JSON] = {}
        for key, value in self.attributes.items():
            if not self._means(key, name):
                placed[key] = value
            elif name not in placed:
                placed[name] = values
        placed.setdefault(name, values)
        self.attributes = placed

    def _means(self, key: str, name: str) -> bool:
        """Tell whether a key is a property under another name."""
        if key == name or self._is_plain or key == "@context":
            return key == name
        if key not in self._meanings:
            keys = {"@context", key} & self.attributes.keys()
            alone = {one: self.attributes[one] for one in keys}
            self._meanings[key] = self._context.processed().expand_node(alone).keys()
        return name in self._meanings[key]


def with_attributes(document: bytes | None, attributes: JSON, *, zarr_format: int) -> bytes:
    """Give a stored document with other attributes; all else in it stays."""
    if zarr_format == 2:  # noqa: PLR2004 - there the attributes are a document of their own
        return _encoded(attributes)
    whole = json.loads(document or b"{}", parse_constant=str)
    return _encoded({**whole, "attributes": attributes})


def _encoded(value: JSON) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return sanitised(text.encode())[0]


def _united(now: Sequence[JSON], given: Sequence[JSON]) -> list[JSON]:
    """Add links to links; other values replace other values."""
    others = [value for value in given if not _is_reference(value)]
    kept = [value for value in now if _is_reference(value) or not others]
    forms = {_form(value) for value in kept}
    return [*kept, *(value for value in given if _form(value) not in forms)]


def _is_reference(value: JSON) -> bool:
    return isinstance(value, dict) and "@id" in value


def _as_list(value: JSON) -> list[JSON]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _form(value: JSON) -> str:
    """Give what equal values have in common: `1`, `1.0` and `true` are three."""
    return json.dumps(value, sort_keys=True)


def _forms(node: Mapping[str, JSON]) -> dict[str, list[str]]:
    """Give what equal nodes have in common: the order of values says nothing."""
    return {name: sorted(map(_form, _as_list(values))) for name, values in node.items()}
