"""Jobs as people look at them: with their codes, their attempts, and why they are where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from ploeg.control import find
from ploeg.control.installation import Installation
from ploeg.control.intake import following
from ploeg.control.intake.pull_payload import reviewed
from ploeg.control.publishing import publication
from ploeg.control.queue.queue_place import hold
from ploeg.control.queue.submit import resolved
from ploeg.control.sprints import executions
from ploeg.control.work.assignment import config_out
from ploeg.domain.access import Principal, Scope
from ploeg.domain.attempt import Attempt, Phase
from ploeg.domain.delivery import Delivery
from ploeg.domain.errors import Invalid, NotFound
from ploeg.domain.gate import Settled
from ploeg.domain.ids import JobId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.occurrence import Event
from ploeg.domain.pull import Pull
from ploeg.domain.sprint import Sprint
from ploeg.store.transaction import Transaction

HISTORY_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """A job in a list."""

    job: Job
    product: str
    story: str | None
    task: str | None
    idea: str | None
    #: Where it is a job of a sprint's run.
    sprint: str | None
    title: str
    phase: Phase | None
    retry_of: str | None
    follow_up_of: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    attempt: Attempt
    hostname: str
    #: When each phase began.
    phases: list[tuple[Phase, datetime]]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job on its own page."""

    line: JobLine
    requested_by: str
    #: Why it is still queued; None when it is not.
    waiting_for: str | None
    #: As the latest attempt froze it; before the first, as it would be now.
    config: dict[str, Any]
    attempts: list[AttemptView] = field(default_factory=list)
    #: Of a job for a whole sprint run: its tasks in their order.
    executions: list[Settled] = field(default_factory=list)
    #: What became of its branch on the forge.
    delivery: Delivery | None = None
    pull: Pull | None = None


def jobs(
    tx: Transaction,
    actor: Principal,
    *,
    product: str | None = None,
    statuses: Sequence[str] = (),
    task: str | None = None,
    story: str | None = None,
    idea: str | None = None,
    limit: int = 50,
    before: int | None = None,
) -> list[JobLine]:
    """The newest first; `before` is the number of the last job of the page before."""
    actor.require(Scope.READ)
    products = [find.product(tx, actor, product)] if product is not None else find.visible_products(tx, actor)
    found = tx.jobs.of_products(
        [visible.id for visible in products],
        statuses=[_status(status) for status in statuses] or None,
        task_id=find.task(tx, actor, task).id if task is not None else None,
        story_id=find.story(tx, actor, story).id if story is not None else None,
        idea_id=find.idea(tx, actor, idea).id if idea is not None else None,
        viewer=actor.user.id,
        limit=limit,
        before=before,
    )
    return [line(tx, job) for job in found]


def job(tx: Transaction, actor: Principal, installation: Installation, reference: str) -> JobView:
    return view(tx, installation, find.job(tx, actor, reference))


def view(tx: Transaction, installation: Installation, job: Job) -> JobView:
    """All there is to see of a job that the caller may see."""
    user = tx.people.user(job.requested_by)
    attempts = tx.attempts.of_job(job.id)
    held, delivery = hold(tx, installation, job), publication.of_job(tx, job)
    return JobView(
        line=line(tx, job),
        requested_by=user.username if user is not None else "",
        waiting_for=held.text if held is not None else None,
        config=_config(tx, installation, job, attempts),
        attempts=_attempts(tx, job, attempts),
        executions=[executions.settled(tx, each) for each in tx.sprints.executions(job.id)],
        delivery=delivery,
        pull=following.newest(tx, delivery),
    )


