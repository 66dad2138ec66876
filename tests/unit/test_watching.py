"""The watcher of scheduled runs, with a real webhook and a real reader of its metrics."""

import json
import socket
import threading
import urllib.request
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.error import HTTPError

import pytest

from tests.unit.test_schedules import cron
from zarr_linked_data.errors import WorkflowError
from zarr_linked_data.workflows.watching import Watcher, serve_metrics


class Cluster:
    """What a cluster answers, set by hand."""

    def __init__(self):
        self.crons = []
        self.workflows = []
        self.answers = True

    def list(self, plural):
        if not self.answers:
            raise WorkflowError("Cannot list cronworkflows: the cluster does not answer.")
        return {"cronworkflows": self.crons, "workflows": self.workflows}[plural]


@pytest.fixture
def webhook():
    """A webhook that keeps what it is told, and answers with the status in `status`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            server.told.append(json.loads(self.rfile.read(length)))
            self.send_response(server.status)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.told, server.status = [], 200
    server.url = f"http://127.0.0.1:{server.server_port}/secret"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def workflow(phase, name="consolidatemetadataflow-1"):
    now = datetime.now(UTC)
    return {
        "metadata": {
            "name": name,
            "creationTimestamp": now.isoformat(),
            "labels": {"workflows.argoproj.io/cron-workflow": "consolidatemetadataflow"},
        },
        "spec": {},
        "status": {
            "phase": phase,
            "startedAt": (now - timedelta(minutes=2)).isoformat(),
            "finishedAt": (now - timedelta(minutes=1)).isoformat(),
        },
    }


@pytest.fixture
def cluster():
    found = Cluster()
    found.crons = [cron(started=datetime.now(UTC))]
    return found


def test_a_failure_is_told_once_and_so_is_its_end(cluster, webhook):
    watcher = Watcher(cluster, webhook.url)
    cluster.workflows = [workflow("Failed")]
    watcher.look()
    watcher.look()
    (told,) = webhook.told
    assert told["state"] == "failed"
    assert told["run"] == "argo-consolidatemetadataflow-1"
    assert told["text"].startswith("The scheduled run argo-consolidatemetadataflow-1 of Consol")
    cluster.workflows = [workflow("Succeeded", "consolidatemetadataflow-2")]
    watcher.look()
    watcher.look()
    assert [each["state"] for each in webhook.told] == ["failed", "ok"]


def test_what_the_webhook_did_not_take_is_told_again(cluster, webhook, caplog):
    watcher = Watcher(cluster, webhook.url)
    cluster.workflows = [workflow("Failed")]
    webhook.status = 500
    watcher.look()
    webhook.status = 200
    watcher.look()
    watcher.look()
    assert len(webhook.told) == 2
    assert "secret" not in caplog.text


def test_an_overdue_flow_is_told(cluster, webhook):
    hours_ago = (datetime.now(UTC) - timedelta(hours=2)).hour
    daily = f"0 {hours_ago} * * *"
    cluster.crons = [cron(started=datetime.now(UTC) - timedelta(days=3), schedules=[daily])]
    Watcher(cluster, webhook.url).look()
    assert [each["state"] for each in webhook.told] == ["overdue"]


def read(port, path="/metrics"):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.read().decode()


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_prometheus_reads_how_each_scheduled_flow_stands(cluster, port):
    cluster.workflows = [workflow("Failed")]
    watcher = Watcher(cluster)
    watcher.look()
    close = serve_metrics(watcher, port, every_s=60)
    try:
        assert 'zld_scheduled_run_failed{flow="ConsolidateMetadataFlow"} 1.0' in read(port)
        assert 'overdue_seconds{flow="ConsolidateMetadataFlow"} 0.0' in read(port)
        assert read(port, "/healthz") == "200 OK\n"
        with pytest.raises(HTTPError, match="404"):
            read(port, "/")
        cluster.crons = []
        watcher.look()
        assert "ConsolidateMetadataFlow" not in read(port)
    finally:
        close()


def test_a_cluster_that_does_not_answer_is_counted_and_asked_again(cluster, caplog):
    watcher = Watcher(cluster)
    cluster.answers = False
    watcher.look()
    assert watcher.registry.get_sample_value("zld_watch_errors_total") == 1
    assert "does not answer" in caplog.text
    assert not watcher.is_stuck(every_s=60)


def test_a_port_that_is_taken_is_one_line(cluster, port):
    close = serve_metrics(Watcher(cluster), port, every_s=60)
    try:
        with pytest.raises(WorkflowError, match=f"Cannot listen on port {port}: .* --port"):
            serve_metrics(Watcher(cluster), port, every_s=60)
    finally:
        close()


def test_the_watcher_looks_until_it_is_told_to_stop(cluster):
    stop = threading.Event()
    watcher = Watcher(cluster)
    looks = []
    watcher.look = lambda: (looks.append(1), stop.set() if len(looks) == 3 else None)
    watcher.watch(0.01, stop)
    assert len(looks) == 3
