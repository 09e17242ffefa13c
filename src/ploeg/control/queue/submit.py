"""Queueing work: a task becomes a job, and an ended job is tried again as a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ploeg.control import find
from ploeg.control.backlog import dependencies
from ploeg.control.docs.text import optional_prose
from ploeg.control.find import Need
from ploeg.control.installation import Installation
from ploeg.control.products import layers
from ploeg.domain import codes
from ploeg.domain.access import Principal
from ploeg.domain.attempt import Attempt
from ploeg.domain.backlog import Task
from ploeg.domain.config import ConfigLayer, JobConfig, resolve
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.ids import JobId, SprintRunId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.kinds import KindName, kind_named
from ploeg.domain.product import Product
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

KEY_MAX = 200
RANK_MAX = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for besides the task itself."""

    instruction: str | None = None
    labels: tuple[str, ...] = ()
    #: Lower goes first.
    rank: int = 0
    #: It is not claimed earlier.
    not_before: datetime | None = None
    #: The job's layer of the config.
    config: Mapping[str, Any] = field(default_factory=dict)
    #: The same key from the same user again gets the same job.
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a job stands among the work that it must not overlap."""

    branch: str
    lane: str
    sequence: int
    #: The run that it belongs to.
    sprint_run_id: SprintRunId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """The ended job that a follow-up goes on from, and its last attempt."""

    of: JobId
    last: Attempt
    #: Its work is done: the follow-up only brings it onto what the default branch has become.
    catches_up: bool = False


@dataclass(frozen=True, slots=True)
class Submitted:
    job: Job
    #: False when the key had been used before: nothing was queued.
    new: bool


def run_task(tx: Transaction, actor: Principal, installation: Installation, reference: str, wish: Wish) -> Submitted:
    """Queues a job for that task; `Conflict` if it has an unfinished one or is not ready for work."""
    task = find.task(tx, actor, reference, Need.CHANGE)
    earlier = asked_before(tx, actor, wish.key)
    if earlier is not None:
        if earlier.task_id != task.id:
            raise Conflict(f"the idempotency key was used for {earlier.code}, a job of another task")
        return Submitted(earlier, new=False)
    return Submitted(enqueue(tx, actor, installation, task, wish), new=True)


def retry(tx: Transaction, actor: Principal, installation: Installation, reference: str, wish: Wish) -> Submitted:
    """Queues a new job for the task of an ended one, with that one's wishes where `wish` is silent."""
    old = find.job(tx, actor, reference, Need.CHANGE)
    earlier = asked_before(tx, actor, wish.key)
    if earlier is not None:
        if earlier.retry_of != old.id:
            raise Conflict(f"the idempotency key was used for {earlier.code}, which is no retry of {old.code}")
        return Submitted(earlier, new=False)
    if not old.status.terminal:
        raise Conflict(f"{old.code} is {old.status}; cancel it first, or wait until it has ended")
    if old.follow_up_of is not None:
        raise Conflict(f"{old.code} follows another job up; go on from it with `ploeg job follow-up {old.code}`")
    task = tx.backlog.task(old.task_id) if old.task_id is not None else None
    if task is None and old.sprint_run_id is not None:
        raise Conflict(f"{old.code} is for a sprint's whole run; resume that with `ploeg sprint resume`")
    if old.idea_id is not None:
        raise Conflict(f"{old.code} is about an idea; take its step again, e.g. with `ploeg idea plan`, or speak again")
    if old.kind == KindName.PR_REVIEW:
        raise Conflict(f"{old.code} reviewed a pull request; ask for another review with `ploeg pr review`")
    if task is None:
        raise Conflict(f"{old.code} has no task any more; queue a new job instead")
    again = Wish(
        instruction=wish.instruction if wish.instruction is not None else old.instruction,
        labels=wish.labels or old.labels,
        rank=wish.rank or old.rank,
        not_before=wish.not_before,
        config={**old.overrides, **wish.config},
        key=wish.key,
    )
    job = enqueue(tx, actor, installation, task, again, spot=spot_of(tx, old), retry_of=old.id)
    return Submitted(job, new=True)


def spot_of(tx: Transaction, old: Job) -> Spot | None:
    """A job of a run is tried again on the run's branch, and within the run as long as that has not ended."""
    run = tx.sprints.run(old.sprint_run_id, lock=True) if old.sprint_run_id is not None else None
    if run is None or old.branch is None or old.lane is None or old.sequence is None:
        return None
    within = run.id if not run.status.terminal else None
    return Spot(branch=old.branch, lane=old.lane, sequence=old.sequence, sprint_run_id=within)


def resolved(job: Job, task: Task | None, product: Product, installation: Installation) -> JobConfig:
    """What the job would run with now."""
    return resolve(
        kind_named(job.kind),
        task=task.config if task is not None else None,
        job=ConfigLayer.of(job.overrides),
        product=product.config,
        installation=installation.config,
    )


