"""One group or array of a store, as its user meets it: `lab[uri]`."""

from typing import TYPE_CHECKING, Any

from zarr_linked_data.index import Node
from zarr_linked_data.jsonld import JSON
from zarr_linked_data.lookup import Catalogue, Selection
from zarr_linked_data.lookup.expansion import expand_node, write_turtle

if TYPE_CHECKING:
    import numpy.typing as npt
    import xarray
    import zarr
    from matplotlib.figure import Figure


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
        """Give its JSON-LD expanded: every key and reference an IRI.

        The contexts of the groups above it hold for it, too.
        """
        return expand_node(self._catalogue, self._node)

    def turtle(self) -> str:
        """Give its JSON-LD as Turtle."""
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
        return {node.path.rpartition("/")[2]: self._open_zarr(node) for node in self.array_nodes()}

    def array_nodes(self) -> list[Node]:
        """List the index's entries of the arrays directly in the group; of an array, its own."""
        if self.kind == "array":
            return [self._node]
        return list(self._catalogue.nodes(below=self.path, depth=1, kind="array"))

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
        """Open an array as xarray's DataArray, a group as a Dataset of its arrays.

        Raises
        ------
        InvalidInputError
            xarray is not installed.
        """
        from zarr_linked_data.lookup.xarrays import open_in_xarray  # noqa: PLC0415 - rarely used

        return open_in_xarray(self._catalogue, self._node)

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
        from zarr_linked_data.lookup.properties import property_fields  # noqa: PLC0415 - in a notebook only
        from zarr_linked_data.plot.notebook import node_html  # noqa: PLC0415 - in a notebook only

        fields = [("URI", self.uri or "none"), ("path", self.path or "(root)"), ("kind", self.kind)]
        fields += [("type", iri) for iri in self.types]
        arrays = self.array_nodes()
        for array in arrays:
            lengths = " × ".join(map(str, array.shape or ())) or "scalar"
            fields.append((array.path.rpartition("/")[2] or "array", f"{lengths} {array.dtype}"))
        fields += property_fields(self.expanded())
        return node_html(fields, self._draw() if len(arrays) == 1 else None)

    def _draw(self) -> "Figure":
        """Draw the array that it is or holds, reading only what the picture needs."""
        from zarr_linked_data.plot import plot_array, sample_array  # noqa: PLC0415 - in a notebook only

        array = self.choose_array()
        title = array.path.rpartition("/")[2]
        return plot_array(
            sample_array(array.read, array.shape or ()), title=title, uri=array.uri or ""
        )
