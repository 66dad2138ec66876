"""The picture of a node's array, into a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from zarr_linked_data.errors import InvalidInputError
from zarr_linked_data.plot import sample_array, save_array_plot

if TYPE_CHECKING:
    from zarr_linked_data.linked_store import LinkedNode


def draw(node: "LinkedNode", target: str, *, array: str | None, overwrite: bool) -> None:
    """Draw the array that a node is or holds, reading only what the picture needs."""
    path = Path(target)
    if path.exists() and not overwrite:
        raise InvalidInputError(
            f"{target!r} is there already. Choose another name, or replace it with `--overwrite`."
        )
    chosen = node.choose_array(array)
    values = sample_array(chosen.read, chosen.shape or ())
    save_array_plot(values, path, title=chosen.path.rpartition("/")[2], uri=chosen.uri or "")
