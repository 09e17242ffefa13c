"""The jobs of a sprint's run: one for each task, or one for all of them."""

from __future__ import annotations

from dataclasses import replace

from ploeg.control.installation import Installation
from ploeg.control.products import layers
from ploeg.control.queue import submit
from ploeg.control.queue.submit import Spot, Wish
from ploeg.control.sprints.run_plan import RunPlan
from ploeg.domain.access import Principal
from ploeg.domain.backlog import TaskStatus
from ploeg.domain.ids import JobId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.kinds import KindName
from ploeg.domain.sprint import PrStrategy
from ploeg.domain.sprint_run import SprintRun
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction


def queue_jobs(
    tx: Transaction, actor: Principal, installation: Installation, plan: RunPlan, run: SprintRun, wish: Wish
) -> None:
    """Queues what the run has to do, in its order."""
    if run.pr_strategy is PrStrategy.SPRINT_BATCH:
        _queue_batch(tx, actor, installation, run, wish)
        return
    places = {task.id: place for place, task in enumerate(plan.order, start=1)}
    for task in plan.tasks:
        if run.branch is not None:
            spot = Spot(branch=run.branch, lane=lane(run), sequence=places[task.id], sprint_run_id=run.id)
        else:
            spot = replace(submit.story_spot(tx, installation, plan.product, task), sprint_run_id=run.id)
        submit.enqueue(tx, actor, installation, task, wish, spot=spot)


def queue_again(tx: Transaction, actor: Principal, installation: Installation, run: SprintRun, old: Job) -> None:
    """Another try within the run for a job whose push met a conflict, unless it has had one or is no longer to do."""
    if any(job.retry_of == old.id for job in tx.jobs.of_run(run.id)):
        return
    wish = Wish(instruction=old.instruction, labels=old.labels, rank=old.rank, config=old.overrides)
    task = tx.backlog.task(old.task_id) if old.task_id is not None else None
    if task is None:
        _queue_batch(tx, actor, installation, run, wish, retry_of=old.id)
    elif task.status is TaskStatus.TO_DO:
        submit.enqueue(tx, actor, installation, task, wish, spot=submit.spot_of(tx, old), retry_of=old.id)


def _queue_batch(
    tx: Transaction,
    actor: Principal,
    installation: Installation,
    run: SprintRun,
    wish: Wish,
    retry_of: JobId | None = None,
) -> None:
    """One job for all tasks; its first claim freezes which, and in which order."""
    product, sprint = tx.products.get(run.product_id), tx.sprints.get(run.sprint_id)
    assert product is not None, "a foreign key keeps the product of every run"
    assert sprint is not None, "a foreign key keeps the sprint of every run"
    job = Job(
        id=JobId(new_id("job")),
        number=tx.jobs.next_number(),
        kind=KindName.SPRINT_IMPLEMENTATION,
        status=JobStatus.QUEUED,
        product_id=run.product_id,
        requested_by=actor.user.id,
        runtime="",
        created_at=tx.now,
        labels=layers.labels("labels", wish.labels),
        lane=lane(run),
        sequence=1,
        branch=run.branch,
        rank=submit.checked_rank(wish.rank),
        overrides=layers.checked(wish.config).as_dict(),
        instruction=wish.instruction,
        retry_of=retry_of,
        sprint_run_id=run.id,
    )
    job = submit.fitted(job, submit.resolved(job, None, product, installation))
    tx.jobs.add(job)
    submit.tell_queued(tx, job, actor.name, sprint=sprint.code, title=sprint.goal)


def lane(run: SprintRun) -> str:
    """One for the whole run, whatever repositories it works in: a single order. A run that goes on from this one has
    the same branch, and so the same lane.
    """
    return f"sprint {run.branch}"
