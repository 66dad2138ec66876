"""Tables, fields and JSON: for a person at a terminal, for a pipe, for a program."""

import json
from pathlib import Path

import numpy as np

from tests.terminal import run_on_terminal
from zarr_linked_data.cli.output import Result, fields, print_result, table

ROWS = [("sample1", 2, None), ("グループ", 10, "900 × 1000"), ("a\tb\x1b[2J", 3, "")]


def shown(answer, **environment):
    """Give what a person sees of the result that is written here as code."""
    code = f"from zarr_linked_data.cli.output import *\nprint_result({answer})"
    return run_on_terminal(code, **environment)


def printed(document, capsys):
    print_result(Result(document, []), as_json=True)
    return capsys.readouterr().out


class TestTable:
    def test_has_tabs_and_no_headers_in_a_pipe(self, capsys):
        print_result(Result([], table(("name", "n", "shape"), ROWS)), as_json=False)
        assert capsys.readouterr().out == (
            "sample1\t2\t\nグループ\t10\t900 × 1000\na\\tb\\x1b[2J\t3\t\n"
        )

    def test_is_aligned_on_a_terminal_with_numbers_at_the_right(self):
        answer = f"Result([], table(('name', 'n', 'shape'), {ROWS!r})), as_json=False"
        assert shown(answer, NO_COLOR="1") == (
            "name          n  shape\n"
            "sample1       2  –\n"
            "グループ     10  900 × 1000\n"
            "a\\tb\\x1b[2J   3\n"
        )

    def test_without_rows_has_its_headers_alone(self):
        answer = "Result([], table(('name', 'n'), [])), as_json=False"
        assert shown(answer, NO_COLOR="1") == "name  n\n"

    def test_gives_its_first_row_before_it_has_read_the_last_in_a_pipe(self):
        endless = iter(lambda: ("again",), None)
        assert next(table(("word",), endless)) == "again"


class TestFields:
    def test_have_a_tab_between_them_in_a_pipe(self, capsys):
        print_result(Result({}, fields([("path", "a/b"), ("dtype", None)])), as_json=False)
        assert capsys.readouterr().out == "path\ta/b\ndtype\t\n"

    def test_are_aligned_on_a_terminal(self):
        answer = "Result({}, fields([('path', 'a'), ('dtype', None)])), as_json=False"
        assert shown(answer) == "\x1b[2mpath\x1b[0m   a\n\x1b[2mdtype\x1b[0m  –\n"


class TestJson:
    def test_is_one_line_in_a_pipe(self, capsys):
        document = {"shape": (2, 3), "size": np.int64(6), "file": Path("a/b"), "x": float("nan")}
        expected = '{"shape":[2,3],"size":6,"file":"a/b","x":null}\n'
        assert printed(document, capsys) == expected

    def test_keeps_names_that_are_no_unicode(self, capsys):
        assert json.loads(printed({"path": "a\udc80"}, capsys)) == {"path": "a\udc80"}

    def test_is_indented_on_a_terminal_and_hides_nothing(self):
        answer = r"Result({'a': '\x9b2J\x1b', 'b': 'ü'}, []), as_json=True"
        assert shown(answer) == '{\n  "a": "\\u009b2J\\u001b",\n  "b": "ü"\n}\n'

    def test_is_ascii_where_the_terminal_has_nothing_else(self):
        ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
        text = shown("Result('ü😀', []), as_json=True", **ascii_only)
        assert text == '"\\u00fc\\ud83d\\ude00"\n'
