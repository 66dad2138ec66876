"""The benchmarks run and write their results; what they measure, no test says."""

import numpy as np
import pytest

from benchmarks.__main__ import main, measure_all
from benchmarks.bench import Bench
from benchmarks.claims import CLAIMS
from benchmarks.figures import Figures, Row
from benchmarks.processes import run_apart
from benchmarks.report import Record, Results
from benchmarks.scaling import fit_line
from benchmarks.sides import library
from benchmarks.stores import Stores, write_store

RATE = Row(
    "copy", Figures((90.0, 100.0, 130.0), "objects/s"), 50, Figures((20.0,), "objects/s"), "a | b"
)
TIME = Row("find", Figures((4.0,), "ms"), 2, Figures((1.0,), "ms"), "peer")


def record(name: str, *rows: Row) -> Record:
    return Record(name, name.title(), "How.", "one machine", "2026-01-31", 0.1, 2.0, rows)


def table_of(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith("|")]


def test_a_quick_run_of_one_claim_writes_its_table(tmp_path):
    measure_all(Bench(Stores(tmp_path / "stores"), tmp_path, quick=True), ["start"])
    page = (tmp_path / "RESULTS.md").read_text()
    assert "These are no results" in page
    head, rule, row = table_of(page)
    assert head.count("|") == rule.count("|") == row.count("|") == 7
    assert row.startswith("| `zld --help` | ≤ 80 ms | ")


def test_a_row_says_target_median_peer_ratio_and_whether_it_is_met(tmp_path):
    Results(tmp_path, CLAIMS).add(record("find", RATE, TIME))
    assert table_of((tmp_path / "RESULTS.md").read_text())[2:] == [
        "| copy | ≥ 50 objects/s | 100 objects/s | a \\| b: 20 objects/s | 5 × | yes |",
        "| find | ≤ 2 ms | 4 ms | peer: 1 ms | 0.25 × | **no** |",
    ]
    assert "- copy: 3 runs, 90 to 130; a | b: 1 run" in (tmp_path / "RESULTS.md").read_text()


def test_a_claim_that_is_measured_again_replaces_its_rows_and_no_others(tmp_path):
    results = Results(tmp_path, CLAIMS)
    for rows in (record("start", TIME), record("find", TIME), record("start", RATE)):
        results.add(rows)
    assert [row.split(" | ")[0] for row in table_of((tmp_path / "RESULTS.md").read_text())[2:]] == [
        "| find",
        "| copy",
    ]


def test_an_unknown_claim_is_refused_with_the_names_of_all(capsys):
    with pytest.raises(SystemExit):
        main(["findd"])
    assert "no claim is named 'findd'; there are consolidate, " in capsys.readouterr().err


def test_a_side_runs_in_a_process_of_its_own_and_tells_its_memory(tmp_path):
    run_apart(write_store, str(tmp_path / "lab.zarr"), 100)
    done = run_apart(library.consolidate_store, str(tmp_path / "lab.zarr"))
    assert done.value > 0
    assert done.peak_bytes > 10_000_000
    assert len(library.linked_store.open(tmp_path / "lab.zarr")) == 101


def test_the_straight_line_goes_through_points_that_lie_on_one():
    nodes = np.array([10.0, 100.0, 1000.0])
    assert fit_line(nodes, 2 + 3 * nodes) == pytest.approx((2, 3))
