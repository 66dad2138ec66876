"""`zld runs list`, `show`, `logs`, `sync`: runs of flows on a cluster."""

from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from zarr_linked_data.cli.output import Result, fields, table, when
from zarr_linked_data.cli.parser import Parser, paragraph
from zarr_linked_data.cli.terminal import Ready, paint, visible
from zarr_linked_data.settings import Settings

if TYPE_CHECKING:
    from zarr_linked_data.workflows.runs import Run, Step

RUN_HELP = "its id, with or without argo-; or a flow, for its latest run"

COLORS = {"Succeeded": "green", "Failed": "red", "Error": "red", "Running": "cyan"}

MINUTE_S, HOUR_S = 60, 3600


def configure_runs_list(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = paragraph("""
        The runs of flows on the cluster, the latest first, as Argo itself sees them. It forgets a
        run after a while; its results stay in S3.
        """)
    parser.examples = ("zld runs list", "zld runs list --flow ConsolidateMetadataFlow --json")
    parser.add_argument("--flow", metavar="FLOW", help="runs of this flow only")


def run_runs_list(args: Namespace, settings: Settings) -> Result:  # noqa: ARG001 - as every verb
    """List the runs."""
    from zarr_linked_data.workflows.cluster import Cluster
    from zarr_linked_data.workflows.runs import list_runs

    runs = list_runs(Cluster(), args.flow)
    rows = [
        (run.id, run.phase, run.progress, when(run.started), _length(run.seconds), _by(run))
        for run in runs
    ]
    headers = ("Run", "Phase", "Steps", "Started", "Took", "By")
    lines = table(headers, rows) if runs else iter(["No run is known to the cluster."])
    return Result([_summary(run) for run in runs], lines)


def configure_runs_show(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = paragraph("""
        One run: its phase, its parameters, each of its steps with how often it was tried, and what
        went wrong. With --wait, once it has ended; exit code 1 then when it failed.
        """)
    parser.examples = (
        "zld runs show argo-consolidatemetadataflow-x7k2p",
        "zld runs show --wait ConsolidateMetadataFlow",
    )
    parser.add_argument("--wait", action="store_true", help="wait until it has ended")
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)


def run_runs_show(args: Namespace, settings: Settings) -> Result:  # noqa: ARG001 - as every verb
    """Show one run."""
    from zarr_linked_data.workflows.cluster import Cluster
    from zarr_linked_data.workflows.runs import find_run, wait_for

    cluster = Cluster()
    run = find_run(cluster, args.run)
    if args.wait:
        run = wait_for(cluster, run)
    document = _summary(run) | {
        "parameters": dict(run.parameters),
        "steps": [_step(step) for step in run.steps],
    }
    return Result(document, _page(run), int(args.wait and run.phase != "Succeeded"))


def _page(run: "Run") -> Iterator[Ready | str]:
    """Show a run: what it is, then its steps."""
    pairs = [
        ("run", run.id),
        ("flow", run.flow),
        ("phase", run.phase),
        ("started", when(run.started)),
        ("took", _length(run.seconds)),
        ("by", _by(run)),
        *((f"--{name}", value) for name, value in run.parameters.items()),
    ]
    yield from fields([*pairs, ("message", run.message)] if run.message else pairs)
    yield ""
    for step in run.steps:
        phase = paint(step.phase, COLORS.get(step.phase, "dim"))
        again = f", tried {step.tries} times" if step.tries > 1 else ""
        yield Ready(f"{phase}  {visible(step.name)}{again}, {_length(_seconds(step))}")
        if step.message and step.phase != "Succeeded":
            yield f"    {step.message}"


def configure_runs_logs(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = paragraph("""
        What the steps of a run printed, all attempts, from S3: also of pods that are gone.
        """)
    parser.examples = (
        "zld runs logs argo-fakedataflow-x7k2p",
        "zld runs logs ConsolidateMetadataFlow/argo-consolidatemetadataflow-x7k2p --step commit",
    )
    parser.add_argument("run", metavar="RUN", help=f"{RUN_HELP}; FLOW/RUN where Argo forgot it")
    parser.add_argument("--step", metavar="STEP", help="of this step only")


def run_runs_logs(args: Namespace, settings: Settings) -> Result:  # noqa: ARG001 - as every verb
    """Print what the steps printed."""
    from zarr_linked_data.workflows.records import read_logs

    flow, run_id = _flow_and_id(args.run)
    found = list(read_logs(flow, run_id, args.step))
    document = [line._asdict() | {"time": line.time.isoformat()} for line in found]
    lines = (
        Ready(f"{paint(f'{line.step}/{line.task}', 'dim')} {visible(line.text)}") for line in found
    )
    return Result(document, lines)


def configure_runs_sync(parser: Parser) -> None:
    """Say what the verb takes."""
    parser.description = paragraph("""
        Bring what Metaflow knows of a run into the local .metaflow. Then its client, `card get`,
        `logs` and `resume` work as if the run had been here.
        """)
    parser.examples = (
        "zld runs sync argo-retrievalflow-x7k2p",
        "zld runs sync RetrievalFlow/argo-retrievalflow-x7k2p",
    )
    parser.add_argument("run", metavar="RUN", help=f"{RUN_HELP}; FLOW/RUN where Argo forgot it")


def run_runs_sync(args: Namespace, settings: Settings) -> Result:  # noqa: ARG001 - as every verb
    """Bring the run here."""
    from zarr_linked_data.workflows.records import sync_run

    flow, run_id = _flow_and_id(args.run)
    tasks = sync_run(flow, run_id)
    document = {"run": f"{flow}/{run_id}", "tasks": tasks}
    return Result(document, fields(document.items()))


def _flow_and_id(text: str) -> tuple[str, str]:
    """Take FLOW/RUN apart; of RUN alone the cluster knows the flow."""
    flow, _, run_id = text.rpartition("/")
    if flow:
        return flow, run_id
    from zarr_linked_data.workflows.cluster import Cluster
    from zarr_linked_data.workflows.runs import find_run

    run = find_run(Cluster(), text)
    return run.flow, run.id


def _summary(run: "Run") -> dict[str, Any]:
    """Give a run as JSON, without its steps."""
    return {
        "run": run.id,
        "flow": run.flow,
        "phase": run.phase,
        "progress": run.progress,
        "started": run.started,
        "finished": run.finished,
        "scheduled": run.scheduled,
        "message": run.message,
    }


def _step(step: "Step") -> dict[str, Any]:
    """Give a step as JSON."""
    return {
        "name": step.name,
        "phase": step.phase,
        "tries": step.tries,
        "started": step.started,
        "finished": step.finished,
        "message": step.message,
    }


def _seconds(step: "Step") -> float | None:
    """Give how long a step took, or has taken until now."""
    if step.started is None:
        return None
    return ((step.finished or datetime.now(UTC)) - step.started).total_seconds()


def _by(run: "Run") -> str:
    return "schedule" if run.scheduled else "hand"


def _length(seconds: float | None) -> str | None:
    """Give a length of time: `42 s`, `3 min 5 s`, `2 h 10 min`."""
    if seconds is None:
        return None
    whole = round(seconds)
    if whole < MINUTE_S:
        return f"{whole} s"
    if whole < HOUR_S:
        return f"{whole // MINUTE_S} min {whole % MINUTE_S} s"
    return f"{whole // HOUR_S} h {whole % HOUR_S // MINUTE_S} min"
