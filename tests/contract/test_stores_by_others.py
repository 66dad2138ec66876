"""Stores written by others work untouched: found by URI, read, consolidated."""

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import s3fs
import xarray
import zarr

import zarr_linked_data as zld
from tests.stores import put_lab
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.errors import ZldWarning
from zarr_linked_data.storage import open_storage

DATA = Path(__file__).parent / "data"
OWN = "http://lab.example/data/"


def numbers(shape):
    return np.arange(np.prod(shape, dtype=int)).reshape(shape)


@pytest.fixture
def store(tmp_path):
    """Copy a frozen store, so that it can be written to."""
    return lambda name: Path(shutil.copytree(DATA / name, tmp_path / name))


class TestZarr2:
    """Written by zarr-python 2.18, which wrote `.all_metadata` too."""

    def test_its_own_metadata_are_read_without_another_consolidation(self, store):
        lab = zld.open(store("zarr2.zarr"))
        assert lab[f"{OWN}sample1"].path == "batch1/sample1"
        assert lab[f"{OWN}sample10"].path == "batch1/sample10"
        assert lab[f"{OWN}sample1"].jsonld["http://lab.example/onto#unit"] == [{"@value": "mL"}]

    def test_its_metadata_are_read_where_nothing_can_be_written(self):
        before = sorted(DATA.joinpath("zarr2.zarr").rglob("*"))
        assert f"{OWN}sample2" in zld.open(DATA / "zarr2.zarr")
        assert sorted(DATA.joinpath("zarr2.zarr").rglob("*")) == before

    @pytest.mark.parametrize("name", ["sample1", "sample10", "sample2"])
    def test_an_array_without_uri_is_found_by_its_groups_link(self, store, name):
        lab = zld.open(store("zarr2.zarr"))
        assert lab[f"{OWN}{name}Dataset"].path == f"batch1/{name}/{name}Dataset"
        np.testing.assert_array_equal(lab[f"{OWN}{name}"].read(), numbers((6, 5)))

    def test_consolidated_anew_it_keeps_every_document_and_opens_with_zarr(self, store):
        root = store("zarr2.zarr")
        with pytest.warns(ZldWarning, match="'kinds/.zattrs' holds bare NaN"):
            done = zld.open(root).consolidate()
        assert done.nodes == 22
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # zarr-python warns of names in the root
            group = zarr.open_group(root, mode="r", use_consolidated=".all_metadata")
        np.testing.assert_array_equal(group["batch1/sample2/sample2Dataset"][:], numbers((6, 5)))

    @pytest.mark.parametrize("name", ["b1", "u1", "i2", "f8", "c16", "columns", "scalar"])
    def test_every_kind_of_array_is_read_as_zarr_does(self, store, name):
        root = store("zarr2.zarr")
        found = zld.open(root).at(f"kinds/{name}").read()
        np.testing.assert_array_equal(found, zarr.open_array(root, path=f"kinds/{name}")[...])


class TestZarr3:
    """Written by zarr-python 3, with compact JSON-LD under a context in the root."""

    @pytest.fixture
    def lab(self, store):
        lab = zld.open(store("zarr3.zarr"))
        with pytest.warns(ZldWarning, match="holds bare NaN"):
            lab.consolidate()
        return lab

    def test_prefixes_and_aliases_of_the_context_above_are_expanded(self, lab):
        assert lab[f"{OWN}root"].path == ""
        assert lab[f"{OWN}sample1"].types == ("http://lab.example/onto#Sample",)
        assert len(lab.search(type="Sample")) == 7

    def test_a_uri_that_no_context_changes_stays_as_it_stands(self, lab):
        assert lab["http://elsewhere.example/x"].path == "kinds/attributes"

    def test_names_with_spaces_brackets_and_other_scripts_are_found(self, lab):
        assert lab[f"{OWN}sample3"].path == "sample [1]"
        assert lab[f"{OWN}sample5"].path == "échantillon 試料"
        for number in range(1, 8):
            np.testing.assert_array_equal(lab[f"{OWN}sample{number}"].read(), numbers((4, 3)))

    @pytest.mark.parametrize(
        "name",
        ["none", "zstd", "blosc", "gzip", "sharded", "big", "transposed", "dots", "named"],
    )
    def test_every_codec_is_read(self, lab, name):
        np.testing.assert_array_equal(lab.at(f"codecs/{name}").read(), numbers((8, 8)))
        np.testing.assert_array_equal(
            lab.at(f"codecs/{name}").read((slice(2, 7), 3)), numbers((8, 8))[2:7, 3]
        )

    def test_zarr_and_xarray_open_it_through_our_view(self, lab):
        assert zarr.open_group(lab.zarr, mode="r")["sample */data [1]"].shape == (4, 3)
        assert lab.at("codecs/named").to_xarray().dims == ("time", "wavelength")
        assert lab.at("codecs/big").to_xarray().dims == ("big_0", "big_1")
        assert set(lab.at("codecs").to_xarray()) == set(lab.at("codecs").arrays)


