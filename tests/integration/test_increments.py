"""After any edits, `consolidate` gives exactly what `consolidate --full` gives."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rounds import ROUNDS
from tests.stores import EX, put_array, put_group, put_lab
from zarr_linked_data.consolidate import Options, consolidate
from zarr_linked_data.index import Index
from zarr_linked_data.metadata import METADATA_KEY
from zarr_linked_data.storage import FolderStorage, Storage, open_storage


def state(storage: Storage) -> tuple[bytes | None, list[object]]:
    """The metadata, and what the index of their generation says."""
    data = storage.read(METADATA_KEY)
    (index,) = [
        found
        for found in (storage.root / "__zld").glob("index-*.sqlite")
        if found.stem.partition("-")[2].encode() in data[:400]
    ]
    with Index(index) as opened:
        return data, list(opened.nodes())


def assert_increment_equals_full(storage: FolderStorage) -> None:
    """Consolidate, then compare with a store that was never consolidated before."""
    done = consolidate(storage)
    data, nodes = state(storage)
    fresh_root = storage.root.with_name("fresh.zarr")
    shutil.rmtree(fresh_root, ignore_errors=True)
    shutil.copytree(storage.root, fresh_root, ignore=shutil.ignore_patterns("__zld", METADATA_KEY))
    fresh = open_storage(fresh_root)
    consolidate(fresh, options=Options(full=True, store_iri=f"{EX}campaign"))
    assert (data, nodes) == state(fresh)
    assert consolidate(storage, options=Options(full=True)).generation == done.generation


def nodes_of(root: Path) -> list[Path]:
    """The folders of all nodes but the root."""
    return [
        p.parent
        for p in sorted(root.rglob("zarr.json"))
        if p.parent != root and "__zld" not in p.parts
    ]


def add_group(storage: FolderStorage, choice: random.Random) -> None:
    parent = choice.choice(
        ["", *[str(p.relative_to(storage.root)) for p in nodes_of(storage.root)]]
    )
    name = f"g{choice.randrange(50)}"
    put_group(storage, f"{parent}/{name}" if parent else name, {"@id": f"{EX}{name}"})


def add_array(storage: FolderStorage, choice: random.Random) -> None:
    name = f"sample{choice.randrange(1, 6)}"
    links = {f"{EX}hasDataset": [{"@id": f"{EX}data{choice.randrange(9)}"}]}
    put_group(storage, name, {"@id": f"{EX}{name}", **links})
    put_array(storage, f"{name}/data{choice.randrange(9)}", [1.0, 2.0])


def change(storage: FolderStorage, choice: random.Random) -> None:
    if folders := nodes_of(storage.root):
        path = str(choice.choice(folders).relative_to(storage.root))
        put_group(storage, path, {"@id": f"{EX}{choice.randrange(99)}"})


def remove(storage: FolderStorage, choice: random.Random) -> None:
    if folders := nodes_of(storage.root):
        shutil.rmtree(choice.choice(folders))


def move(storage: FolderStorage, choice: random.Random) -> None:
    if folders := nodes_of(storage.root):
        target = storage.root / f"moved{choice.randrange(20)}"
        if not target.exists():
            choice.choice(folders).rename(target)


def swap(storage: FolderStorage, choice: random.Random) -> None:
    """Two documents of one size change places within one second."""
    for name, number in (("twin1", 1), ("twin2", 2)):
        if not (storage.root / name).exists():
            put_group(storage, name, {"@id": f"{EX}twin{number}"})
    consolidate(storage)
    one, other = storage.root / "twin1/zarr.json", storage.root / "twin2/zarr.json"
    aside = storage.root.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def restore_older(storage: FolderStorage, choice: random.Random) -> None:
    """`cp -p` of another version: the same size, and an older time."""
    put_group(storage, "restored", {"@id": f"{EX}restored{choice.randrange(10)}"})
    path = storage.root / "restored/zarr.json"
    os.utime(path, (1_600_000_000, 1_600_000_000))
    consolidate(storage)
    other = storage.root.with_name("other.json")
    other.write_bytes(path.read_bytes().replace(b"restored", b"RESTORED"))
    os.utime(other, (1_600_000_000, 1_600_000_000))
    shutil.copy2(other, path)


def edit_context(storage: FolderStorage, choice: random.Random) -> None:
    """A context changes the URIs of all nodes below, whose own documents stay as they are."""
    put_group(storage, "compact/child", {"@id": "ex:child"})
    prefix = f"{EX}{choice.randrange(5)}/"
    put_group(storage, "compact", {"@context": {"ex": prefix}, "@id": "ex:parent"})


EDITS: list[Callable[[FolderStorage, random.Random], None]] = [
    add_group, add_array, change, remove, move, swap, restore_older, edit_context,
]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_after_random_edits_an_increment_equals_a_full_consolidation(tmp_path, seed):
    choice = random.Random(seed)
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_lab(storage)
    consolidate(storage)
    for _ in range(6):
        for _ in range(choice.randrange(1, 4)):
            choice.choice(EDITS)(storage, choice)
        put_group(storage, "", {"@id": f"{EX}campaign"})  # the root is never edited away
        assert_increment_equals_full(storage)


@pytest.mark.parametrize("edit", EDITS)
def test_after_each_kind_of_edit_an_increment_equals_a_full_consolidation(tmp_path, edit):
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_lab(storage)
    consolidate(storage)
    edit(storage, random.Random(1))
    assert_increment_equals_full(storage)


def test_an_edit_during_the_walk_is_seen_by_the_next_consolidation(tmp_path, monkeypatch):
    monkeypatch.setattr("zarr_linked_data.walk.crew.REPORT_EVERY", 4)
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_lab(storage, samples=20)
    paths = sorted(storage.root.rglob("zarr.json"))
    for path in paths:  # old enough not to be read again for their youth
        os.utime(path, (1_600_000_000, 1_600_000_000))

    def edit(_done, _total):
        for path in paths:
            path.write_bytes(path.read_bytes().replace(b"example.org", b"EXAMPLE.org"))

    consolidate(storage, progress=edit)
    put_group(storage, "", {"@id": f"{EX}campaign"})
    assert_increment_equals_full(storage)


def test_a_copied_store_is_read_again_where_it_was_edited(tmp_path):
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_lab(storage)
    consolidate(storage)
    shutil.copytree(storage.root, tmp_path / "copy.zarr")
    copy = open_storage(tmp_path / "copy.zarr")
    put_group(copy, "sample2", {"@id": f"{EX}other"})
    assert_increment_equals_full(copy)
