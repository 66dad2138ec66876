"""What is asked for in words becomes the plan of a store."""

from pathlib import Path

import pytest

from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.errors import InvalidInputError, InvalidJsonLdError, StoreNotFoundError
from zarr_linked_data.fake import FakePlan
from zarr_linked_data.lookup import open_catalogue
from zarr_linked_data.storage import open_storage

DATA = Path(__file__).parents[2] / "data/campaign.jsonld"


def test_a_plan_names_the_nodes_that_are_then_found(tmp_path):
    plan = FakePlan.from_words(str(DATA), shape="3,4", copies=2)
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    plan.write(storage)
    consolidate(storage)
    found = open_catalogue(storage).nodes()
    expected = {node.path: node for node in plan.nodes()}
    assert {node.path: node[2:6] for node in found} == {
        path: (node.kind, node.shape, node.dtype, node.types) for path, node in expected.items()
    }


def test_a_check_counts_and_writes_nothing(tmp_path):
    storage = open_storage(tmp_path)
    checked = FakePlan.from_words(str(DATA), shape="3,4").check(storage)
    assert (checked.nodes, checked.arrays, checked.bytes) == (26, 4, 4 * 3 * 4 * 8)
    assert not list(tmp_path.iterdir())


def test_a_check_refuses_what_a_write_would(tmp_path):
    plan = FakePlan.from_words(str(DATA), shape="3,4")
    plan.write(open_storage(tmp_path))
    with pytest.raises(InvalidInputError, match=r"There is a store at .* already"):
        plan.check(open_storage(tmp_path))


def test_entities_may_be_in_a_bucket(s3_url):
    folder = s3_url.rpartition("/")[0]
    open_storage(folder).write("campaign.jsonld", DATA.read_bytes())
    assert FakePlan.from_words(f"{folder}/campaign.jsonld").tree.count() == 26
    with pytest.raises(StoreNotFoundError, match=r"There is no file .*none\.jsonld"):
        FakePlan.from_words(f"{folder}/none.jsonld")
    open_storage(folder).write("bad.jsonld", b"{")
    with pytest.raises(InvalidJsonLdError, match=r"bad\.jsonld: "):
        FakePlan.from_words(f"{folder}/bad.jsonld")
