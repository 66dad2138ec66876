"""`python -m benchmarks [--quick] [NAME…]`: measure, and write the results."""

import argparse
import inspect
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.claims import CLAIMS
from benchmarks.figures import Row
from benchmarks.machine import busy, describe_machine
from benchmarks.report import Record, Results
from benchmarks.stores import Stores

HERE = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the claims that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"of {', '.join(CLAIMS)}")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="small and once, to see that it works: no results, written to stores/quick",
    )
    parser.add_argument("--stores", type=Path, default=HERE / "stores", help="where the stores lie")
    args = parser.parse_args(arguments)
    unknown = sorted(set(args.names) - set(CLAIMS))
    if unknown:
        parser.error(f"no claim is named {unknown[0]!r}; there are {', '.join(CLAIMS)}")
    results = args.stores / "quick" if args.quick else HERE
    bench = Bench(Stores(args.stores, _say), results, quick=args.quick)
    results.mkdir(parents=True, exist_ok=True)
    measure_all(bench, args.names or CLAIMS)
    _say(f"written: {results / 'RESULTS.md'}")


def measure_all(bench: Bench, names: Sequence[str]) -> None:
    """Measure these claims, and write down each as soon as it is done."""
    results = Results(bench.results, CLAIMS, quick=bench.quick)
    for number, name in enumerate(names, 1):
        _say(f"[{number}/{len(names)}] {name}")
        results.add(_measure(bench, name))


def _measure(bench: Bench, name: str) -> Record:
    """Run the program of one claim."""
    module = import_module(f"benchmarks.claims.{name}")
    title, _, method = (inspect.getdoc(module) or "").partition("\n\n")
    before, started, rows = busy(), time.monotonic(), []
    for row in module.measure(bench):
        _tell(row)
        rows.append(row)
    return Record(
        name=name,
        title=title.rstrip("."),
        method=method.strip(),
        machine=describe_machine(bench.stores.folder),
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        busy=round(before, 1),
        seconds=round(time.monotonic() - started, 1),
        rows=tuple(rows),
    )


def _tell(row: Row) -> None:
    """Show a row on the terminal."""
    beside = f" ({row.peer_text}: {row.ratio_text})" if row.peer else ""
    target = f", target {row.target_text}: {row.met_text.strip('*')}" if row.target else ""
    _say(f"    {row.what}: {row.ours}{target}{beside}")


def _say(text: str) -> None:
    """Tell the one who waits how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
