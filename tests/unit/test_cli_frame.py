"""The frame of `zld`: what every verb is given, and what becomes of what it answers or raises."""

import errno
import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType

import pytest

from tests.terminal import ZLD, run_on_terminal
from zarr_linked_data.cli import main
from zarr_linked_data.cli.output import Result
from zarr_linked_data.cli.verbs import VERBS, Verb
from zarr_linked_data.errors import EntityNotFoundError, StoreError, ZldWarning


@pytest.fixture
def plug(monkeypatch):
    """Give a function that plugs a verb `sing SONG [STORE]` in, which does what it is told."""

    def plug_in(run):
        module = ModuleType("zarr_linked_data.cli.songs")
        module.configure_sing = _configure_sing
        module.run_sing = run
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(VERBS, "sing", Verb("songs", "sing a song", "Songs"))

    return plug_in


def _configure_sing(parser):
    parser.description = "Sing a song about a store."
    parser.examples = ("zld sing yesterday lab.zarr", "zld sing '100 %' lab.zarr")
    parser.add_argument("song", metavar="SONG", help="which one")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write it")
    parser.add_argument("--loud", action="store_true", help="so that all hear it")
    parser.add_store()


def answer_store(args, settings):
    return Result({"song": args.song, "store": args.store}, [f"{args.song} for {args.store}"])


def raising(error):
    def run(args, settings):
        raise error

    return run


def python(code, *arguments, **options):
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


class TestHelp:
    @pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
    def test_lists_each_verb_in_one_line(self, arguments, capsys):
        assert main(arguments) == 0
        lines = capsys.readouterr().out.splitlines()
        for name, verb in VERBS.items():
            assert lines.count(f"  {name:11}  {verb.help}") == 1

    def test_fits_a_narrow_terminal(self, capsys):
        main(["--help"])
        assert max(map(len, capsys.readouterr().out.splitlines())) <= 100

    def test_imports_no_verb_and_no_heavy_library(self):
        code = "import sys; from zarr_linked_data.cli import main; main(['--help']); "
        code += "print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr); "
        code += "print(*[n for n in sys.modules if n.startswith('zarr_linked')], file=sys.stderr)"
        loaded = set(python(code).stderr.split())
        heavy = {"numpy", "zarr", "obstore", "orjson", "rich", "pyld", "yaml", "dataclasses"}
        assert not loaded & heavy
        assert not loaded & {f"zarr_linked_data.cli.{verb.module}" for verb in VERBS.values()}

    def test_of_a_verb_shows_usage_purpose_arguments_and_examples(self, plug, capsys):
        plug(answer_store)
        assert main(["sing", "--help"]) == 0
        assert capsys.readouterr().out == (
            "Usage: zld sing SONG [STORE] [-o FILE] [--loud] [--json]\n"
            "\n"
            "Sing a song about a store.\n"
            "\n"
            "Arguments:\n"
            "  SONG                    which one\n"
            "  STORE                   a folder, s3://bucket/prefix, or http(s):// URL "
            "(default: ZLD_STORE)\n"
            "\n"
            "Options:\n"
            "  -o FILE, --output FILE  where to write it\n"
            "  --loud                  so that all hear it\n"
            "  --json                  print one JSON document\n"
            "  -h, --help              show this page\n"
            "\n"
            "Examples:\n"
            "  zld sing yesterday lab.zarr\n"
            "  zld sing '100 %' lab.zarr\n"
        )

    def test_of_a_verb_needs_no_valid_settings(self, plug, monkeypatch):
        monkeypatch.setenv("ZLD_DEBUG", "perhaps")
        plug(answer_store)
        assert main(["sing", "--help"]) == 0

    def test_version_names_the_program(self, capsys):
        assert main(["--version"]) == 0
        assert re.fullmatch(r"zld \d+\.\d+\.\d+\S*\n", capsys.readouterr().out)


class TestUsage:
    def refuse(self, arguments, capsys):
        assert main(arguments) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        return captured.err

    def test_a_misspelt_verb_is_guessed(self, capsys):
        assert self.refuse(["consolidte"], capsys) == (
            "Usage: zld VERB … [STORE]\n"
            "Error: There is no verb 'consolidte'. Did you mean `zld consolidate`? "
            "`zld --help` lists them\n"
        )

    def test_a_strange_verb_is_not_guessed(self, capsys):
        assert self.refuse(["xyzzy"], capsys).endswith(
            "Error: There is no verb 'xyzzy'. `zld --help` lists them\n"
        )

    def test_an_option_before_the_verb_is_explained(self, capsys):
        assert self.refuse(["--json", "ls"], capsys).endswith(
            "Error: '--json' before the verb: options follow it. `zld --help` lists the verbs\n"
        )

    def test_a_missing_argument_is_named(self, plug, capsys):
        plug(answer_store)
        assert self.refuse(["sing"], capsys) == (
            "Usage: zld sing SONG [STORE] [-o FILE] [--loud] [--json]\n"
            "Error: the following arguments are required: SONG. Try zld sing --help\n"
        )

    def test_an_unknown_option_is_named(self, plug, capsys):
        plug(answer_store)
        error = self.refuse(["sing", "yesterday", "lab.zarr", "--lou"], capsys)
        assert error.endswith("Error: unrecognized arguments: --lou. Try zld sing --help\n")

    def test_no_store_anywhere_says_where_to_name_one(self, plug, capsys):
        plug(answer_store)
        assert self.refuse(["sing", "yesterday"], capsys).endswith(
            "Error: no STORE: give a folder, s3://bucket/prefix or http(s):// URL at the end, "
            "or set ZLD_STORE. Try zld sing --help\n"
        )

    def test_control_characters_in_it_are_shown_not_sent(self, capsys):
        assert "\x1b" not in self.refuse(["\x1b[2Jls"], capsys)


