"""Scheduled flows: which are overdue, which failed."""

from datetime import UTC, datetime, timedelta

import pytest

from zarr_linked_data.workflows.runs import Run
from zarr_linked_data.workflows.schedules import judge, last_due

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MIDNIGHT = NOON.replace(hour=0)


def cron(schedules=("0 0 * * *",), *, started=None, created=MIDNIGHT - timedelta(days=9), **spec):
    return {
        "metadata": {
            "name": "consolidatemetadataflow",
            "creationTimestamp": created.isoformat(),
            "annotations": {"metaflow/flow_name": "ConsolidateMetadataFlow"},
        },
        "spec": {"schedules": list(schedules), **spec},
        "status": {"lastScheduledTime": started.isoformat()} if started else {},
    }


def run(phase, started, took=timedelta(minutes=1), message=""):
    finished = None if phase == "Running" else started + took
    name = f"argo-consolidatemetadataflow-{started:%d%H}"
    return Run(
        id=name,
        flow="ConsolidateMetadataFlow",
        phase=phase,
        created=started,
        started=started,
        finished=finished,
        progress="4/4",
        scheduled=True,
        message=message,
        parameters={},
        steps=(),
    )


def test_a_flow_that_ran_when_it_was_due_is_ok():
    found = judge(cron(started=MIDNIGHT), [run("Succeeded", MIDNIGHT)], NOON)
    assert (found.state, found.due, found.incident) == ("ok", MIDNIGHT, None)
    assert found.last_success == MIDNIGHT + timedelta(minutes=1)


def test_one_whose_last_run_failed_has_failed():
    runs = [run("Succeeded", MIDNIGHT - timedelta(days=1)), run("Failed", MIDNIGHT, message="oom")]
    found = judge(cron(started=MIDNIGHT), runs, NOON)
    assert found.state == "failed"
    assert found.incident == ("failed", "argo-consolidatemetadataflow-2100")
    assert "of ConsolidateMetadataFlow failed: oom. See it with: zld runs show argo-" in found.text


def test_a_run_that_goes_on_does_not_hide_the_failure_before_it():
    runs = [run("Error", MIDNIGHT), run("Running", NOON - timedelta(minutes=1))]
    assert judge(cron(started=NOON), runs, NOON).state == "failed"


def test_a_success_ends_a_failure():
    runs = [run("Failed", MIDNIGHT - timedelta(days=1)), run("Succeeded", MIDNIGHT)]
    assert judge(cron(started=MIDNIGHT), runs, NOON).state == "ok"


def test_one_that_was_not_started_is_overdue_after_ten_minutes():
    yesterday = MIDNIGHT - timedelta(days=1)
    late = cron(started=yesterday)
    assert judge(late, [], MIDNIGHT + timedelta(minutes=9)).state == "ok"
    found = judge(late, [], MIDNIGHT + timedelta(minutes=11))
    assert found.state == "overdue"
    assert found.text.startswith("ConsolidateMetadataFlow should have started at 2026-11-21 00:00")


def test_one_that_argo_forgot_but_started_is_not_overdue():
    assert judge(cron(started=MIDNIGHT), [], NOON).state == "ok"


def test_a_new_schedule_is_not_overdue_for_times_before_it():
    assert judge(cron(created=MIDNIGHT + timedelta(hours=3)), [], NOON).state == "ok"
    assert judge(cron(created=MIDNIGHT - timedelta(hours=3)), [], NOON).state == "overdue"


@pytest.mark.parametrize("spec", [{"suspend": True}, {"schedules": []}])
def test_one_that_is_switched_off_is_never_overdue(spec):
    assert judge(cron(**spec), [], NOON).state == "suspended"


def test_the_older_form_of_a_schedule_counts():
    old = cron(schedules=(), schedule="0 0 * * *")
    assert judge(old, [], NOON).state == "overdue"


@pytest.mark.parametrize(
    ("lines", "zone", "due"),
    [
        (["@daily"], None, MIDNIGHT),
        (["0 * * * *", "30 11 * * *"], None, NOON),
        (["0 6 * * ?"], "Europe/Zurich", NOON.replace(hour=5)),
        (["0 0 * * 1"], None, MIDNIGHT - timedelta(days=5)),
    ],
)
def test_a_schedule_was_last_due_in_its_own_zone(lines, zone, due):
    assert last_due(lines, zone, NOON + timedelta(seconds=1)) == due


@pytest.mark.parametrize("lines", [["@every 1h"], ["nonsense"], ["0 0 31 2 *"], []])
def test_when_a_schedule_is_due_that_cannot_be_told_is_not_guessed(lines):
    assert last_due(lines, None, NOON) is None


def test_an_unknown_zone_is_not_guessed():
    assert last_due(["@daily"], "Europe/Atlantis", NOON) is None
