"""The names that programs of others import from `zarr_linked_data`."""

import subprocess
import sys

import pytest

import zarr_linked_data as zld

NAMES = [
    "AmbiguousArrayError",
    "AmbiguousEntityError",
    "ArrayNotFoundError",
    "ConcurrentUpdateError",
    "Consolidation",
    "CorruptDocumentError",
    "EntityNotFoundError",
    "InvalidInputError",
    "InvalidJsonLdError",
    "InvalidTableError",
    "LinkedNode",
    "LinkedStore",
    "NotConsolidatedError",
    "NotFoundError",
    "StoreError",
    "StoreNotFoundError",
    "ZldError",
    "ZldWarning",
    "open",
]


def test_are_these_and_no_others():
    assert list(zld.__all__) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_is_there_and_says_what_it_is(name):
    assert getattr(zld, name).__doc__
    assert name in dir(zld)


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'zarr_linked_data' has no attribute 'opne'"):
        _ = zld.opne


def test_importing_the_package_waits_for_no_library():
    code = "import sys, zarr_linked_data; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert not set(loaded.decode().split()) & {"numpy", "zarr", "obstore", "orjson", "pyld"}