def test_metadata_that_zarr_put_into_the_root_are_left_out_and_left_alone(store):
    root = store("zarr3_consolidated.zarr")
    before = (root / "zarr.json").read_bytes()
    lab = zld.open(root)
    lab.consolidate()
    assert "consolidated_metadata" not in lab.catalogue.document(lab.at("").node)
    assert lab[f"{OWN}sample1"].jsonld["consolidated_metadata"] == {"kind": "mine"}
    assert (root / "zarr.json").read_bytes() == before


class TestOpenedByOthers:
    """What we write is opened by zarr-python, xarray and s3fs."""

    def test_zarr_and_xarray_open_a_consolidated_folder(self, tmp_path):
        storage = open_storage(tmp_path / "lab.zarr", create=True)
        put_lab(storage)
        consolidate(storage)
        group = zarr.open_group(storage.root, mode="r")
        assert group["sample1/sample1Dataset"][0, 0] == 1.0
        assert xarray.open_zarr(storage.root, group="sample1", consolidated=False).sizes

    def test_s3fs_opens_a_consolidated_bucket(self, s3_url):
        storage = open_storage(s3_url)
        put_lab(storage)
        consolidate(storage)
        files = s3fs.S3FileSystem(skip_instance_cache=True, asynchronous=False)
        names = {name.rpartition("/")[2] for name in files.ls(s3_url)}
        assert {".all_metadata", "__zld", "sample1", "zarr.json"} <= names
        mapper = files.get_mapper(s3_url)
        assert mapper["sample1/sample1Dataset/c/0/0"] == np.arange(1.0, 13.0).tobytes()


def test_the_prototypes_file_gives_the_store_that_its_owner_describes(tmp_path, extra_data):
    from zarr_linked_data.cli import main

    prefix = "http://www.catplus.ch/ontology/concepts/"
    source, store = extra_data / "prototype/original_data.jsonld", tmp_path / "lab.zarr"
    assert main(["fake", str(source), str(store)]) == 0
    assert main(["consolidate", str(store)]) == 0
    lab = zld.open(store)
    assert [node.path for node in lab.catalogue.nodes()] == [
        "",
        "myBatch",
        "myBatch/mySamplePrep",
        *[
            f"myBatch/mySamplePrep/sample{n}{rest}"
            for n in (1, 2)
            for rest in (
                "",
                f"/sample{n}Dataset",
                f"/sampleChemical{n}",
                f"/sampleChemical{n}/chemical{n}",
            )
        ],
    ]
    assert lab[f"{prefix}myCampaign"].path == ""
    target = tmp_path / "x.npy"
    assert main(["get", f"{prefix}sample1", "-o", str(target), str(store)]) == 0
    chunk = store / "myBatch/mySamplePrep/sample1/sample1Dataset/c/0/0"
    assert np.load(target).tobytes() == chunk.read_bytes()
    assert main(["verify", str(target), f"{prefix}sample1", str(store)]) == 0
    assert f"{prefix}sample1Dataset" in lab
