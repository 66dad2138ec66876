"""`zarr_linked_data.open(url)`: a store as a mapping from URI to node."""

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zarr_linked_data.consolidate import Consolidation, Options, Progress, consolidate
from zarr_linked_data.errors import ArrayNotFoundError, InvalidInputError
from zarr_linked_data.index import Node
from zarr_linked_data.jsonld import JSON
from zarr_linked_data.lookup import Catalogue, Selection, open_catalogue
from zarr_linked_data.storage import Storage, open_storage

if TYPE_CHECKING:
    import numpy.typing as npt
    import xarray
    import zarr

    from zarr_linked_data.lookup.view import DocumentsStore
    from zarr_linked_data.storage import Location


def open(location: "Location", *, cache: Path | None = None) -> "LinkedStore":  # noqa: A001 - as zarr.open
    """Open a store by its URL; nothing is read until something is looked up.

    Parameters
    ----------
    location
        A folder, `s3://bucket/prefix`, `http(s)://…` (read-only), or a Zarr store object.
    cache
        Where indexes of remote stores are kept; by default `$XDG_CACHE_HOME/zld`.

    Raises
    ------
    StoreNotFoundError
        There is no such folder, or no store can be at such a URL.
    """
    return LinkedStore(open_storage(location), cache=cache)


class LinkedStore(Mapping[str, "LinkedNode"]):
    """The groups and arrays of a store by their URIs.

    It is a mapping: `lab[uri]`, `uri in lab`, `lab.get(uri)`, `len(lab)` and iteration over the
    distinct URIs. What it answers is of one generation of the metadata: `refresh()` takes up a
    newer one.
    """

    def __init__(self, storage: Storage, *, cache: Path | None = None) -> None:
        self.storage = storage
        self._cache = cache
        self._catalogue: Catalogue | None = None
        self._length: int | None = None

    @property
    def url(self) -> str:
        """Where the store is."""
        return self.storage.url

    @property
    def catalogue(self) -> Catalogue:
        """The metadata that look-ups ask; opened at the first one.

        Raises
        ------
        NotConsolidatedError
            Nobody has consolidated the store yet.
        """
        if self._catalogue is None:
            self._catalogue = open_catalogue(self.storage, self._cache)
        return self._catalogue

    @property
    def iri(self) -> str | None:
        """The store's own IRI, None where others wrote its metadata."""
        return self.catalogue.head.iri

    @property
    def generation(self) -> str:
        """The state of the metadata that look-ups answer from."""
        return self.catalogue.index.summary.generation

    def __getitem__(self, uri: str) -> "LinkedNode":
        return LinkedNode(self.catalogue, self.catalogue.find(uri))

    def __contains__(self, uri: object) -> bool:
        return isinstance(uri, str) and bool(self.catalogue.find_all(uri))

    def __iter__(self) -> Iterator[str]:
        return self.catalogue.index.uris()

    def __len__(self) -> int:
        if self._length is None:
            self._length = self.catalogue.index.count_uris()
        return self._length

    def find_all(self, uri: str) -> list["LinkedNode"]:
        """Find every node with this URI; an empty list where none has it."""
        return [LinkedNode(self.catalogue, node) for node in self.catalogue.find_all(uri)]

    def at(self, path: str) -> "LinkedNode":
        """Give the node at this path; the root's is empty."""
        return LinkedNode(self.catalogue, self.catalogue.at(path))

    def search(self, *, type: str | None = None, text: str | None = None) -> list["LinkedNode"]:  # noqa: A002 - JSON-LD's word
        """Find the nodes of a type (a local name or an IRI) whose metadata hold a text, case ignored."""
        found = self.catalogue.search(type_name=type, text=text)
        return [LinkedNode(self.catalogue, node) for node in found]

    @property
    def zarr(self) -> "DocumentsStore":
        """A read-only Zarr store with this one's content, for zarr-python and xarray: fast to open, and silent."""
        from zarr_linked_data.lookup.view import DocumentsStore

        return DocumentsStore(self.catalogue)

    def consolidate(
        self,
        *,
        full: bool = False,
        store_iri: str | None = None,
        dataset_link: str | None = None,
        progress: Progress | None = None,
    ) -> Consolidation:
        """Bring the consolidated metadata up to date, and answer from them; see `zarr_linked_data.consolidate`."""
        options = Options(full=full, store_iri=store_iri, dataset_link=dataset_link)
        done = consolidate(self.storage, options=options, cache=self._cache, progress=progress)
        self.refresh()
        return done

    def refresh(self) -> None:
        """Answer from the store's newest generation from now on."""
        if self._catalogue is not None and not self._catalogue.is_current():
            self._catalogue = None
            self._length = None

    def __repr__(self) -> str:
        return f"LinkedStore({self.url!r})"

    def _repr_html_(self) -> str:
        from zarr_linked_data.plot import plot_tree  # noqa: PLC0415 - a start without a notebook needs no plots

        return plot_tree(self.catalogue.nodes(), title=self.url)


