"""What is asked for in words → a store that can be made: `zld fake` and the flow share it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from zarr_linked_data.errors import InvalidInputError, InvalidJsonLdError, StoreNotFoundError
from zarr_linked_data.fake.store import FakeStore, write_fake_store
from zarr_linked_data.hierarchy import Tree, build_tree, select_level
from zarr_linked_data.jsonld import JSON, Entity, read_entities
from zarr_linked_data.progress import Progress
from zarr_linked_data.storage import Storage, open_file


class PlannedNode(NamedTuple):
    """A group or array that is to be made, as pictures of a tree want it."""

    path: str
    kind: str
    types: tuple[str, ...]
    shape: tuple[int, ...] | None
    dtype: str | None


@dataclass(frozen=True)
class FakePlan:
    """A store to make: its tree, and what its arrays are like."""

    tree: Tree
    shape: tuple[int, ...]
    dtype: str
    copies: int
    seed: int
    zarr_format: int

    @classmethod
    def from_words(  # noqa: PLR0913 - each is an option of `zld fake`
        cls,
        jsonld: str,
        *,
        level: str = "Sample",
        hierarchy: str = "",
        links: str = "",
        shape: str = "900,1000",
        dtype: str = "float64",
        copies: int = 1,
        seed: int = 0,
        zarr_format: int = 3,
    ) -> "FakePlan":
        """Read the entities, and place them in a tree.

        Parameters
        ----------
        jsonld
            The file with the entities: a path or a URL.
        level
            Type of the entities that get an array.
        hierarchy, links, shape
            Lists with commas; of types from the root down, properties, lengths.
        """
        entities = read_entities_at(jsonld)
        tree = build_tree(
            entities,
            links=split_names(links),
            hierarchy=split_names(hierarchy),
            has_array=select_level(entities, level),
        )
        return cls(tree, _parse_shape(shape), dtype, copies, seed, zarr_format)

    def check(self, storage: Storage) -> FakeStore:
        """Refuse what cannot be made, before anything is written; tell what would be."""
        return write_fake_store(self.tree, storage, dry_run=True, **self._options())

    def write(
        self, storage: Storage, *, overwrite: bool = False, progress: Progress | None = None
    ) -> FakeStore:
        """Make it."""
        return write_fake_store(
            self.tree, storage, overwrite=overwrite, progress=progress, **self._options()
        )

    def nodes(self) -> Iterator[PlannedNode]:
        """Give all groups and arrays, parents before their children."""
        for place in self.tree.copied(self.copies):
            yield PlannedNode(place.path, "group", _types(place.document), None, None)
            for array in place.arrays:
                types = _types(array.document)
                yield PlannedNode(array.path, "array", types, self.shape, self.dtype)

    def _options(self) -> dict[str, Any]:
        return {
            "shape": self.shape,
            "dtype": self.dtype,
            "copies": self.copies,
            "seed": self.seed,
            "zarr_format": self.zarr_format,
        }


def read_entities_at(location: str) -> tuple[Entity, ...]:
    """Read the entities of a JSON-LD file, at a path or a URL."""
    if "://" not in location:
        return read_entities(Path(location))
    folder, name = open_file(location)
    data = folder.read(name)
    if data is None:
        raise StoreNotFoundError(f"There is no file {location!r}. Check the URL.")
    try:
        return read_entities(data)
    except InvalidJsonLdError as error:
        raise InvalidJsonLdError(f"{location}: {error}") from error


def _parse_shape(text: str) -> tuple[int, ...]:
    """Read whole numbers with commas between them."""
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise InvalidInputError(
            f"The shape is {text!r}. Give whole numbers with commas between them: 900,1000."
        ) from error


def split_names(text: str) -> tuple[str, ...]:
    """Split a list with commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _types(document: dict[str, JSON]) -> tuple[str, ...]:
    """Give the types that a planned document names."""
    types = document.get("@type", ())
    return (types,) if isinstance(types, str) else tuple(types)
