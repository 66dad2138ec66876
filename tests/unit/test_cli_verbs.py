"""The verbs of `zld`: what each prints, what it refuses."""

import json

import numpy as np
import pytest

from tests.stores import EX, put_array, put_group, put_lab
from zarr_linked_data.cli import main
from zarr_linked_data.consolidate import consolidate
from zarr_linked_data.storage import open_storage

CAMPAIGN = [
    {"@id": f"{EX}campaign", "@type": [f"{EX}Campaign"], f"{EX}hasSample": [{"@id": f"{EX}s1"}]},
    {"@id": f"{EX}s1", "@type": [f"{EX}Sample"], f"{EX}hasDataset": [{"@id": f"{EX}s1Data"}]},
]


@pytest.fixture
def lab(tmp_path):
    """A consolidated store, and its URL."""
    storage = open_storage(tmp_path / "lab.zarr", create=True)
    put_lab(storage)
    consolidate(storage)
    return storage.url


@pytest.fixture
def zld(capsys):
    """Run `zld`, and give exit code, standard output, standard error."""

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        found = capsys.readouterr()
        return code, found.out, found.err

    return run


def answer(result):
    code, out, err = result
    assert (code, err) == (0, "")
    return json.loads(out)


def refusal(result):
    code, out, err = result
    assert (code, out) == (1, "")
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    return err


def test_fake_consolidate_find_get_and_verify_do_the_main_job(zld, tmp_path):
    source, store, target = tmp_path / "c.jsonld", tmp_path / "lab.zarr", tmp_path / "s1.npy"
    source.write_text(json.dumps(CAMPAIGN))
    made = answer(zld("fake", "--shape", "3,4", "--json", source, store))
    assert (made["nodes"], made["arrays"]) == (3, 1)
    done = answer(zld("consolidate", "--json", store))
    assert set(done) == {"generation", "nodes", "arrays", "changed", "removed", "seconds"}
    found = answer(zld("find", "--json", f"{EX}s1Data", store))
    assert found == {
        "uri": f"{EX}s1Data", "path": "s1/s1Data", "kind": "array",
        "shape": [3, 4], "dtype": "float64", "types": [],
    }  # fmt: skip
    answer(zld("get", "--json", f"{EX}s1", "-o", target, store))
    chunk = (store / "s1/s1Data/c/0/0").read_bytes()
    assert np.load(target).tobytes() == chunk
    assert answer(zld("verify", "--json", target, f"{EX}s1", store))["equal"] is True


def test_the_root_has_the_empty_path_and_a_group_has_no_data_type(zld, lab):
    found = answer(zld("find", "--json", f"{EX}campaign", lab))
    assert (found["path"], found["shape"], found["dtype"]) == ("", None, None)


def test_the_store_may_come_from_the_environment(zld, lab, monkeypatch):
    monkeypatch.setenv("ZLD_STORE", lab)
    assert answer(zld("find", "--json", f"{EX}sample1"))["path"] == "sample1"


def test_an_unknown_uri_is_refused_with_the_nearest(zld, lab):
    assert f"Did you mean '{EX}sample1'" in refusal(zld("find", f"{EX}sample10", lab))
    assert f"'{EX}sample1'" in refusal(zld("find", "https://example.org/sample1/", lab))
    assert "Did you mean" in refusal(zld("find", "--all", f"{EX}sample10", lab))


def test_find_all_gives_every_node_of_a_uri(zld, lab):
    put_group(open_storage(lab), "again", {"@id": f"{EX}sample1"})
    consolidate(open_storage(lab))
    assert "2 nodes" in refusal(zld("find", f"{EX}sample1", lab))
    found = answer(zld("find", "--all", "--json", f"{EX}sample1", lab))
    assert [node["path"] for node in found] == ["again", "sample1"]


def test_ls_lists_by_type_and_depth(zld, lab):
    assert len(answer(zld("ls", "--json", lab))) == 7
    assert len(answer(zld("ls", "--json", "--depth", "1", lab))) == 4
    assert {n["path"] for n in answer(zld("ls", "--json", "--type", "Sample", lab))} == {
        "sample1", "sample2", "sample3",
    }  # fmt: skip
    assert "Give 0 for the root alone" in refusal(zld("ls", "--depth", "-1", lab))


