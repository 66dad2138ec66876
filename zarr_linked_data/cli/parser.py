"""The arguments of one verb, and what is said when they are wrong."""

import argparse
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from zarr_linked_data.cli.terminal import write

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

WIDTH = 100
STORE_HELP = "a folder, s3://bucket/prefix, or http(s):// URL (default: ZLD_STORE)"


class UsageError(Exception):
    """The command line cannot be understood; exit code 2."""

    def __init__(self, message: str, usage: str) -> None:
        super().__init__(message)
        self.usage = usage


class Formatter(argparse.RawDescriptionHelpFormatter):
    """The help page of a verb: as argparse writes it, with the usage line of `Parser`."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=WIDTH)

    def add_usage(
        self,
        usage: str | None,
        actions: object,  # noqa: ARG002 - argparse passes it; ours is written already
        groups: object,  # noqa: ARG002 - the same
        prefix: str | None = None,  # noqa: ARG002 - argparse's is in lower case
    ) -> None:
        """Put the usage line in, and the word before it with a capital."""
        super().add_usage(usage, [], [], "Usage: ")


class Parser(argparse.ArgumentParser):
    """What a verb takes: set `description` and `examples`, add arguments, last `add_store`."""

    def __init__(self, verb: str) -> None:
        super().__init__(
            prog=f"zld {verb}", formatter_class=Formatter, allow_abbrev=False, add_help=False
        )
        self.examples: Sequence[str] = ()
        self._positionals.title = "Arguments"
        self._optionals.title = "Options"

    def add_store(self) -> None:
        """Take STORE as the last argument; without it, the frame puts in that of ZLD_STORE."""
        self.add_argument("store", metavar="STORE", nargs="?", help=STORE_HELP)

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace | None:
        """Give the arguments of the verb, or nothing when its help page was asked for and shown."""
        self.add_argument("--json", action="store_true", help="print one JSON document")
        self.add_argument("-h", "--help", action="help", help="show this page")
        self.usage = " ".join([self.prog, *map(_usage_of, self._in_order())]).replace("%", "%%")
        self.epilog = "\n".join(["Examples:", *(f"  {example}" for example in self.examples)])
        try:
            # "intermixed": else `zld get URI -o FILE STORE` finds no STORE before Python 3.13
            args = self.parse_intermixed_args(arguments)
        except SystemExit:  # of --help alone: `error` below does not exit
            return None
        return args

    def choose_store(self, args: argparse.Namespace, store: str | None) -> None:
        """Put the store of the settings in where a verb wants one and none was given."""
        if "store" not in args or args.store is not None:
            return
        if store is None:
            self.error(
                "no STORE: give a folder, s3://bucket/prefix or http(s):// URL at the end, "
                "or set ZLD_STORE"
            )
        args.store = store

    def print_help(self, file: "SupportsWrite[str] | None" = None) -> None:  # noqa: ARG002 - argparse's
        """Show the help page."""
        write(self.format_help())

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        raise UsageError(f"{message}. Try {self.prog} --help", self.format_usage().rstrip())

    def _in_order(self) -> list[argparse.Action]:
        positional = [action for action in self._actions if not action.option_strings]
        options = [action for action in self._actions if action.option_strings]
        return [*positional, *options[:-1]]  # every verb has --help


def _usage_of(action: argparse.Action) -> str:
    """Give an argument as the usage line shows it: `URI`, `[STORE]`, `[-o FILE]`."""
    name = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if action.choices is not None and action.metavar is None:
        name = "{" + ",".join(map(str, action.choices)) + "}"
    value = f"{name}…" if action.nargs in ("+", "*") else name
    if not action.option_strings:
        return f"[{value}]" if action.nargs in ("?", "*") else value
    option = action.option_strings[0]
    text = option if action.nargs == 0 else f"{option} {value}"
    return text if action.required else f"[{text}]"


def paragraph(text: str) -> str:
    """Fold a description to the width of the help page; an empty line parts two paragraphs."""
    parts = textwrap.dedent(text).strip().split("\n\n")
    return "\n\n".join(textwrap.fill(part, WIDTH) for part in parts)