class LinkedNode:
    """One group or array of a store: what it is, and its values."""

    __slots__ = ("_catalogue", "_node")

    def __init__(self, catalogue: Catalogue, node: Node) -> None:
        self._catalogue = catalogue
        self._node = node

    @property
    def node(self) -> Node:
        """Its entry in the index."""
        return self._node

    @property
    def uri(self) -> str | None:
        """Its URI, None where it has none."""
        return self._node.uri

    @property
    def path(self) -> str:
        """Its path in the store; the root's is empty."""
        return self._node.path

    @property
    def kind(self) -> str:
        """Either `group` or `array`."""
        return self._node.kind

    @property
    def types(self) -> tuple[str, ...]:
        """The IRIs of what it is."""
        return self._node.types

    @property
    def shape(self) -> tuple[int, ...] | None:
        """Its shape, None for a group."""
        return self._node.shape

    @property
    def dtype(self) -> str | None:
        """Its data type as numpy prints it, None for a group."""
        return self._node.dtype

    @property
    def jsonld(self) -> dict[str, JSON]:
        """Its attributes, which are its JSON-LD, as they are stored."""
        return self._catalogue.attributes(self._node)

    def expanded(self) -> dict[str, JSON]:
        """Give its JSON-LD expanded: every key and reference an IRI, under the contexts of the groups above it."""
        from zarr_linked_data.lookup.expansion import expand_node  # noqa: PLC0415 - imports PyLD

        return expand_node(self._catalogue, self._node)

    def turtle(self) -> str:
        """Give its JSON-LD as Turtle."""
        from zarr_linked_data.lookup.expansion import write_turtle  # noqa: PLC0415 - imports PyLD

        return write_turtle(self.expanded())

    def choose_array(self, name: str | None = None) -> "LinkedNode":
        """Give the array that it is or holds, by name or URI where it holds several.

        Raises
        ------
        ArrayNotFoundError, AmbiguousArrayError
            It holds none of that name; or several, and no name was given.
        """
        return LinkedNode(self._catalogue, self._catalogue.array_of(self._node, name))

    @property
    def arrays(self) -> "dict[str, zarr.Array[Any]]":
        """The arrays directly in the group by name; of an array, itself."""
        if self.kind == "array":
            return {self._name: self._open_zarr(self._node)}
        children = self._catalogue.nodes(below=self.path, depth=1, kind="array")
        return {node.path.rpartition("/")[2]: self._open_zarr(node) for node in children}

    @property
    def array(self) -> "zarr.Array[Any]":
        """The array, as zarr's own object: itself, or the one that the group holds.

        Raises
        ------
        ArrayNotFoundError, AmbiguousArrayError
            The group holds none, or several: take one of `arrays`.
        """
        return self._open_zarr(self._catalogue.array_of(self._node))

    @property
    def group(self) -> "zarr.Group":
        """The group, as zarr's own object; of an array, the group that holds it."""
        import zarr

        path = self.path if self.kind == "group" else self.path.rpartition("/")[0]
        return zarr.open_group(self._catalogue.storage.zarr(read_only=True), path=path, mode="r")

    def read(self, selection: Selection = (), *, array: str | None = None) -> "npt.NDArray[Any]":
        """Read the array, or a slice of it, into memory.

        Parameters
        ----------
        selection
            As numpy takes it: `(slice(0, 10), ...)`; steps are positive.
        array
            Name or URI of the array, where a group holds several.
        """
        from zarr_linked_data.lookup.values import read_values  # noqa: PLC0415 - imports numpy

        node = self._catalogue.array_of(self._node, array)
        document = self._catalogue.document(node)
        return read_values(self._catalogue.storage, node.path, document, selection)

    def to_xarray(self) -> "xarray.DataArray | xarray.Dataset":
        """Open it as xarray's own object: an array as a DataArray, a group as a Dataset of its arrays.

        Raises
        ------
        InvalidInputError
            xarray is not installed.
        """
        try:
            import xarray
        except ModuleNotFoundError as error:
            raise InvalidInputError(
                "xarray is not installed. Install it with `pip install xarray`."
            ) from error
        from zarr_linked_data.lookup.view import DocumentsStore

        if self.kind == "array" and not self.path:
            raise ArrayNotFoundError(
                "The store is one array without a group; read it with `.read()`."
            )
        group = self.path if self.kind == "group" else self.path.rpartition("/")[0]
        dataset = xarray.open_zarr(DocumentsStore(self._catalogue), group=group or None)
        return dataset if self.kind == "group" else dataset[self._name]

    @property
    def _name(self) -> str:
        return self.path.rpartition("/")[2]

    def _open_zarr(self, node: Node) -> "zarr.Array[Any]":
        """Open an array by zarr-python."""
        import zarr

        return zarr.open_array(
            self._catalogue.storage.zarr(read_only=True), path=node.path, mode="r"
        )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, LinkedNode)
            and self._node == other._node
            and self._catalogue.url == other._catalogue.url
        )

    def __hash__(self) -> int:
        return hash((self._catalogue.url, self.path))

    def __repr__(self) -> str:
        what = f", {self.shape}, {self.dtype}" if self.kind == "array" else ""
        return f"LinkedNode({self.uri!r}, {self.kind} at {self.path!r}{what})"

    def _repr_html_(self) -> str:
        rows = [("URI", self.uri or "none"), ("path", self.path or "(root)"), ("kind", self.kind)]
        rows += [("type", iri) for iri in self.types]
        if self.kind == "array":
            rows += [("shape", str(self.shape)), ("data type", str(self.dtype))]
        cells = "".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in rows)
        return f"<table>{cells}</table>"