def test_ls_prints_a_line_a_node_in_a_pipe(zld, lab):
    code, out, _ = zld("ls", "--depth", "0", lab)
    assert (code, out) == (0, f"{EX}campaign\t(root)\tgroup\t\t\n")


def test_tree_draws_guides_and_counts(zld, lab):
    code, out, _ = zld("tree", lab)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].endswith("lab.zarr  Campaign")
    assert lines[1] == "├─ sample1  Sample"
    assert lines[2] == "│  └─ sample1Dataset  3 × 4 float64"
    assert lines[-1] == "4 groups, 3 arrays, 288 bytes of values"


def test_tree_folds_what_is_alike(zld, tmp_path):
    storage = open_storage(tmp_path / "many.zarr", create=True)
    put_lab(storage, samples=60)
    consolidate(storage)
    _, out, _ = zld("tree", "--rows", "20", storage.url)
    assert len(out.splitlines()) <= 22
    assert "more Sample" in out


def test_get_takes_a_slice(zld, lab, tmp_path):
    target = tmp_path / "part.npy"
    answer(zld("get", "--json", "--select", "0:2,1", f"{EX}sample1", "-o", target, lab))
    assert np.load(target).tolist() == [2.0, 6.0]
    whole = zld("verify", target, f"{EX}sample1", lab)
    assert "its shape is (2,), the array's is (3, 4)" in refusal(whole)
    assert zld("verify", "--select", "0:2,1", target, f"{EX}sample1", lab)[0] == 0


def test_get_writes_csv_of_one_or_two_dimensions_without_a_header(zld, lab, tmp_path):
    target = tmp_path / "s.csv"
    assert zld("get", f"{EX}sample1", "-o", target, lab)[0] == 0
    assert target.read_text() == "1.0,2.0,3.0,4.0\n5.0,6.0,7.0,8.0\n9.0,10.0,11.0,12.0\n"
    assert zld("verify", target, f"{EX}sample1", lab)[0] == 0
    put_array(open_storage(lab), "cube", np.zeros((2, 2, 2)), {"@id": f"{EX}cube"})
    consolidate(open_storage(lab))
    cube = refusal(zld("get", f"{EX}cube", "-o", tmp_path / "cube.csv", lab))
    assert "one or two dimensions, and the array has shape (2, 2, 2)" in cube
    assert not (tmp_path / "cube.csv").exists()


def test_get_refuses_a_file_that_is_there_and_a_wrong_suffix(zld, lab, tmp_path):
    target = tmp_path / "s.npy"
    target.write_text("mine")
    assert "--overwrite" in refusal(zld("get", f"{EX}sample1", "-o", target, lab))
    assert target.read_text() == "mine"
    assert zld("get", "--overwrite", f"{EX}sample1", "-o", target, lab)[0] == 0
    assert "ends in .npy or .csv" in refusal(
        zld("get", f"{EX}sample1", "-o", tmp_path / "s.txt", lab)
    )


def test_get_refuses_a_bad_selection_and_an_ambiguous_array(zld, lab, tmp_path):
    target = tmp_path / "s.npy"
    wrong = refusal(zld("get", "--select", "a", f"{EX}sample1", "-o", target, lab))
    assert "like '0:10,:'" in wrong
    put_array(open_storage(lab), "sample1/other", [1.0])
    consolidate(open_storage(lab))
    assert "has 2 arrays" in refusal(zld("get", f"{EX}sample1", "-o", target, lab))
    assert zld("get", "--array", "other", f"{EX}sample1", "-o", target, lab)[0] == 0
    assert np.load(target).tolist() == [1.0]


def test_get_of_a_group_without_array_says_so(zld, lab, tmp_path):
    refused = refusal(zld("get", f"{EX}campaign", "-o", tmp_path / "s.npy", lab))
    assert "a group without an array" in refused


