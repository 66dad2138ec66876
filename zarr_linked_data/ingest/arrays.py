"""Which group a measured array goes into, and what it is called there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from zarr_linked_data.errors import AmbiguousArrayError, EntityNotFoundError, InvalidInputError
from zarr_linked_data.hierarchy.places import child_path, name_node
from zarr_linked_data.index import Node
from zarr_linked_data.ingest.existing import Existing
from zarr_linked_data.ingest.nearest import did_you_mean
from zarr_linked_data.ingest.placing import Placing, clash
from zarr_linked_data.ingest.tables import Measured, measure
from zarr_linked_data.jsonld import with_suffix

NEVER_REPLACED = "Arrays are never replaced: give the new one another URI."


@dataclass(frozen=True)
class NewArray:
    """A measured array, its URI and its path."""

    path: str
    uri: str
    measured: Measured


class Arrays:
    """Finds the places of the arrays of one request."""

    def __init__(self, existing: Existing, placing: Placing) -> None:
        self._existing = existing
        self._placing = placing
        self._taken: dict[str, str] = {path: uri for uri, path in placing.paths.items()}
        self._files: dict[str, Path] = {}

    def place(self, files: Mapping[str, Path]) -> Iterator[NewArray]:
        """Give the place of each array, and check its file.

        Parameters
        ----------
        files
            By URI: the array's own, or that of the entity that has it.

        Raises
        ------
        EntityNotFoundError
            A URI is neither in the file nor in the store.
        AmbiguousArrayError
            An entity points at several arrays.
        InvalidInputError
            There is such an array already, or the file cannot be used.
        """
        for given, file in files.items():
            uri, group = self._resolve(given)
            path = self._take_path(uri, group, file)
            yield NewArray(path, uri, measure(file))

    def _resolve(self, given: str) -> tuple[str, str]:
        """Give the URI of an array, and the path of its group."""
        for node in self._existing.by_uri.get(given, ()):
            if node.kind == "array":
                raise self._there_already(given, given, node)
        owner = next(self._placing.owners(given), None)
        if owner is not None:
            return given, owner
        group = self._placing.path_of_group(given)
        if group is None:
            known = [*self._placing.links.entities, *self._placing.links.dataset_uris]
            raise EntityNotFoundError(
                f"Cannot add an array to {given!r}: it is neither in the file nor in "
                f"{self._existing.url!r}. {did_you_mean(given, [*known, *self._existing.by_uri])}"
            )
        return self._array_of(given, group), group

    def _array_of(self, entity: str, group: str) -> str:
        """Give the URI of the one array of an entity."""
        there = self._existing.arrays.get(group, [])
        datasets = list(self._placing.links.datasets.get(entity, ()))
        if group in self._existing.by_path:
            datasets += self._existing.datasets(group)
        uris = list(dict.fromkeys(datasets))
        if len(uris) > 1:
            raise AmbiguousArrayError(
                f"Cannot tell which array of {entity!r} is meant: it points at "
                f"{', '.join(map(repr, uris))}. Give the array's own URI."
            )
        taken = [node for node in there if not uris or node.uri == uris[0]]
        if taken:
            raise self._there_already(entity, uris[0] if uris else taken[0].uri, taken[0])
        return uris[0] if uris else self._default_uri(entity)

    def _default_uri(self, entity: str) -> str:
        """Give the URI of an array at which its entity does not point."""
        uri = with_suffix(entity, "Dataset")
        links = self._placing.links
        if uri in links.entities or uri in links.dataset_uris or uri in self._existing.by_uri:
            raise InvalidInputError(
                f"The array of {entity!r} would get the URI {uri!r}, which something else has. "
                "Let the entity point at its array, as with hasDataset."
            )
        return uri

    def _take_path(self, uri: str, group: str, file: Path) -> str:
        """Give the path of an array, for it alone."""
        if uri in self._files:
            raise InvalidInputError(
                f"Two files for the array {uri!r}: {str(self._files[uri])!r} and {str(file)!r}. "
                "Give one."
            )
        self._files[uri] = file
        path = child_path(group, name_node(uri))
        other = self._taken.setdefault(path, uri)
        if other != uri:
            raise clash(other, uri, path)
        return path

    def _there_already(self, given: str, uri: str | None, node: Node) -> InvalidInputError:
        return InvalidInputError(
            f"Cannot add an array to {given!r}: {uri or 'one'!r} is in {self._existing.url!r} "
            f"already, at {node.path!r}. {NEVER_REPLACED}"
        )
