"""Entities and measured arrays → what is to be written."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from zarr_linked_data.errors import InvalidInputError, StoreNotFoundError
from zarr_linked_data.ingest.arrays import Arrays
from zarr_linked_data.ingest.chunks import ArrayContent
from zarr_linked_data.ingest.existing import Existing
from zarr_linked_data.ingest.merging import Merge, with_attributes
from zarr_linked_data.ingest.placing import Placing, Rules, is_containing
from zarr_linked_data.ingest.plan import NewNode, Plan, reset_context
from zarr_linked_data.jsonld import JSON, Entity, local_name
from zarr_linked_data.storage import OUR_FOLDER, Storage
from zarr_linked_data.walk import detect_format

_NOT_OTHERS = {OUR_FOLDER, ".all_metadata", "lost+found"}
"""Names that nobody would miss: ours without a store, and that of every new file system."""


@dataclass(frozen=True)
class EntitiesRequest:
    """What is to be added, and how."""

    entities: Sequence[Entity]
    arrays: Mapping[str, Path]
    under: str | None
    rules: Rules
    overwrite: bool
    zarr_format: int

    @property
    def digest(self) -> str:
        """Tell it from other requests: the same entities, and files that have not changed."""
        files = {uri: [str(path), *_state(path)] for uri, path in self.arrays.items()}
        entities = [entity.document() for entity in self.entities]
        how = [self.under, self.rules.links, self.rules.hierarchy, self.overwrite]
        text = json.dumps([entities, files, how, self.zarr_format])
        return hashlib.sha256(text.encode()).hexdigest()

    def plan(self, storage: Storage) -> Plan:
        """Find a place for all of it, and check it.

        Raises
        ------
        InvalidInputError
            Something of it cannot be added.
        """
        existing = self._read_existing(storage)
        placing = Placing(existing, self.entities, self.arrays, self.rules)
        if existing.documents:
            self._refuse_there_already(existing)
            placing.place(None if self.under is None else existing.find_group(self.under))
        else:
            self._refuse_under(storage)
            placing.place_in_new_store()
        return _Planner(self, existing, placing).plan(storage)

    def _read_existing(self, storage: Storage) -> Existing:
        try:
            detect_format(storage)
        except StoreNotFoundError:
            _refuse_other_things(storage)
            return Existing(storage.url, self.zarr_format)
        return Existing.read(storage)

    def _refuse_there_already(self, existing: Existing) -> None:
        """Refuse entities that are in the store, unless they are to be overwritten."""
        there = [entity.uri for entity in self.entities if entity.uri in existing.by_uri]
        if self.overwrite:
            for uri in there:
                existing.find(uri)  # refuses several
        elif there:
            path = existing.by_uri[there[0]][0].path
            more = f", and {len(there) - 1} more are there" if len(there) > 1 else ""
            raise InvalidInputError(
                f"Cannot add {there[0]!r}: it is in {existing.url!r} already, at {path!r}{more}. "
                "Replace its properties with --overwrite, or leave nothing of it but its @id."
            )

    def _refuse_under(self, storage: Storage) -> None:
        if self.under is not None:
            raise InvalidInputError(
                f"Cannot add below {self.under!r}: no store is at {storage.url!r} yet. Leave "
                "--under out to make one, or check the path."
            )


class _Planner:
    """Turns places into documents."""

    def __init__(self, request: EntitiesRequest, existing: Existing, placing: Placing) -> None:
        self._request = request
        self._existing = existing
        self._placing = placing
        self._entities = {entity.uri: entity for entity in request.entities}

    def plan(self, storage: Storage) -> Plan:
        """Make the plan."""
        contents = [
            ArrayContent(array, self._existing.zarr_format)
            for array in Arrays(self._existing, self._placing).place(self._request.arrays)
        ]
        self._refuse_left_out([content.array.uri for content in contents])
        groups = list(self._groups())
        arrays = [
            content.node(self._attributes(content.array.uri, content.array.path))
            for content in contents
        ]
        return Plan(self._existing, [*groups, *arrays], contents, dict(self._changed(storage)))

    def _groups(self) -> Iterator[NewNode]:
        for uri, path in self._placing.paths.items():
            attributes = self._attributes(uri, path)
            yield NewNode.group(path, attributes, self._existing.zarr_format)

    def _attributes(self, uri: str, path: str) -> dict[str, JSON]:
        """Give the JSON-LD of a new node."""
        entity = self._entities.get(uri)
        attributes = entity.document() if entity else {"@id": uri}
        above = path.rpartition("/")[0]
        if path and above in self._existing.by_path:
            return reset_context(attributes, self._existing.context_below(above))
        return attributes

    def _changed(self, storage: Storage) -> Iterator[tuple[str, tuple[bytes | None, bytes]]]:
        """Give the documents of existing nodes that get other properties."""
        for uri, entity in self._entities.items():
            for node in self._existing.by_uri.get(uri, ()):
                before = self._existing.attributes(node.path)
                above = self._existing.context_above(node.path)
                after = Merge(before, above, self._adds_links).apply(entity, node.path)
                if after != before:
                    key = self._existing.attributes_key(node.path)
                    data = storage.read(key)
                    changed = with_attributes(data, after, zarr_format=self._existing.zarr_format)
                    yield key, (data, changed)

    def _adds_links(self, name: str) -> bool:
        """Tell whether links of a property are added to those that are there."""
        is_dataset = self._existing.dataset_link in (name, local_name(name))
        return is_dataset or is_containing(self._request.rules.links, name)

    def _refuse_left_out(self, arrays: Sequence[str]) -> None:
        """Refuse descriptions of arrays that have no place, for there is no array."""
        left = [uri for uri in self._placing.described_datasets() if uri not in arrays]
        if left:
            more = f" and {len(left) - 1} more" if len(left) > 1 else ""
            raise InvalidInputError(
                f"Cannot add {left[0]!r}{more}: it is described as an array, and none was given. "
                "Give one with --array URI=FILE, or take the description out."
            )


def _refuse_other_things(storage: Storage) -> None:
    """Refuse to make a store where something else lies."""
    folders, objects = storage.list_folder("")
    others = sorted({*folders, *(found.key for found in objects)} - _NOT_OTHERS)
    if others:
        raise InvalidInputError(
            f"Cannot make a store at {storage.url!r}: something else is there, such as "
            f"{others[0]!r}. Choose an empty or new place."
        )


def _state(path: Path) -> list[int]:
    """Tell one state of a file from others; of one that is not there, nothing."""
    with suppress(OSError):
        found = path.stat()
        return [found.st_size, found.st_mtime_ns]
    return []