def test_verify_finds_one_changed_value_and_a_broken_file(zld, lab, tmp_path):
    target = tmp_path / "s.npy"
    zld("get", f"{EX}sample1", "-o", target, lab)
    values = np.load(target)
    values[2, 1] += 1
    np.save(target, values)
    different = refusal(zld("verify", target, f"{EX}sample1", lab))
    assert "1 values differ, first at (2, 1): 11.0 is not 10.0" in different
    target.write_bytes(target.read_bytes()[:90])
    assert "is not a readable .npy file" in refusal(zld("verify", target, f"{EX}sample1", lab))
    missing = refusal(zld("verify", tmp_path / "no.npy", f"{EX}sample1", lab))
    assert "There is no file" in missing


def test_show_tells_what_a_thing_is(zld, lab):
    _, out, _ = zld("show", f"{EX}sample1", lab)
    assert f"hasDataset\t→ {EX}sample1Dataset" in out
    shown = answer(zld("show", "--json", f"{EX}sample1", lab))
    assert shown["jsonld"]["@id"] == f"{EX}sample1"
    _, out, _ = zld("show", "--as", "jsonld", f"{EX}sample1", lab)
    assert json.loads(out)["@id"] == f"{EX}sample1"
    _, out, _ = zld("show", "--as", "turtle", f"{EX}sample1", lab)
    assert f"@prefix ns1: <{EX}> ." in out
    assert "ns1:hasDataset ns1:sample1Dataset" in out


def test_show_expands_with_the_contexts_above(zld, tmp_path):
    storage = open_storage(tmp_path / "c.zarr", create=True)
    put_group(storage, "", {"@context": {"ex": EX, "id": "@id"}, "id": "ex:root"})
    put_group(storage, "a", {"id": "ex:a", "ex:mass": 5, "units": "g"})
    consolidate(storage)
    _, out, _ = zld("show", f"{EX}a", storage.url)
    assert "mass\t5" in out
    _, out, _ = zld("show", "--as", "turtle", f"{EX}a", storage.url)
    assert "ns1:a ns1:mass 5 ." in out


def test_show_draws_a_picture(zld, lab, tmp_path):
    target = tmp_path / "s.png"
    assert zld("show", "--plot", target, f"{EX}sample1", lab)[0] == 0
    assert target.read_bytes().startswith(b"\x89PNG")
    assert "--overwrite" in refusal(zld("show", "--plot", target, f"{EX}sample1", lab))
    wrong = refusal(zld("show", "--plot", tmp_path / "s.bmp", f"{EX}sample1", lab))
    assert ".png, .svg, .pdf" in wrong


def test_copy_copies_a_store_and_skips_what_is_there(zld, lab, tmp_path):
    target = tmp_path / "copy.zarr"
    done = answer(zld("copy", "--json", lab, target))
    assert set(done) == {"objects", "skipped", "bytes", "seconds"}
    assert answer(zld("find", "--json", f"{EX}sample1", target))["path"] == "sample1"
    again = answer(zld("copy", "--json", lab, target))
    assert again["objects"] == 0 or again["skipped"] == done["objects"]


def test_a_store_that_is_not_there_is_one_line(zld, tmp_path):
    for verb in ("consolidate", "ls", "tree", "check"):
        assert "no such folder" in refusal(zld(verb, tmp_path / "nothing.zarr"))


def test_a_store_that_was_never_consolidated_says_what_to_run(zld, tmp_path):
    storage = open_storage(tmp_path / "new.zarr", create=True)
    put_lab(storage)
    assert f"Run `zld consolidate {storage.url}`" in refusal(zld("ls", storage.url))


def test_fake_refuses_what_makes_no_tree(zld, tmp_path):
    source = tmp_path / "c.jsonld"
    loop = [
        {"@id": f"{EX}a", f"{EX}hasPart": [{"@id": f"{EX}b"}]},
        {"@id": f"{EX}b", f"{EX}hasPart": [{"@id": f"{EX}a"}]},
    ]
    source.write_text(json.dumps(loop))
    refused = refusal(zld("fake", "--level", f"{EX}Sample", source, tmp_path / "lab.zarr"))
    assert "Sample" in refused or "→" in refused
    source.write_text("{")
    assert "c.jsonld" in refusal(zld("fake", source, tmp_path / "lab.zarr"))
    assert "nothing.jsonld" in refusal(
        zld("fake", tmp_path / "nothing.jsonld", tmp_path / "lab.zarr")
    )


