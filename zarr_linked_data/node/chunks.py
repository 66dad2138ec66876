"""How an array is cut into chunks."""

import math
from collections.abc import Sequence

LARGEST_CHUNK = 64 * 2**20
"""Bytes: an array up to this size is one object, read by one request."""


def chunk_shape(
    shape: Sequence[int], itemsize: int, largest: int = LARGEST_CHUNK
) -> tuple[int, ...]:
    """Give the shape of the chunks of an array: cut along its first axes, none too large.

    They are of even size, for the last one is stored whole, however little of it is in the array.

    >>> chunk_shape((900, 1000), 8), chunk_shape((3, 2000), 1, largest=4000)
    ((900, 1000), (2, 2000))
    """
    lengths = tuple(max(1, length) for length in shape)
    row = math.prod(lengths[1:]) * itemsize
    if not lengths or lengths[0] * row <= largest:
        return lengths
    if row > largest:
        return (1, *chunk_shape(lengths[1:], itemsize, largest))
    count = math.ceil(lengths[0] / (largest // row))
    return (math.ceil(lengths[0] / count), *lengths[1:])
