"""Which unfinished jobs are about to change the same files on other branches, as far as plans and receipts tell.

Jobs on one branch go one after another by themselves. Of jobs on different branches the later one meets a conflict when
it is merged; who sees that beforehand can let it wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ploeg.control import find
from ploeg.control.backlog import dependencies
from ploeg.control.find import Need
from ploeg.control.installation import Installation
from ploeg.control.queue import submit
from ploeg.control.queue.submit import Submitted, Wish
from ploeg.domain import codes
from ploeg.domain.access import Principal
from ploeg.domain.backlog import Task
from ploeg.domain.codes import CodeKind
from ploeg.domain.coverage import planned_paths, same_path
from ploeg.domain.errors import Conflict
from ploeg.domain.ids import ProductId
from ploeg.domain.job import TERMINAL, Job, JobStatus
from ploeg.store.transaction import Transaction

#: Unfinished jobs that are looked at.
JOBS_MAX = 200
_UNFINISHED = frozenset(JobStatus) - TERMINAL


@dataclass(frozen=True, slots=True)
class Overlap:
    job: Job
    #: What both change, as the other job's plan or receipt names it.
    paths: tuple[str, ...]


class Neighbours:
    """The unfinished jobs of a product, each with its paths."""

    def __init__(self, tx: Transaction, product_id: ProductId, viewer: Principal) -> None:
        jobs = tx.jobs.of_products([product_id], statuses=_UNFINISHED, viewer=viewer.user.id, limit=JOBS_MAX)
        self._paths = [(job, paths_of(tx, job)) for job in reversed(jobs) if job.lane is not None]

    def beside(self, lane: str, paths: Sequence[str]) -> list[Overlap]:
        """Those in the same repository, but in other lanes, that share some of these paths; the oldest first."""
        repository = _repository(lane)
        near = ((job, own) for job, own in self._paths if job.lane != lane and _repository(str(job.lane)) == repository)
        found = (
            (job, tuple(path for path in own if any(same_path(path, other) for other in paths))) for job, own in near
        )
        return [Overlap(job, shared) for job, shared in found if shared]

    def of_job(self, job: Job) -> list[Overlap]:
        own = next((paths for each, paths in self._paths if each.id == job.id), ())
        return self.beside(job.lane, own) if job.lane is not None else []


def of_item(tx: Transaction, actor: Principal, installation: Installation, reference: str) -> list[Overlap]:
    """Of a job, or of a task as if a job of it were queued now."""
    if not _names_a_job(reference):
        return _of_task(tx, actor, installation, find.task(tx, actor, reference))
    job = find.job(tx, actor, reference)
    if job.lane is None:
        return []
    return Neighbours(tx, job.product_id, actor).beside(job.lane, paths_of(tx, job))


def run_task_in_order(
    tx: Transaction, actor: Principal, installation: Installation, reference: str, wish: Wish
) -> Submitted:
    """Queues a job for the task that waits for the tasks whose jobs are about to change the same files."""
    task = find.task(tx, actor, reference, Need.CHANGE)
    for overlap in _of_task(tx, actor, installation, task):
        if overlap.job.task_id is None or overlap.job.task_id == task.id:
            continue
        try:
            dependencies.add(tx, actor, CodeKind.TASK, task.id, overlap.job.task_id)
        except Conflict:
            continue  # it waits for this task already
    return submit.run_task(tx, actor, installation, reference, wish)


def paths_of(tx: Transaction, job: Job) -> tuple[str, ...]:
    """What the job changes: what its plans name, and what an attempt of it was seen to change."""
    attempts = tx.attempts.of_job(job.id) if job.attempts else []
    plans = [job.instruction or ""]
    task = tx.backlog.task(job.task_id) if job.task_id is not None else None
    if task is not None:
        plans.append(task.implementation_plan or "")
    if attempts:
        plans += [each["task"].get("implementation_plan", "") for each in attempts[-1].frozen.get("executions", ())]
    seen = [file["path"] for each in attempts for file in each.files]
    return _each_once([path for plan in plans for path in planned_paths(plan)], seen)


def _of_task(tx: Transaction, actor: Principal, installation: Installation, task: Task) -> list[Overlap]:
    product = tx.products.get(task.product_id)
    assert product is not None, "a foreign key keeps the product of every task"
    lane = submit.story_spot(tx, installation, product, task).lane
    found = Neighbours(tx, task.product_id, actor).beside(lane, planned_paths(task.implementation_plan or ""))
    return [overlap for overlap in found if overlap.job.task_id != task.id]


def _names_a_job(reference: str) -> bool:
    kind = codes.parse(reference)
    return reference.startswith("job_") or (kind is not None and kind[0] is CodeKind.JOB)


def _repository(lane: str) -> str:
    return lane.partition(" ")[0]


def _each_once(*paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for part in paths for path in part))
