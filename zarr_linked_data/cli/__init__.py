"""The command line, `zld`: parse, call the library, print.

`zld VERB` imports the one module that `verbs.py` names for the verb, and nothing else, so that it
starts at once. The module has two functions a verb, named for it, and imports what is heavy inside
the second::

    from zarr_linked_data.cli.output import Result, fields

    def configure_find(parser: Parser) -> None:
        parser.description = "Say where the group or array of a URI is."
        parser.examples = ("zld find http://www.catplus.ch/ontology/concepts/sample1 lab.zarr",)
        parser.add_argument("uri", metavar="URI", help="what it is called in the metadata")
        parser.add_store()  # last; without one, args.store is that of ZLD_STORE

    def run_find(args: Namespace, settings: Settings) -> Result:
        from zarr_linked_data import linked_store

        node = linked_store.open(args.store, cache=settings.cache)[args.uri]
        document = {"uri": node.uri, "path": node.path}
        return Result(document, fields(document.items()))

The frame adds `--json` and `--help`, prints the result once it is whole, and turns what is raised
into one line on standard error and an exit code: 0 done, 1 refused (`Result.exit_code` for a verb
that has findings), 2 wrong usage. What takes over a second runs under `progress.progress_bar`.
"""

import sys
from collections.abc import Sequence
from importlib import import_module

from zarr_linked_data.cli.parser import Parser, UsageError
from zarr_linked_data.cli.terminal import complain, tell, write
from zarr_linked_data.cli.verbs import USAGE, VERBS

DONE, REFUSED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run `zld` and give its exit code."""
    try:
        return _run(sys.argv[1:] if argv is None else list(argv))
    except UsageError as error:
        return _refuse_usage(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the edge: a person must not meet a traceback
        return _refuse(error)


def _run(arguments: list[str]) -> int:
    match arguments:
        case [] | ["-h" | "--help", *_]:
            return _show_overview()
        case ["--version", *_]:
            return _show_version()
        case [verb, *rest] if verb in VERBS:
            return _run_verb(verb, rest)
        case [first, second, *rest] if f"{first} {second}" in VERBS:
            return _run_verb(f"{first} {second}", rest)
        case _:
            raise UsageError(_unknown(arguments[0]), USAGE)


def _run_verb(verb: str, arguments: list[str]) -> int:
    from zarr_linked_data.cli.failures import shown_warnings
    from zarr_linked_data.cli.output import print_result
    from zarr_linked_data.settings import Settings

    module = import_module(f"zarr_linked_data.cli.{VERBS[verb].module}")
    parser = Parser(verb)
    name = verb.replace(" ", "_")
    getattr(module, f"configure_{name}")(parser)
    args = parser.parse(arguments)
    if args is None:
        return DONE
    settings = Settings.from_environment()
    parser.choose_store(args, settings.store)
    with shown_warnings(debug=settings.debug):
        result = getattr(module, f"run_{name}")(args, settings)
        print_result(result, as_json=args.json)
    return int(result.exit_code)


def _show_overview() -> int:
    from zarr_linked_data.cli.overview import overview

    write(overview())
    return DONE


def _show_version() -> int:
    from importlib.metadata import version

    write(f"zld {version('zarr-linked-data')}\n")
    return DONE


def _unknown(word: str) -> str:
    from difflib import get_close_matches

    seconds = [verb.partition(" ")[2] for verb in VERBS if verb.startswith(f"{word} ")]
    if seconds:
        return f"After `zld {word}` comes one of {', '.join(seconds)}"
    if word.startswith("-"):
        return f"{word!r} before the verb: options follow it. `zld --help` lists the verbs"
    near = get_close_matches(word, VERBS, n=1, cutoff=0.5)
    guess = f" Did you mean `zld {near[0]}`?" if near else ""
    return f"There is no verb {word!r}.{guess} `zld --help` lists them"


def _refuse_usage(error: UsageError) -> int:
    tell(error.usage)
    complain("Error", str(error), "red")
    return WRONG_USAGE


def _refuse(error: Exception) -> int:
    from zarr_linked_data.cli.failures import report
    from zarr_linked_data.errors import ZldError
    from zarr_linked_data.settings import Settings

    try:
        debug = Settings.from_environment().debug
    except ZldError:  # it may be the very error to report
        debug = False
    report(error, debug=debug)
    return REFUSED