def history(tx: Transaction, actor: Principal, reference: str) -> list[Event]:
    """What happened to a job, oldest first."""
    found = find.job(tx, actor, reference)
    return tx.events.after(0, [found.product_id], HISTORY_MAX, job_id=found.id)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One attempt of a job."""

    job: Job
    #: None before the first.
    attempt: Attempt | None
    #: The number of the attempt after it.
    later: int | None


def attempt(tx: Transaction, actor: Principal, reference: str, number: int | None) -> Chosen:
    """A job and one of its attempts: the latest one if none is named."""
    found = find.job(tx, actor, reference)
    attempts = tx.attempts.of_job(found.id)
    if number is None:
        return Chosen(found, attempts[-1] if attempts else None, None)
    chosen = next((each for each in attempts if each.number == number), None)
    if chosen is None:
        raise NotFound("attempt", f"{number} of {found.code}")
    later = [each.number for each in attempts if each.number > number]
    return Chosen(found, chosen, min(later, default=None))


@dataclass(frozen=True, slots=True)
class JobReceipt:
    """What was verified, and by which attempt."""

    attempt: int
    receipt: dict[str, Any]


def receipt(tx: Transaction, actor: Principal, reference: str, number: int | None) -> JobReceipt:
    """That of an attempt, or of the latest one that has any."""
    found = find.job(tx, actor, reference)
    wanted = [each for each in tx.attempts.of_job(found.id) if number in {None, each.number}]
    for each in reversed(wanted):
        if each.receipt is not None:
            return JobReceipt(each.number, each.receipt)
    raise NotFound("receipt", f"of attempt {number} of {found.code}" if number is not None else f"of {found.code}")


def line(tx: Transaction, job: Job) -> JobLine:
    product = tx.products.get(job.product_id)
    story = tx.backlog.story(job.story_id) if job.story_id is not None else None
    task = tx.backlog.task(job.task_id) if job.task_id is not None else None
    idea = tx.ideas.get(job.idea_id) if job.idea_id is not None else None
    sprint = _sprint(tx, job)
    held = tx.attempts.get(job.attempt_id) if job.attempt_id is not None and job.status.active else None
    about = task or idea
    return JobLine(
        job=job,
        product=product.code if product is not None else "",
        story=story.code if story is not None else None,
        task=task.code if task is not None else None,
        idea=idea.code if idea is not None else None,
        sprint=sprint.code if sprint is not None else None,
        title=about.title if about is not None else sprint.goal if sprint is not None else _reviewed(tx, job),
        phase=held.phase if held is not None else None,
        retry_of=_code(tx, job.retry_of),
        follow_up_of=_code(tx, job.follow_up_of),
    )


def _reviewed(tx: Transaction, job: Job) -> str:
    """What a job is about that works on nothing of the backlog."""
    pull = reviewed(tx, job)
    return f"#{pull.number} {pull.title}".strip() if pull is not None else job.kind


def _sprint(tx: Transaction, job: Job) -> Sprint | None:
    run = tx.sprints.run(job.sprint_run_id) if job.sprint_run_id is not None else None
    return tx.sprints.get(run.sprint_id) if run is not None else None


def _code(tx: Transaction, job_id: JobId | None) -> str | None:
    job = tx.jobs.get(job_id) if job_id is not None else None
    return job.code if job is not None else None


def _config(tx: Transaction, installation: Installation, job: Job, attempts: Sequence[Attempt]) -> dict[str, Any]:
    if attempts:
        frozen: dict[str, Any] = attempts[-1].frozen.get("config", {})
        return frozen
    product = tx.products.get(job.product_id)
    assert product is not None, "a foreign key keeps the product of every job"
    task = tx.backlog.task(job.task_id) if job.task_id is not None else None
    would_be: dict[str, Any] = msgspec.to_builtins(config_out(resolved(job, task, product, installation)))
    return would_be


def _attempts(tx: Transaction, job: Job, attempts: Sequence[Attempt]) -> list[AttemptView]:
    if not attempts:
        return []
    phases: dict[str, list[tuple[Phase, datetime]]] = {each.id: [(Phase.PREPARE, each.claimed_at)] for each in attempts}
    for event in tx.events.after(0, [job.product_id], HISTORY_MAX, job_id=job.id):
        if event.type == "job.phase" and event.attempt_id in phases:
            phases[event.attempt_id].append((Phase(event.data["phase"]), event.at))
    hosts = {}
    for worker_id in {each.worker_id for each in attempts}:
        worker = tx.workers.get(worker_id)
        hosts[worker_id] = worker.hostname if worker is not None else ""
    return [AttemptView(attempt=each, hostname=hosts[each.worker_id], phases=phases[each.id]) for each in attempts]


def _status(name: str) -> JobStatus:
    try:
        return JobStatus(name)
    except ValueError:
        raise Invalid("status", name, f"use some of {', '.join(JobStatus)}") from None
