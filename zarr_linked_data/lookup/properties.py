"""The properties of a thing, as a person reads them."""

from collections.abc import Iterator, Mapping

from zarr_linked_data.jsonld import JSON, local_name


def property_fields(expanded: Mapping[str, JSON]) -> Iterator[tuple[str, str]]:
    """Give each property's local name with each of its values; URI and types are told elsewhere."""
    for iri, values in expanded.items():
        if not iri.startswith("@"):
            for value in values if isinstance(values, list) else [values]:
                yield local_name(iri) or iri, value_text(value)


def value_text(value: JSON) -> str:
    """Write one value: a literal with its language or unit of type, a link as `→ URI`."""
    if not isinstance(value, dict):
        return str(value)
    if "@value" in value:
        text = _literal_text(value["@value"])
        if "@language" in value:
            return f"{text} ({value['@language']})"
        kind = local_name(value["@type"]) if isinstance(value.get("@type"), str) else ""
        return f"{text} ({kind})" if kind and kind != "string" else text
    if "@list" in value:
        return "(" + ", ".join(value_text(item) for item in value["@list"]) + ")"
    if set(value) == {"@id"}:
        return f"→ {value['@id']}"
    inner = "; ".join(f"{name}: {text}" for name, text in property_fields(value))
    return f"{value['@id']} {{{inner}}}" if "@id" in value else f"{{{inner}}}"


def _literal_text(value: JSON) -> str:
    """Write a literal as JSON does, but text without quotes."""
    return str(value).lower() if isinstance(value, bool) else str(value)