class TestStore:
    def test_is_the_last_argument(self, plug, capsys):
        plug(answer_store)
        assert main(["sing", "yesterday", "lab.zarr"]) == 0
        assert capsys.readouterr().out == "yesterday for lab.zarr\n"

    @pytest.mark.parametrize(
        "arguments",
        ["yesterday -o x lab.zarr", "-o x yesterday lab.zarr", "yesterday lab.zarr -o x"],
    )
    def test_may_stand_before_or_after_options(self, arguments, plug, capsys):
        plug(answer_store)
        assert main(["sing", *arguments.split()]) == 0
        assert capsys.readouterr().out == "yesterday for lab.zarr\n"

    def test_is_that_of_the_environment_when_none_is_given(self, plug, monkeypatch, capsys):
        plug(answer_store)
        monkeypatch.setenv("ZLD_STORE", "s3://lab/campaign.zarr")
        assert main(["sing", "yesterday"]) == 0
        assert capsys.readouterr().out == "yesterday for s3://lab/campaign.zarr\n"

    def test_of_the_environment_gives_way_to_the_argument(self, plug, monkeypatch, capsys):
        plug(answer_store)
        monkeypatch.setenv("ZLD_STORE", "s3://lab/campaign.zarr")
        main(["sing", "yesterday", "lab.zarr"])
        assert capsys.readouterr().out == "yesterday for lab.zarr\n"


class TestAnswer:
    def test_is_one_json_document_when_asked(self, plug, capsys):
        plug(answer_store)
        assert main(["sing", "yesterday", "lab.zarr", "--json"]) == 0
        captured = capsys.readouterr()
        assert json.loads(captured.out) == {"song": "yesterday", "store": "lab.zarr"}
        assert captured.err == ""

    def test_reads_no_lines_for_json(self, plug, capsys):
        plug(lambda args, settings: Result([], iter(lambda: 1 / 0, None)))
        assert main(["sing", "yesterday", "lab.zarr", "--json"]) == 0
        assert capsys.readouterr().out == "[]\n"

    def test_of_a_verb_with_findings_is_printed_and_exits_1(self, plug, capsys):
        plug(lambda args, settings: Result([1], ["one finding"], exit_code=1))
        assert main(["sing", "yesterday", "lab.zarr"]) == 1
        assert capsys.readouterr().out == "one finding\n"

    def test_that_fails_half_way_is_not_printed(self, plug, capsys):
        def lines():
            yield "the first"
            raise StoreError("The store went away. Try again.")

        plug(lambda args, settings: Result([], lines()))
        assert main(["sing", "yesterday", "lab.zarr"]) == 1
        assert capsys.readouterr() == ("", "Error: The store went away. Try again.\n")

    def test_sends_no_control_characters_of_a_store(self, plug, capsys):
        plug(lambda args, settings: Result([], ["sample\x1b[2J\r\nx\x9b1m\tpear\u202e"]))
        main(["sing", "yesterday", "lab.zarr"])
        assert capsys.readouterr().out == "sample\\x1b[2J\\r\\nx\\x9b1m\tpear\\u202e\n"


