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

    Arrays whose dimensions have names are opened by xarray itself, which reads them when they are
    used. It opens no others; these are read at once, their dimensions named `<array>_0` and so on.

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
    siblings = list(catalogue.nodes(below=group, depth=1, kind="array"))
    wanted = siblings if node.kind == "group" else [node]
    arrays = {_name(one): zarr.open_array(view, path=one.path, mode="r") for one in wanted}
    nameless = {name: array for name, array in arrays.items() if not _dimensions(array)}
    dataset = xarray.Dataset()
    if len(nameless) < len(arrays):
        left_out = [*nameless, *({_name(one) for one in siblings} - set(arrays))]
        dataset = xarray.open_zarr(view, group=group or None, drop_variables=left_out)
    read_now = {
        name: xarray.DataArray(array[...], dims=_made_up(name, array), attrs=dict(array.attrs))
        for name, array in nameless.items()
    }
    dataset = dataset.assign(read_now)
    return dataset if node.kind == "group" else dataset[_name(node)]


def _name(node: Node) -> str:
    """Give an array's name in its group; that of an array that is the whole store is `array`."""
    return node.path.rpartition("/")[2] or "array"


def _dimensions(array: "zarr.Array[Any]") -> tuple[str | None, ...]:
    """Give the names of an array's dimensions; none where not all have one."""
    names = getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS")
    named = isinstance(names, tuple | list) and all(isinstance(name, str) for name in names)
    return tuple(names) if named else ()


def _made_up(name: str, array: "zarr.Array[Any]") -> list[str]:
    """Name the dimensions of an array that has no names for them."""
    return [f"{name}_{number}" for number in range(array.ndim)]
