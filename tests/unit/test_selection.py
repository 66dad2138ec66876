"""Slices written as text."""

import pytest

from zarr_linked_data.errors import InvalidInputError
from zarr_linked_data.lookup import parse_selection

SHAPE = (900, 1000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0:10,:", (slice(0, 10), slice(None))),
        ("5", (5,)),
        ("-1, ::2", (-1, slice(None, None, 2))),
        ("...,3", (..., 3)),
        ("-10:", (slice(-10, None),)),
        (":5,", (slice(None, 5),)),
    ],
)
def test_a_selection_is_read_as_numpy_would_write_it(text, expected):
    assert parse_selection(text, SHAPE) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a", "has the part 'a'"),
        ("", "has the part ''"),
        ("1:2:3:4", "has the part '1:2:3:4'"),
        ("::0", "has the part '::0'"),
        ("::-1", "has the part '::-1'"),
        ("0,0,0", r"has 3 parts, and the array has shape \(900, 1000\)"),
        ("900", "asks for 900 of 900"),
        ("...,-1001", "asks for -1001 of 1000"),
        ("10:10", "selects nothing"),
        ("2000:", "selects nothing"),
        ("...,...", "more than one '...'"),
        ("0.5", "has the part '0.5'"),
    ],
)
def test_a_bad_selection_says_what_is_wrong_and_what_one_looks_like(text, reason):
    with pytest.raises(InvalidInputError, match=f"{reason}.*like '0:10,:'"):
        parse_selection(text, SHAPE)
