"""The jobs of a sprint's run: one for each task, or one for all of them."""

from __future__ import annotations

from dataclasses import replace

from ploeg.control import submit
from ploeg.control.installation import Installation
from ploeg.control.run_plan import RunPlan
from ploeg.control.submit import Spot, Wish
from ploeg.domain.access import Principal
from ploeg.domain.backlog import TaskStatus
from ploeg.domain.job import Job
from ploeg.domain.sprint_run import SprintRun
from ploeg.store.transaction import Transaction


def queue_jobs(
    tx: Transaction, actor: Principal, installation: Installation, plan: RunPlan, run: SprintRun, wish: Wish
) -> list[Job]:
    """Queues what the run has to do, in its order."""
    places = {task.id: place for place, task in enumerate(plan.order, start=1)}
    jobs = []
    for task in plan.tasks:
        if run.branch is not None:
            spot = Spot(branch=run.branch, lane=lane(run), sequence=places[task.id], sprint_run_id=run.id)
        else:
            spot = replace(submit.story_spot(tx, installation, plan.product, task), sprint_run_id=run.id)
        jobs.append(submit.enqueue(tx, actor, installation, task, wish, spot=spot))
    return jobs


def queue_again(tx: Transaction, actor: Principal, installation: Installation, run: SprintRun, old: Job) -> Job | None:
    """Another try within the run for a job whose push met a conflict; None if it is no longer to do."""
    task = tx.backlog.task(old.task_id) if old.task_id is not None else None
    tried = any(job.retry_of == old.id for job in tx.jobs.of_run(run.id))
    if task is None or task.status is not TaskStatus.TO_DO or tried:
        return None
    wish = Wish(instruction=old.instruction, labels=old.labels, rank=old.rank, config=old.overrides)
    return submit.enqueue(tx, actor, installation, task, wish, spot=submit.spot_of(tx, old), retry_of=old.id)


def lane(run: SprintRun) -> str:
    """One for the whole run, whatever repositories it works in: a single order. A run that goes on from this one has
    the same branch, and so the same lane.
    """
    return f"sprint {run.branch}"
