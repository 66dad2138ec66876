"""What the tasks of a run left in S3: their logs, and their part of Metaflow's metadata.

Where there is no metadata service, each task writes its own metadata beside its results. Put
together in the local `.metaflow`, they let Metaflow's client, `card get`, `logs` and `resume` work
as if the run had been here.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from zarr_linked_data.errors import NotFoundError, WorkflowError

PARAMETERS = "_parameters"
"""A step that Metaflow makes; it writes no metadata."""


ENDS = {PARAMETERS: 0, "start": 0, "end": 2}
"""Where the steps of these names stand; the others are between them."""


class Line(NamedTuple):
    """A line that a task printed."""

    step: str
    task: str
    attempt: int
    time: datetime
    text: str


def sync_run(flow: str, run_id: str) -> int:
    """Bring the metadata of a run's tasks into the local `.metaflow`; give how many there were.

    Raises
    ------
    NotFoundError
        There is nothing of such a run in S3.
    WorkflowError
        Metaflow is not set up for S3, or S3 refuses.
    """
    from metaflow.metadata_provider.util import sync_local_metadata_from_datastore
    from metaflow.metaflow_config import DATASTORE_LOCAL_DIR

    synced = 0
    for task in _tasks(flow, run_id):
        # A task that was killed wrote none.
        if task.step_name != PARAMETERS and task.has_metadata("local_metadata"):
            sync_local_metadata_from_datastore(DATASTORE_LOCAL_DIR, task)
            synced += 1
    return synced


def read_logs(flow: str, run_id: str, step: str | None = None) -> Iterator[Line]:
    """Give what the tasks of a run printed, all attempts, task by task.

    Raises
    ------
    NotFoundError
        There is nothing of such a run, or of such a step, in S3.
    WorkflowError
        Metaflow is not set up for S3, or S3 refuses.
    """
    tasks = [task for task in _tasks(flow, run_id) if task.step_name != PARAMETERS]
    steps = {task.step_name for task in tasks}
    if step is not None and step not in steps:
        raise NotFoundError(
            f"The run {run_id} has no step {step!r} that began. "
            f"Those that did: {', '.join(sorted(steps)) or 'none'}."
        )
    for task in tasks:
        if step is None or task.step_name == step:
            for attempt in range(task.attempt + 1):
                yield from _lines(task, attempt)


def _lines(task: Any, attempt: int) -> Iterator[Line]:
    """Give the lines of one attempt, both streams in the order of time."""
    from metaflow.mflog import LOG_SOURCES, mflog

    blobs = [
        blob
        for stream in ("stdout", "stderr")
        for _, blob in task.load_logs(LOG_SOURCES, stream, attempt_override=attempt)
    ]
    for line in mflog.merge_logs(blobs):
        text = line.msg.decode(errors="replace")
        yield Line(task.step_name, task.task_id, attempt, line.utc_tstamp, text)


def _tasks(flow: str, run_id: str) -> list[Any]:
    """Give Metaflow's datastore of each task, in the order of their steps' first start."""
    from metaflow.datastore import FlowDataStore
    from metaflow.metaflow_config import DATASTORE_SYSROOT_S3
    from metaflow.plugins import DATASTORES

    if not DATASTORE_SYSROOT_S3:
        raise WorkflowError(
            "Metaflow is not told where in S3 the runs are. "
            "Set METAFLOW_DATASTORE_SYSROOT_S3=s3://BUCKET/metaflow, as the cluster has it."
        )
    (storage,) = (each for each in DATASTORES if each.TYPE == "s3")
    store = FlowDataStore(flow, None, storage_impl=storage, ds_root=DATASTORE_SYSROOT_S3)
    try:
        tasks = store.get_task_datastores(run_id=run_id, allow_not_done=True)
    except Exception as error:
        raise WorkflowError(
            f"Cannot read the run {run_id} in {DATASTORE_SYSROOT_S3}: {_reason(error)}. "
            "`zld doctor` says what is wrong with S3."
        ) from error
    if not tasks:
        raise NotFoundError(
            f"Nothing of the run {flow}/{run_id} is in {DATASTORE_SYSROOT_S3}. "
            "Either it has not begun yet, or its results were removed."
        )
    return sorted(tasks, key=lambda task: (ENDS.get(task.step_name, 1), task.pathspec))


def _reason(error: Exception) -> str:
    """Give the last line of what Metaflow says."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else type(error).__name__
