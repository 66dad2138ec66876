"""Watch scheduled flows: tell a webhook when one fails or is overdue, and Prometheus always."""

import json
import logging
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable
from http.server import ThreadingHTTPServer
from urllib.error import URLError
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, make_wsgi_app

from zarr_linked_data.errors import WorkflowError
from zarr_linked_data.workflows.cluster import Cluster
from zarr_linked_data.workflows.schedules import Schedule, State, read_schedules

LOG = logging.getLogger(__name__)

WEBHOOK_S = 10.0
"""How long the other side may take to answer."""

LATE_LOOKS = 5
"""Looks that may be missed before the watcher counts as stuck."""


class Watcher:
    """Looks at all scheduled flows again and again.

    Parameters
    ----------
    webhook
        Where each incident is posted as JSON: `text` for people (chat services show it), `flow`,
        `state`, `run` and `due` for programs.
    """

    def __init__(self, cluster: Cluster, webhook: str | None = None) -> None:
        self._cluster = cluster
        self._webhook = webhook
        self._told: dict[str, tuple[State, str]] = {}
        self._looked_s = time.monotonic()
        self.registry = CollectorRegistry()
        labels = ["flow"]
        self._failed = Gauge(
            "zld_scheduled_run_failed",
            "1 where the last scheduled run of the flow failed",
            labels,
            registry=self.registry,
        )
        self._overdue = Gauge(
            "zld_scheduled_run_overdue_seconds",
            "Seconds since the flow should have started; 0 where it is on time",
            labels,
            registry=self.registry,
        )
        self._success = Gauge(
            "zld_scheduled_run_last_success_timestamp_seconds",
            "When the last scheduled run of the flow that succeeded ended",
            labels,
            registry=self.registry,
        )
        self._look_errors = Counter(
            "zld_watch_errors",
            "Looks at the cluster, and calls of the webhook, that failed",
            registry=self.registry,
        )

    def watch(self, every_s: float, stop: threading.Event) -> None:
        """Look every so often, until told to stop."""
        while not stop.is_set():
            self.look()
            stop.wait(every_s)

    def look(self) -> None:
        """Look once; what goes wrong is logged and counted, and tried again the next time."""
        try:
            schedules = read_schedules(self._cluster)
        except WorkflowError as error:
            self._look_errors.inc()
            LOG.warning("%s", error)
        else:
            self._measure(schedules)
            for schedule in schedules:
                self._tell(schedule)
        self._looked_s = time.monotonic()

    def is_stuck(self, every_s: float) -> bool:
        """Tell whether the last look was too long ago."""
        return time.monotonic() - self._looked_s > LATE_LOOKS * max(every_s, WEBHOOK_S)

    def _measure(self, schedules: Iterable[Schedule]) -> None:
        for gauge in (self._failed, self._overdue, self._success):
            gauge.clear()  # flows that are gone
        for schedule in schedules:
            late = schedule.state == "overdue" and schedule.due
            self._failed.labels(schedule.flow).set(schedule.state == "failed")
            self._overdue.labels(schedule.flow).set(time.time() - late.timestamp() if late else 0)
            if schedule.last_success is not None:
                self._success.labels(schedule.flow).set(schedule.last_success.timestamp())

    def _tell(self, schedule: Schedule) -> None:
        """Tell of an incident once, and once when it is over."""
        incident, told = schedule.incident, self._told.get(schedule.name)
        if incident == told:
            return
        LOG.warning("%s", schedule.text)
        if self._webhook and not self._post(schedule):
            return  # the next look tells it again
        if incident is None:
            del self._told[schedule.name]
        else:
            self._told[schedule.name] = incident

    def _post(self, schedule: Schedule) -> bool:
        """Post to the webhook; tell whether it was taken."""
        message = {
            "text": schedule.text,
            "flow": schedule.flow,
            "state": schedule.state,
            "run": schedule.last.id if schedule.last else None,
            "due": schedule.due.isoformat() if schedule.due else None,
        }
        request = urllib.request.Request(  # noqa: S310 - its scheme was checked
            self._webhook or "",
            data=json.dumps(message).encode(),
            headers={"Content-Type": "application/json", "User-Agent": "zld"},
        )
        try:
            with urllib.request.urlopen(request, timeout=WEBHOOK_S):  # noqa: S310 - the same
                return True
        except (URLError, OSError) as error:
            self._look_errors.inc()
            # Its address may hold a password.
            LOG.warning("The webhook did not take it: %s", getattr(error, "reason", error))
            return False


class _Server(ThreadingHTTPServer, WSGIServer):
    """One thread a request."""

    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    """Probes come every few seconds."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Log nothing."""


def serve_metrics(watcher: Watcher, port: int, every_s: float) -> Callable[[], None]:
    """Answer `/metrics`, and `/healthz` as long as the watcher looks; give what ends it."""
    metrics = make_wsgi_app(watcher.registry)

    def answer(environ, start_response):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        if environ["PATH_INFO"] == "/metrics":
            return metrics(environ, start_response)
        found = {"/healthz": "503 Service Unavailable" if watcher.is_stuck(every_s) else "200 OK"}
        status = found.get(environ["PATH_INFO"], "404 Not Found")
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{status}\n".encode()]

    try:
        server = _Server(("", port), _QuietHandler)
    except OSError as error:
        raise WorkflowError(
            f"Cannot listen on port {port}: {error.strerror}. Choose another with --port."
        ) from error
    server.set_app(answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def close() -> None:
        server.shutdown()
        server.server_close()

    return close
