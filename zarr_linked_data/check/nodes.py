"""What is wrong with a single node: its documents, its JSON-LD."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from zarr_linked_data.check.finding import Finding, some
from zarr_linked_data.check.keys import Keys, read_keys
from zarr_linked_data.check.linked import Uris
from zarr_linked_data.check.staleness import Metadata
from zarr_linked_data.errors import CorruptDocumentError, InvalidJsonLdError
from zarr_linked_data.jsonld import JSON, Context, child_context, describe, is_iri
from zarr_linked_data.node import NodeDocument, read_node, sanitised


class Inspector:
    """Looks at one node after the other, parents first, and keeps what is found.

    Parameters
    ----------
    dataset_link
        Local name of the property by which groups point at their arrays.
    metadata
        What the store's documents are compared with.
    """

    def __init__(self, dataset_link: str, metadata: Metadata) -> None:
        self.findings: list[Finding] = []
        self._dataset_link = dataset_link
        self._metadata = metadata
        self._uris = Uris()
        self._conventional: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, path: str, kind: str, message: str, uri: str | None = None) -> None:
        """Keep a finding."""
        self.findings.append(Finding(kind, path, uri, message))

    def look(
        self, path: str, documents: Mapping[str, bytes], context: Context
    ) -> tuple[bool, Context]:
        """Look at a node; answer whether it is an array, and the context for what is below it."""
        try:
            node = read_node(self._compared(path, documents), path)
        except CorruptDocumentError as error:
            self.add(path, "broken-document", str(error))
            return False, context
        is_array = node.kind == "array"
        try:
            self._describe(path, node, context)
            return is_array, context if is_array else child_context(node.attributes, context)
        except InvalidJsonLdError as error:
            self.add(path, "broken-jsonld", f"The JSON-LD of {_name(path)} is wrong: {error}")
            return is_array, context

    def _compared(self, path: str, documents: Mapping[str, bytes]) -> dict[str, bytes]:
        """Compare the documents with the consolidated ones, which have no bare constants."""
        clean = {}
        for name, data in documents.items():
            key = f"{path}/{name}" if path else name
            clean[name], had_constants = sanitised(data)
            self._metadata.compare(path, key, clean[name])
            if had_constants:
                self.add(
                    path,
                    "not-json-constants",
                    f"The document {key!r} holds bare NaN or Infinity, which is not JSON: other "
                    'programs may refuse it. Write them as strings, "NaN", or leave them out.',
                )
        return clean

    def _describe(self, path: str, node: NodeDocument, context: Context) -> None:
        """Read what the attributes say."""
        attributes = node.attributes
        said = describe(attributes, context, self._dataset_link)
        own = context.extended(attributes["@context"]) if "@context" in attributes else context
        keys = read_keys(own, tuple(attributes))
        if node.kind == "array":
            self._uris.add_array(path, said.uri, has_properties=keys.say_something)
        else:
            self._uris.add_group(path, said.uri, said.links, has_properties=keys.say_something)
        for name in said.types:
            if not is_iri(name):
                self._invalid(path, "type", name, said.uri)
        for name in keys.links:
            if name != self._dataset_link:
                self._links(path, said.uri, name, describe(attributes, context, name).links)
        self._links(path, said.uri, self._dataset_link, said.links)
        if not _has_scoped_types(attributes, own, keys):
            self._dropped(path, keys, said.uri)

    def _links(self, path: str, uri: str | None, name: str, targets: tuple[str, ...]) -> None:
        """Take note of what a property of the node points at."""
        for target in targets:
            if is_iri(target):
                self._uris.add_link(path, uri, name, target)
            else:
                self._invalid(path, f"link {name!r}", target, uri)

    def _invalid(self, path: str, what: str, iri: str, uri: str | None) -> None:
        self.add(
            path,
            "invalid-iri",
            f"The {what} of {_name(path)} is {iri!r}, which is no absolute, valid IRI: the graph "
            "does not have it. Write it in full, or give its prefix or @base in a @context.",
            uri,
        )

    def _dropped(self, path: str, keys: Keys, uri: str | None) -> None:
        """Name the keys that mean nothing."""
        for key in keys.conventional:
            self._conventional[key].append(path)
        if keys.dropped:
            names = some(list(keys.dropped), shown=10)
            what = f"key {names} means" if len(keys.dropped) == 1 else f"keys {names} mean"
            self.add(
                path,
                "meaningless-key",
                f"The {what} nothing to JSON-LD, so that the graph has nothing of it. Give each an "
                "IRI in a @context, or null to say that it is meant so.",
                uri,
            )

    def all_findings(self) -> Iterator[Finding]:
        """Give all findings, after all nodes were looked at."""
        yield from self.findings
        yield from self._uris.findings(self._dataset_link)
        yield from self._metadata.findings()
        if self._conventional:
            yield self._of_conventions()

    def _of_conventions(self) -> Finding:
        """Name the keys that many tools know, once for all nodes."""
        texts = [
            f"{key!r} ({'1 node' if len(paths) == 1 else f'{len(paths):,} nodes'}, "
            f"first {min(paths)!r})"
            for key, paths in sorted(self._conventional.items())
        ]
        return Finding(
            "meaningless-key",
            "",
            None,
            f"Keys that plots and tables know, but the graph does not have: {', '.join(texts)}. "
            "Give each an IRI in a @context of the root, or null to say that it is meant so.",
        )


def _has_scoped_types(attributes: Mapping[str, JSON], own: Context, keys: Keys) -> bool:
    """Tell whether a type brings a context that gives more keys a meaning."""
    if not own.scoped_types:
        return False
    values = [attributes[key] for key in keys.types]
    names = [name for value in values for name in (value if isinstance(value, list) else [value])]
    return not own.scoped_types.isdisjoint(names)


def _name(path: str) -> str:
    return repr(path) if path else "the root"
