"""The picture of a node's array, into a file."""

from typing import TYPE_CHECKING

from zarr_linked_data.lookup.files import free_place
from zarr_linked_data.plot import sample_array, save_array_plot

if TYPE_CHECKING:
    from zarr_linked_data.linked_node import LinkedNode


def draw(node: "LinkedNode", target: str, *, array: str | None, overwrite: bool) -> None:
    """Draw the array that a node is or holds, reading only what the picture needs."""
    free_place(target, overwrite=overwrite)
    chosen = node.choose_array(array)
    values = sample_array(chosen.read, chosen.shape or ())
    save_array_plot(values, target, title=chosen.path.rpartition("/")[2], uri=chosen.uri or "")
