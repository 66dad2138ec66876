"""`zld runs watch`: tell when a scheduled run failed or is overdue."""

import signal
import sys
import threading
from argparse import Namespace
from urllib.parse import urlsplit

from zarr_linked_data.cli.output import Result, table, when
from zarr_linked_data.cli.parser import Parser, paragraph
from zarr_linked_data.errors import InvalidInputError, WorkflowError
from zarr_linked_data.settings import Settings

PORT = 9100

EVERY_S = 60.0


def configure_runs_watch(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = paragraph("""
        Look at the scheduled flows every minute. When the last run of one failed, or one should
        have started ten minutes ago and has not, post it as JSON to the address in ZLD_WEBHOOK;
        and again when all is well. http://…/metrics has the same for Prometheus: the gauges
        zld_scheduled_run_failed, …_overdue_seconds and …_last_success_timestamp_seconds.

        With --once: look once, print how each scheduled flow stands, and end with exit code 1 when
        one failed or is overdue.
        """)
    parser.examples = (
        "zld runs watch --once",
        "ZLD_WEBHOOK=https://chat.lab.example/hooks/zld zld runs watch --port 9100",
    )
    parser.add_argument("--once", action="store_true", help="look once, print, and end")
    parser.add_argument(
        "--port",
        metavar="PORT",
        type=int,
        default=PORT,
        help=f"where /metrics and /healthz answer (default: {PORT})",
    )
    parser.add_argument(
        "--every",
        metavar="SECONDS",
        type=float,
        default=EVERY_S,
        help=f"how long between two looks (default: {EVERY_S:.0f})",
    )


def run_runs_watch(args: Namespace, settings: Settings) -> Result:
    """Look once, or until the process is told to end."""
    check_extra()
    if args.once:
        return _look_once()
    _check_webhook(settings.webhook)
    from zarr_linked_data.workflows.cluster import Cluster
    from zarr_linked_data.workflows.watching import Watcher, serve_metrics

    _log_to_standard_error()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    watcher = Watcher(Cluster(), settings.webhook)
    close = serve_metrics(watcher, args.port, args.every)
    try:
        watcher.watch(args.every, stop)
    finally:
        close()
    return Result(None, ())


def check_extra() -> None:
    """Refuse to begin without the packages of the extra `cluster`.

    Raises
    ------
    WorkflowError
        One is not installed.
    """
    try:
        import cronsim  # noqa: F401
        import prometheus_client  # noqa: F401
    except ImportError as error:
        raise WorkflowError(
            f"Watching schedules needs the package {error.name!r}. "
            "Install it with: pip install 'zarr-linked-data[cluster]'"
        ) from error


def _look_once() -> Result:
    """Print how each scheduled flow stands."""
    from zarr_linked_data.workflows.cluster import Cluster
    from zarr_linked_data.workflows.schedules import read_schedules

    schedules = read_schedules(Cluster())
    document = [
        {
            "flow": each.flow,
            "state": each.state,
            "due": each.due,
            "run": each.last.id if each.last else None,
            "last_success": each.last_success,
        }
        for each in schedules
    ]
    rows = [
        (each.flow, each.state, when(each.due), each.last.id if each.last else None)
        for each in schedules
    ]
    lines = table(("Flow", "State", "Last due", "Last run"), rows)
    bad = any(each.state in ("failed", "overdue") for each in schedules)
    return Result(document, lines if rows else iter(["No flow is scheduled."]), int(bad))


def _check_webhook(address: str | None) -> None:
    """Refuse an address that nothing can be posted to, without showing it: it may be secret."""
    if address and urlsplit(address).scheme not in ("http", "https"):
        raise InvalidInputError("ZLD_WEBHOOK is no http(s):// URL. Correct or unset it.")


def _log_to_standard_error() -> None:
    """Write what the watcher tells where a pod's log takes it from."""
    import logging

    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(message)s", level=logging.WARNING)
