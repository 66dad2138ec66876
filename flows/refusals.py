"""How a step fails: in one line, where it can be said in one."""

from collections.abc import Iterator
from contextlib import contextmanager

from zarr_linked_data.cli.failures import explain, shown_warnings
from zarr_linked_data.errors import ZldError


@contextmanager
def in_one_line() -> Iterator[None]:
    """Say in one line what is refused, instead of Metaflow's fifty; and show our warnings.

    Python prints the text of a `SystemExit` and ends with exit code 1, so the task has failed.
    """
    with shown_warnings(debug=False):
        try:
            yield
        except (ZldError, OSError) as error:
            raise SystemExit(f"Error: {explain(error)}") from None