class TestErrors:
    def fail(self, error, plug, capsys, code=1):
        plug(raising(error))
        assert main(["sing", "yesterday", "lab.zarr"]) == code
        captured = capsys.readouterr()
        assert captured.out == ""
        return captured.err

    def test_of_ours_are_one_line(self, plug, capsys):
        error = EntityNotFoundError("No entity 'x' in 'lab.zarr'.\n  List them with `zld ls`.\n")
        assert self.fail(error, plug, capsys) == (
            "Error: No entity 'x' in 'lab.zarr'. List them with `zld ls`.\n"
        )

    def test_of_the_system_say_what_to_do(self, plug, capsys):
        error = OSError(errno.ENOSPC, "No space left on device", "/data/x.npy")
        assert self.fail(error, plug, capsys) == (
            "Error: No space left on device: '/data/x.npy'. "
            "Delete what is not needed there, or name another place.\n"
        )

    def test_of_permission_say_what_to_do(self, plug, capsys):
        error = PermissionError(errno.EACCES, "Permission denied", b"/data/x.npy")
        assert self.fail(error, plug, capsys) == (
            "Error: Permission denied: b'/data/x.npy'. "
            "Ask its owner for the permission, or name another place.\n"
        )

    def test_of_the_system_without_a_number_are_their_text(self, plug, capsys):
        assert self.fail(OSError("the disk fell off"), plug, capsys) == "Error: the disk fell off\n"

    def test_of_memory_say_what_to_do(self, plug, capsys):
        assert self.fail(MemoryError(), plug, capsys) == (
            "Error: Not enough memory. Ask for less at once, or use a machine that has more.\n"
        )

    def test_that_nobody_foresaw_are_called_bugs(self, plug, capsys):
        assert self.fail(ZeroDivisionError("division\nby zero"), plug, capsys) == (
            "Error: ZeroDivisionError: division by zero (this is a bug; ZLD_DEBUG=1 shows where)\n"
        )

    def test_send_no_control_characters_of_a_store(self, plug, capsys):
        error = StoreError("No group 'a\x1b]0;title\x07'.")
        assert self.fail(error, plug, capsys) == "Error: No group 'a\\x1b]0;title\\x07'.\n"

    def test_show_where_they_came_from_only_when_debugging(self, plug, capsys, monkeypatch):
        monkeypatch.setenv("ZLD_DEBUG", "1")
        shown = self.fail(ZeroDivisionError("by zero"), plug, capsys)
        assert shown.startswith("Traceback (most recent call last):")
        assert shown.endswith("ZLD_DEBUG=1 shows where)\n")

    def test_of_settings_are_one_line(self, plug, capsys, monkeypatch):
        monkeypatch.setenv("ZLD_DEBUG", "perhaps")
        assert self.fail(StoreError("never reached"), plug, capsys) == (
            "Error: ZLD_DEBUG is 'perhaps', no switch. Set it to 1 or 0.\n"
        )

    def test_an_interrupt_is_quiet(self, plug, capsys):
        assert self.fail(KeyboardInterrupt(), plug, capsys, code=130) == ""


class TestWarnings:
    def test_of_ours_are_one_line_each_on_standard_error(self, plug, capsys):
        def run(args, settings):
            for path in ("a", "a", "b"):
                warnings.warn(f"NaN in\n{path!r}", ZldWarning, stacklevel=1)
            return Result([], ["done"])

        plug(run)
        assert main(["sing", "yesterday", "lab.zarr"]) == 0
        assert capsys.readouterr() == ("done\n", "Warning: NaN in 'a'\nWarning: NaN in 'b'\n")

    def test_of_other_libraries_are_for_developers(self, plug, capsys):
        def run(args, settings):
            warnings.warn("old name", FutureWarning, stacklevel=1)
            return Result([], [])

        plug(run)
        main(["sing", "yesterday", "lab.zarr"])
        assert capsys.readouterr().err == ""


class TestStreams:
    def test_a_reader_that_leaves_early_is_no_error(self):
        code = "from zarr_linked_data.cli.terminal import write\nwrite('x' * 10_000_000)"
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        process.stderr.close()
        assert process.wait() == 0

    def test_a_full_disk_behind_standard_output_is_one_line(self):
        with Path("/dev/full").open("w") as full:
            command = [sys.executable, "-c", ZLD, "--help"]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
        assert done.returncode == 1
        assert done.stderr.decode() == (
            "Error: No space left on device. "
            "Delete what is not needed there, or name another place.\n"
        )

    def test_closed_streams_are_borne(self):
        code = f"import sys; sys.stdout = sys.stderr = None; sys.argv[1:] = {['fnd']!r}; {ZLD}"
        assert python(code).returncode == 2

    def test_a_reader_of_standard_error_may_leave_too(self):
        command = [sys.executable, "-c", ZLD, "xyzzy"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        process.stderr.close()
        assert process.wait() == 2

    def test_characters_that_a_terminal_lacks_are_written_as_escapes(self):
        environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
        code = "from zarr_linked_data.cli.terminal import write; write('grün …\\n')"
        assert python(code, env=environment).stdout == "gr\\xfcn \\u2026\n"


class TestColours:
    def test_are_there_on_a_terminal(self):
        assert "\x1b[1mMake a store\x1b[0m" in run_on_terminal(ZLD, "--help")

    @pytest.mark.parametrize("switch", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
    def test_are_off_when_not_wanted(self, switch):
        assert "\x1b" not in run_on_terminal(ZLD, "--help", **switch)

    def test_mark_an_error(self):
        assert "\x1b[1;31mError:\x1b[0m There is no verb" in run_on_terminal(ZLD, "xyzzy")


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_of_the_table_explains_itself(verb, capsys):
    assert main([verb, "--help"]) == 0
    page = capsys.readouterr().out
    assert page.startswith(f"Usage: zld {verb}")
    assert f"Examples:\n  zld {verb}" in page
