"""Scheduled flows: whether each ran when it should have, and how it went.

Metaflow has no way to tell: its exit hooks ask an outside host. So what the cluster says of its
CronWorkflows and of the runs they started is compared with their schedules.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from zarr_linked_data.workflows.cluster import Cluster
from zarr_linked_data.workflows.runs import CRON, Run, read_run

GRACE = timedelta(minutes=10)
"""How late a run may start before it is overdue: a busy cluster takes its time."""

MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""What Argo takes instead of five fields."""

State = Literal["ok", "failed", "overdue", "suspended"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A scheduled flow, and how it stands."""

    name: str
    flow: str
    state: State
    due: datetime | None
    """When it should have started last; None where its schedule cannot be told, as `@every 1h`."""
    last: Run | None
    """The last run that it started."""
    last_success: datetime | None

    @property
    def incident(self) -> tuple[State, str] | None:
        """What is wrong, equal as long as it is the same; None where nothing is."""
        if self.state == "failed" and self.last is not None:
            return self.state, self.last.id
        if self.state == "overdue":
            return self.state, str(self.due)
        return None

    @property
    def text(self) -> str:
        """The state in one sentence."""
        if self.state == "failed" and self.last is not None:
            why = f": {self.last.message}" if self.last.message else ""
            return (
                f"The scheduled run {self.last.id} of {self.flow} failed{why}. "
                f"See it with: zld runs show {self.last.id}"
            )
        if self.state == "overdue":
            return (
                f"{self.flow} should have started at {self.due:%Y-%m-%d %H:%M} UTC and has not. "
                f"Look at: kubectl describe cronworkflow {self.name}"
            )
        return f"{self.flow} runs as scheduled again."


def read_schedules(cluster: Cluster, now: datetime | None = None) -> list[Schedule]:
    """Look at all scheduled flows of a cluster.

    Raises
    ------
    WorkflowError
        The cluster does not answer, or refuses.
    """
    now = now or datetime.now(UTC)
    crons = cluster.list("cronworkflows")
    runs: dict[str, list[Run]] = {}
    for workflow in cluster.list("workflows"):
        cron = (workflow["metadata"].get("labels") or {}).get(CRON)
        if cron:
            runs.setdefault(cron, []).append(read_run(workflow))
    return [judge(cron, runs.get(cron["metadata"]["name"], []), now) for cron in crons]


def judge(cron: Mapping[str, Any], runs: Iterable[Run], now: datetime) -> Schedule:
    """Tell how a CronWorkflow stands, by the runs that it started."""
    metadata, spec, status = cron["metadata"], cron["spec"], cron.get("status") or {}
    ordered = sorted(runs, key=lambda run: run.created)
    done = [run for run in ordered if run.finished is not None]
    last = ordered[-1] if ordered else None
    lines = spec.get("schedules") or list(filter(None, [spec.get("schedule")]))
    due = last_due(lines, spec.get("timezone"), now)
    created = datetime.fromisoformat(metadata["creationTimestamp"])
    # Argo forgets runs after a while, but not when it started the last.
    begun = status.get("lastScheduledTime")
    latest = datetime.fromisoformat(begun) if begun else created
    state: State = "ok"
    if spec.get("suspend") or not lines:
        state = "suspended"
    elif due is not None and now - due > GRACE and latest < due - timedelta(minutes=1):
        state = "overdue"
    elif done and done[-1].phase != "Succeeded":
        state = "failed"
    succeeded = [run.finished for run in done if run.phase == "Succeeded" and run.finished]
    annotations = metadata.get("annotations") or {}
    return Schedule(
        name=metadata["name"],
        flow=annotations.get("metaflow/flow_name") or metadata["name"],
        state=state,
        due=due,
        last=last,
        last_success=max(succeeded, default=None),
    )


def last_due(lines: Sequence[str], timezone: str | None, now: datetime) -> datetime | None:
    """Give when one of these schedules was last due, in UTC; None where that cannot be told.

    >>> last_due(["30 2 * * ?"], None, datetime(2026, 11, 21, 12, tzinfo=UTC)).isoformat()
    '2026-11-21T02:30:00+00:00'
    """
    try:
        local = now.astimezone(ZoneInfo(timezone) if timezone else UTC)
        found = [
            next(CronSim(MACROS.get(line, line).replace("?", "*"), local, reverse=True))
            for line in lines
        ]
    except (CronSimError, StopIteration, ZoneInfoNotFoundError):
        return None
    return max(found).astimezone(UTC) if found else None