def enqueue(
    tx: Transaction,
    actor: Principal,
    installation: Installation,
    task: Task,
    wish: Wish,
    *,
    spot: Spot | None = None,
    retry_of: JobId | None = None,
    follow: Follow | None = None,
) -> Job:
    """The task's new job, queued; `Conflict` if the task has an unfinished one or is not ready for work."""
    product = tx.products.get(task.product_id)
    assert product is not None, "a foreign key keeps the product of every task"
    product.ready_for_jobs()
    task = _held(tx, task)
    if follow is None:
        task.ready_for_a_job()
    else:
        task.ready_to_go_on()
    job = _job(tx, actor, task, wish, spot or story_spot(tx, installation, product, task)).evolve(retry_of=retry_of)
    _refuse_second(tx, task)
    job = fitted(job, resolved(job, task, product, installation))
    if follow is not None:
        resume = follow.last.done() if follow.catches_up else follow.last.left_off(job.runtime)
        job = job.evolve(follow_up_of=follow.of, catches_up=follow.catches_up, resume=resume)
    tx.jobs.add(job, wish.key)
    tell_queued(tx, job, actor.name, task=task.code, title=task.title)
    return job


def _held(tx: Transaction, found: Task) -> Task:
    """The task as it stands now that nobody else can queue, move or archive it."""
    task = tx.backlog.task(found.id, lock=True)
    assert task is not None, "tasks are never deleted"
    return task


def fitted(job: Job, config: JobConfig) -> Job:
    """The job with what its config asks of a worker."""
    return job.evolve(runtime=config.runtime, labels=tuple(dict.fromkeys((*job.labels, *config.required_labels))))


def story_spot(tx: Transaction, installation: Installation, product: Product, task: Task) -> Spot:
    """A story's tasks share a branch, and go one after another in their order."""
    story = tx.backlog.story(task.story_id)
    assert story is not None, "a foreign key keeps the story of every task"
    branch = codes.branch_for_story(installation.branch_prefix, story.code, story.id)
    siblings = [sibling.id for sibling in dependencies.story_in_work_order(tx, story)]
    return Spot(branch=branch, lane=f"{repository(product, task)} {branch}", sequence=siblings.index(task.id) + 1)


def repository(product: Product, task: Task) -> str:
    """The repository that a task works in, in one spelling."""
    return (task.repo_url or product.repo_url or "").rstrip("/").removesuffix(".git")


def _job(tx: Transaction, actor: Principal, task: Task, wish: Wish, spot: Spot) -> Job:
    return Job(
        id=JobId(new_id("job")),
        number=tx.jobs.next_number(),
        kind=KindName.TASK_IMPLEMENTATION,
        status=JobStatus.QUEUED,
        product_id=task.product_id,
        requested_by=actor.user.id,
        runtime="",
        created_at=tx.now,
        story_id=task.story_id,
        task_id=task.id,
        labels=layers.labels("labels", wish.labels),
        lane=spot.lane,
        sequence=spot.sequence,
        branch=spot.branch,
        rank=checked_rank(wish.rank),
        not_before=checked_moment(wish.not_before, tx.now),
        overrides=layers.checked(wish.config).as_dict(),
        instruction=optional_prose("instruction", wish.instruction),
        sprint_run_id=spot.sprint_run_id,
    )


def tell_queued(tx: Transaction, job: Job, actor: str, **more: Any) -> None:
    """The event that wakes a worker which fits."""
    data = {
        "code": job.code,
        "runtime": job.runtime,
        "labels": list(job.labels),
        "not_before": job.not_before,
        "resumes_on": job.resume.worker_id if job.resume is not None else None,
        **more,
    }
    tx.events.add("job.queued", product_id=job.product_id, job_id=job.id, actor=actor, data=data)


def asked_before(tx: Transaction, actor: Principal, key: str | None) -> Job | None:
    """The job that the same user got for the same key."""
    if key is None:
        return None
    if not 1 <= len(key) <= KEY_MAX or not key.isprintable():
        raise Invalid("key", key, f"use 1 to {KEY_MAX} printable characters")
    return tx.jobs.by_key(actor.user.id, key)


def _refuse_second(tx: Transaction, task: Task) -> None:
    unfinished = tx.jobs.unfinished_for_task(task.id)
    if unfinished is not None:
        raise Conflict(f"task {task.code} has an unfinished job already: {unfinished.code} is {unfinished.status}")


def checked_rank(rank: int) -> int:
    if not -RANK_MAX <= rank <= RANK_MAX:
        raise Invalid("rank", rank, f"give a number from -{RANK_MAX} to {RANK_MAX}")
    return rank


def checked_moment(moment: datetime | None, now: datetime) -> datetime | None:
    """When a job may begin: None for at once, which a moment in the past is too."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise Invalid("not_before", moment.isoformat(), "give its offset from UTC as well, e.g. +01:00 or Z")
    return moment if moment > now else None
