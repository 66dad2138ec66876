"""How long work tells how far it is."""

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int | None], None]
"""Called now and then with how much is done, and of how much; None where nobody knows yet."""


def silent(_done: int, _total: int | None) -> None:
    """Tell nobody."""
