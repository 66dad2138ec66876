"""Several readers of one store, and the one who commits what they read."""

import pickle

import orjson
import pytest

from tests.stores import EX, put_group, put_lab
from zarr_linked_data.consolidate import (
    Options,
    consolidate,
    consolidate_shards,
    plan_shards,
    read_shard,
)
from zarr_linked_data.errors import InvalidInputError
from zarr_linked_data.journal.owner import Owner
from zarr_linked_data.journal.record import Record
from zarr_linked_data.node import group_documents
from zarr_linked_data.storage import open_storage


def sharded(storage, count):
    spans = plan_shards(storage, count)
    shards = [pickle.loads(pickle.dumps(read_shard(storage, span))) for span in spans]
    return consolidate_shards(storage, shards)


@pytest.fixture(params=[2, 3])
def lab(tmp_path, request):
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_lab(storage, samples=20, zarr_format=request.param)
    return storage


@pytest.mark.parametrize("count", [1, 2, 3, 7, 1000])
def test_shards_give_what_one_reader_gives(lab, count):
    done = sharded(lab, count)
    assert done.nodes == 41
    assert consolidate(lab, options=Options(full=True)).generation == done.generation


def test_after_changes_shards_give_what_one_reader_gives(lab):
    consolidate(lab)
    put_group(lab, "late", {"@id": f"{EX}late"}, zarr_format=2 if lab.read(".zgroup") else 3)
    done = sharded(lab, 4)
    assert done.changed == 1
    assert consolidate(lab, options=Options(full=True)).generation == done.generation


def test_shards_are_balanced_and_never_empty(lab):
    for first_time in (True, False):
        spans = plan_shards(lab, 5)
        sizes = [len(read_shard(lab, span).walk.documents) for span in spans]
        assert min(sizes) > 0
        assert max(sizes) <= 1.3 * sum(sizes) / len(sizes)
        if first_time:
            consolidate(lab)


def test_there_are_no_more_shards_than_documents(tmp_path):
    storage = open_storage(tmp_path / "one.zarr", create=True)
    put_group(storage, "")
    assert len(plan_shards(storage, 10)) == 1


def test_a_shard_that_compared_with_another_generation_is_read_again(lab):
    consolidate(lab)
    spans = plan_shards(lab, 2)
    stale = [read_shard(lab, span) for span in spans]
    put_group(lab, "late", {"@id": f"{EX}late"}, zarr_format=2 if lab.read(".zgroup") else 3)
    newer = consolidate(lab)
    assert consolidate_shards(lab, stale).generation == newer.generation


def test_shards_that_leave_out_a_part_are_refused(lab):
    spans = plan_shards(lab, 3)
    shards = [read_shard(lab, span) for span in spans]
    for some in ([], shards[1:], shards[:2], [shards[0], shards[2]]):
        with pytest.raises(InvalidInputError, match=r"do not cover the whole store.*plan_shards"):
            consolidate_shards(lab, some)


def test_no_shards_at_all_are_refused(lab):
    with pytest.raises(InvalidInputError, match="Cannot make 0 shards"):
        plan_shards(lab, 0)


def test_shards_on_s3_give_what_a_folder_gives(s3_url, tmp_path):
    bucket, folder = open_storage(s3_url), open_storage(tmp_path / "lab.zarr", create=True)
    for storage in (bucket, folder):
        put_lab(storage, samples=5)
    assert sharded(bucket, 3).generation == consolidate(folder).generation
    assert orjson.loads(bucket.read(".all_metadata"))["zld"]["iri"] == f"{EX}campaign"


def test_what_a_killed_add_left_is_finished_and_read_though_no_shard_has_seen_it(lab):
    zarr_format = 2 if lab.read(".zgroup") else 3
    shards = [read_shard(lab, span) for span in plan_shards(lab, 2)]
    documents = {
        f"late/{name}": data.decode()
        for name, data in group_documents({"@id": f"{EX}late"}, zarr_format).items()
    }
    left = Record(
        "run", Owner.this_process(), 0.0, "publishing", tops={"late": [*documents]},
        documents=documents,
    )  # fmt: skip
    lab.write(left.key, left.encoded())
    assert consolidate_shards(lab, shards).nodes == 42
    assert lab.read(left.key) is None
