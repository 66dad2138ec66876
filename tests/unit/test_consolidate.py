"""Consolidation: what is gathered, what counts as changed, what is written."""

import os
import warnings
from pathlib import Path

import orjson
import pytest
import zarr

from tests.stores import EX, put_array, put_group, put_lab
from zarr_linked_data.consolidate import Options, consolidate
from zarr_linked_data.errors import (
    CorruptDocumentError,
    InvalidJsonLdError,
    StoreError,
    StoreNotFoundError,
    ZldWarning,
)
from zarr_linked_data.index import Index
from zarr_linked_data.storage import open_storage


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of every object: what a rewrite would change."""
    files = [path for path in root.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(root)): (path.stat().st_ino, path.stat().st_mtime_ns) for path in files
    }


def all_metadata(root: Path) -> dict[str, object]:
    return orjson.loads((root / ".all_metadata").read_bytes())["metadata"]


@pytest.fixture
def lab(tmp_path):
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_lab(storage)
    return storage


def test_every_node_is_gathered_the_root_included(lab):
    done = consolidate(lab)
    assert (done.nodes, done.arrays, done.changed, done.removed) == (7, 3, 7, 0)
    assert list(all_metadata(lab.root)) == sorted(
        ["zarr.json"]
        + [f"sample{n}/zarr.json" for n in (1, 2, 3)]
        + [f"sample{n}/sample{n}Dataset/zarr.json" for n in (1, 2, 3)]
    )


def test_format_2_keeps_its_own_keys_and_opens_with_zarr(tmp_path):
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_lab(storage, zarr_format=2)
    consolidate(storage)
    assert "sample1/.zattrs" in all_metadata(storage.root)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zarr-python warns of every foreign name in the root
        group = zarr.open_group(storage.root, mode="r", use_consolidated=".all_metadata")
    assert group["sample2"].attrs["@id"] == f"{EX}sample2"


def test_documents_are_kept_byte_for_byte(lab):
    attributes = b'{"x":1.50, "y": 12345678901234567890123}'
    text = b'{"zarr_format":3,\n\t"node_type" :"group","attributes":' + attributes + b"}"
    lab.write("sample1/zarr.json", text)
    consolidate(lab)
    assert text in (lab.root / ".all_metadata").read_bytes()


def test_bare_nan_becomes_a_string_with_a_warning(lab):
    put_group(lab, "odd", {"@id": f"{EX}odd"})
    path = lab.root / "odd/zarr.json"
    path.write_bytes(path.read_bytes().replace(b'"@id"', b'"value": NaN, "@id"'))
    with pytest.warns(ZldWarning, match="'odd/zarr.json' holds bare NaN"):
        consolidate(lab)
    assert all_metadata(lab.root)["odd/zarr.json"]["attributes"]["value"] == "NaN"


def test_inline_consolidated_metadata_are_left_out(lab):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zarr-python warns of its own feature
        zarr.consolidate_metadata(lab.root)
    consolidate(lab)
    assert "consolidated_metadata" not in all_metadata(lab.root)["zarr.json"]


def test_with_nothing_changed_no_object_is_rewritten(lab):
    consolidate(lab)
    before = snapshot(lab.root)
    done = consolidate(lab)
    assert (done.nodes, done.arrays, done.changed, done.removed) == (7, 3, 0, 0)
    assert snapshot(lab.root) == before


def test_a_full_consolidation_of_an_unchanged_store_rewrites_nothing_either(lab):
    consolidate(lab)
    before = snapshot(lab.root)
    assert consolidate(lab, options=Options(full=True)).changed == 0
    assert snapshot(lab.root) == before


def test_new_changed_and_removed_nodes_are_counted(lab):
    consolidate(lab)
    put_group(lab, "sample4", {"@id": f"{EX}sample4"})
    put_group(lab, "sample1", {"@id": f"{EX}sample1", "@type": ["http://x.org/New"]})
    lab.delete(["sample3/sample3Dataset/zarr.json"])
    done = consolidate(lab)
    assert (done.nodes, done.arrays, done.changed, done.removed) == (7, 2, 2, 1)


def test_the_store_is_named_by_its_roots_uri(lab):
    consolidate(lab)
    assert orjson.loads((lab.root / ".all_metadata").read_bytes())["zld"]["iri"] == f"{EX}campaign"


def test_a_root_without_uri_gives_a_new_urn_that_stays(tmp_path):
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_group(storage, "")
    first = consolidate(storage)
    put_group(storage, "more")
    consolidate(storage)
    zld = orjson.loads((storage.root / ".all_metadata").read_bytes())["zld"]
    assert zld["iri"].startswith("urn:uuid:")
    assert zld["generation"] != first.generation


def test_a_given_iri_names_the_store_from_then_on(lab):
    consolidate(lab)
    consolidate(lab, options=Options(store_iri="https://lab.example/store"))
    consolidate(lab, options=Options(full=True))
    zld = orjson.loads((lab.root / ".all_metadata").read_bytes())["zld"]
    assert zld["iri"] == "https://lab.example/store"


def test_only_the_new_index_and_the_one_before_are_kept(lab):
    generations = [consolidate(lab).generation]
    for number in range(4):
        put_group(lab, f"more{number}")
        generations.append(consolidate(lab).generation)
    kept = sorted(path.name for path in (lab.root / "__zld").glob("index-*"))
    assert kept == sorted(f"index-{generation}.sqlite" for generation in generations[-2:])


def test_nothing_but_our_object_and_our_folder_is_added(lab):
    before = set(snapshot(lab.root))
    consolidate(lab)
    added = set(snapshot(lab.root)) - before
    assert {name.partition("/")[0] for name in added} == {".all_metadata", "__zld"}


def test_documents_below_a_folder_without_group_document_are_no_nodes(lab):
    put_group(lab, "loose/child", {"@id": f"{EX}loose"})
    assert consolidate(lab).nodes == 7


def test_what_looks_like_a_node_below_an_array_is_none(lab):
    put_group(lab, "sample1/sample1Dataset/c/9", {"@id": f"{EX}inside"})
    assert consolidate(lab).nodes == 7


def test_a_document_that_is_not_json_is_named_and_nothing_is_written(lab):
    consolidate(lab)
    before = (lab.root / ".all_metadata").read_bytes()
    (lab.root / "sample2/zarr.json").write_text('{"zarr_format": 3, "node_type": "group", oops')
    with pytest.raises(CorruptDocumentError, match="sample2"):
        consolidate(lab)
    assert (lab.root / ".all_metadata").read_bytes() == before


def test_a_broken_context_is_named_with_its_node(lab):
    put_group(lab, "odd", {"@context": 5, "@id": "x"})
    with pytest.raises(InvalidJsonLdError, match="odd"):
        consolidate(lab)


def test_a_folder_without_a_store_is_refused(tmp_path):
    with pytest.raises(StoreNotFoundError, match=r"No Zarr store at .*zld fake"):
        consolidate(open_storage(tmp_path))


def test_a_link_back_up_is_refused(lab):
    (lab.root / "sample1/again").symlink_to(lab.root)
    with pytest.raises(StoreError, match="leads back to"):
        consolidate(lab)


def test_a_name_that_is_not_utf_8_is_refused(lab):
    folder = lab.root / os.fsdecode(b"b\xff")
    folder.mkdir()
    (folder / "zarr.json").write_bytes((lab.root / "zarr.json").read_bytes())
    with pytest.raises(StoreError, match="is not UTF-8"):
        consolidate(lab)


@pytest.mark.parametrize(
    "broken", [b"", b"{", b"not json", b'{"zarr_consolidated_format":1,"zld":{"gen']
)
def test_metadata_that_are_cut_off_are_written_anew(lab, broken):
    generation = consolidate(lab).generation
    (lab.root / ".all_metadata").write_bytes(broken)
    assert consolidate(lab).generation == generation


def test_metadata_cut_off_in_the_middle_are_written_anew(lab):
    generation = consolidate(lab).generation
    data = (lab.root / ".all_metadata").read_bytes()
    (lab.root / ".all_metadata").write_bytes(data[: len(data) // 2])
    assert consolidate(lab).generation == generation
    assert (lab.root / ".all_metadata").read_bytes() == data


def test_lost_caches_are_made_again(lab):
    generation = consolidate(lab).generation
    for path in (lab.root / "__zld").iterdir():
        path.unlink()
    done = consolidate(lab)
    assert (done.generation, done.changed) == (generation, 0)
    assert {path.name for path in (lab.root / "__zld").iterdir()} == {
        f"index-{generation}.sqlite",
        "signatures.sqlite",
    }


def test_a_store_that_is_one_array_is_one_node(tmp_path):
    storage = open_storage(tmp_path / "one.zarr", create=True)
    put_array(storage, "", [1.0, 2.0], {"@id": f"{EX}one"})
    done = consolidate(storage)
    assert (done.nodes, done.arrays) == (1, 1)


def test_another_dataset_link_is_kept(lab):
    put_group(lab, "s", {"@id": f"{EX}s", f"{EX}measured": [{"@id": f"{EX}s-values"}]})
    put_array(lab, "s/values", [1.0])
    consolidate(lab, options=Options(dataset_link="measured"))
    zld = orjson.loads((lab.root / ".all_metadata").read_bytes())["zld"]
    assert zld["dataset_link"] == "measured"
    assert consolidate(lab).changed == 0


def test_an_old_store_is_not_read_again_and_nothing_counts_as_changed(lab):
    for path in lab.root.rglob("zarr.json"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    lab.clock_ns = lambda: 2**62  # long after: no document is too young to be told apart
    consolidate(lab)
    before = snapshot(lab.root)
    assert consolidate(lab).changed == 0
    assert snapshot(lab.root) == before


@pytest.mark.parametrize("lost", [None, b"", b"{"])
def test_a_store_keeps_its_iri_where_only_its_index_remembers_it(tmp_path, lost):
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_group(storage, "")
    generation = consolidate(storage).generation
    storage.delete([".all_metadata"])
    if lost is not None:
        storage.write(".all_metadata", lost)
    assert consolidate(storage).generation == generation


def test_children_are_listed_without_their_siblings_descendants(tmp_path):
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    for path in ("", "a", "a-b", "a/x", "a/x/y", "b", "b/c"):
        put_group(storage, path)
    consolidate(storage)
    (index,) = (storage.root / "__zld").glob("index-*")
    with Index(index) as opened:
        assert [node.path for node in opened.children("")] == ["a", "a-b", "b"]
        assert [node.path for node in opened.children("a")] == ["a/x"]
        assert [node.path for node in opened.below("", depth=2)] == ["a", "a-b", "a/x", "b", "b/c"]
