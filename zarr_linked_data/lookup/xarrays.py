"""Arrays and groups as xarray's own objects."""

from typing import TYPE_CHECKING, Any

from zarr_linked_data.errors import InvalidInputError
from zarr_linked_data.index import Node
from zarr_linked_data.lookup.catalogue import Catalogue

if TYPE_CHECKING:
    import xarray
    import zarr


def open_in_xarray(catalogue: Catalogue, node: Node) -> "xarray.DataArray | xarray.Dataset":
    """Open an array as a DataArray, a group as a Dataset of the arrays right below it.

    xarray itself opens a group whose arrays all have names for their dimensions, and reads them
    when they are used. Other groups it opens not: the values are then read at once, and dimensions
    without a name are called `<array>_0` and so on.

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
    import zarr

    from zarr_linked_data.lookup.view import DocumentsStore

    view = DocumentsStore(catalogue)
    group = node.path if node.kind == "group" else node.path.rpartition("/")[0]
    nodes = catalogue.nodes(below=group, depth=1, kind="array")
    arrays = {_name(one): zarr.open_array(view, path=one.path, mode="r") for one in nodes}
    if all(len(_dimensions(array)) == array.ndim for array in arrays.values()):
        dataset: xarray.Dataset = xarray.open_zarr(view, group=group or None)
    else:
        wanted = arrays if node.kind == "group" else {_name(node): arrays[_name(node)]}
        dataset = xarray.Dataset({name: _read(name, array) for name, array in wanted.items()})
    return dataset if node.kind == "group" else dataset[_name(node)]


def _read(name: str, array: "zarr.Array[Any]") -> "xarray.DataArray":
    """Read an array whole."""
    import xarray

    dims = _dimensions(array) or [f"{name}_{number}" for number in range(array.ndim)]
    return xarray.DataArray(array[...], dims=dims, attrs=dict(array.attrs))


def _name(node: Node) -> str:
    """Give an array's name in its group; that of an array that is the whole store is `array`."""
    return node.path.rpartition("/")[2] or "array"


def _dimensions(array: "zarr.Array[Any]") -> tuple[str, ...]:
    """Give the names of an array's dimensions; none where not all have one."""
    names = getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS")
    if not isinstance(names, tuple | list):
        return ()
    named = tuple(name for name in names if isinstance(name, str))
    return named if len(named) == array.ndim else ()