def test_names_that_a_shell_or_a_pattern_would_change_are_found_as_they_are(zld, tmp_path):
    storage = open_storage(tmp_path / "odd names.zarr", create=True)
    put_group(storage, "", {"@id": f"{EX}root"})
    names = ["with space", "ünïcode", "par(en", "brack[et", "st*r", "per%cent", "pl+us", "ha#sh"]
    for number, name in enumerate(names):
        put_group(storage, name, {"@id": f"{EX}n{number}"})
    consolidate(storage)
    for number, name in enumerate(names):
        assert answer(zld("find", "--json", f"{EX}n{number}", storage.url))["path"] == name


def test_ten_thousand_groups_in_one_folder_are_listed(zld, tmp_path):
    storage = open_storage(tmp_path / "wide.zarr", create=True)
    put_group(storage, "", {"@id": f"{EX}root"})
    document = (
        b'{"zarr_format":3,"node_type":"group","attributes":{"@id":"http://example.org/n%d"}}'
    )
    for number in range(10_000):
        folder = storage.root / f"n{number}"
        folder.mkdir()
        (folder / "zarr.json").write_bytes(document % number)
    assert answer(zld("consolidate", "--json", storage.url))["nodes"] == 10_001
    assert answer(zld("find", "--json", f"{EX}n9999", storage.url))["path"] == "n9999"


def test_add_puts_entities_and_a_measured_array_into_a_new_store(zld, tmp_path):
    source, measured, store = tmp_path / "c.jsonld", tmp_path / "run.npy", tmp_path / "lab.zarr"
    source.write_text(json.dumps(CAMPAIGN))
    np.save(measured, np.arange(6.0).reshape(2, 3))
    done = answer(zld("add", "--json", source, "--array", f"{EX}s1={measured}", store))
    assert (done["nodes"], done["arrays"]) == (3, 1)
    target = tmp_path / "back.npy"
    assert zld("get", f"{EX}s1Data", "-o", target, store)[0] == 0
    np.testing.assert_array_equal(np.load(target), np.load(measured))
    again = refusal(zld("add", source, store))
    assert f"Cannot add '{EX}campaign': it is in" in again
    assert "--overwrite" in again


def test_add_takes_a_contributors_store_in_below_a_group(zld, lab, tmp_path):
    other = open_storage(tmp_path / "theirs.zarr", create=True)
    put_group(other, "", {"@id": "http://theirs.example/study"})
    put_array(other, "run", [1.0, 2.0], {"@id": "http://theirs.example/run"})
    assert "--under URI" in refusal(zld("add", other.url, lab))
    assert zld("add", other.url, "--under", f"{EX}sample1", lab)[0] == 0
    found = answer(zld("find", "--json", "http://theirs.example/run", lab))
    assert found["path"] == "sample1/study/run"
    assert "leave out --overwrite" in refusal(
        zld("add", other.url, "--under", f"{EX}sample1", "--overwrite", lab)
    )


def test_add_refuses_an_array_option_that_is_none(zld, tmp_path):
    source = tmp_path / "c.jsonld"
    source.write_text(json.dumps(CAMPAIGN))
    refused = refusal(zld("add", source, "--array", "nothing", tmp_path / "lab.zarr"))
    assert "Give URI=FILE" in refused
    twice = ["--array", f"{EX}s1=a.npy", "--array", f"{EX}s1=b.npy"]
    assert "twice" in refusal(zld("add", source, *twice, tmp_path / "lab.zarr"))
    assert not (tmp_path / "lab.zarr").exists()


def test_a_refused_add_or_copy_leaves_no_empty_folder(zld, tmp_path):
    source = tmp_path / "c.jsonld"
    source.write_text(json.dumps(CAMPAIGN))
    missing = tmp_path / "nothing.npy"
    refusal(zld("add", source, "--array", f"{EX}s1={missing}", tmp_path / "a.zarr"))
    (tmp_path / "empty").mkdir()
    refusal(zld("copy", tmp_path / "empty", tmp_path / "deep/b.zarr"))
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["empty"]
