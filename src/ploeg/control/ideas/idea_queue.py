"""Queueing the jobs of ideas."""

from __future__ import annotations

from ploeg.control import find
from ploeg.control.find import Need
from ploeg.control.queue import submit
from ploeg.control.queue.thought import Request
from ploeg.control.work import job_events
from ploeg.domain.access import Principal
from ploeg.domain.chat import Channel
from ploeg.domain.errors import Conflict
from ploeg.domain.idea import Idea
from ploeg.domain.idea_step import Step
from ploeg.domain.ids import JobId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.product import Product
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction


def product_for(tx: Transaction, actor: Principal, idea: Idea) -> Product:
    """The idea's product, if the actor may have jobs run for it there."""
    product_id = idea.ready_for_jobs().product_id
    assert product_id is not None, "an idea that is ready has a product"
    return find.product(tx, actor, product_id, Need.CHANGE).ready_for_jobs()


def add(tx: Transaction, actor: Principal, idea: Idea, product: Product, request: Request, lane: str) -> Job:
    """Queues it. Jobs of one lane never overlap."""
    job = Job(
        id=JobId(new_id("job")),
        number=tx.jobs.next_number(),
        kind=request.kind,
        status=JobStatus.QUEUED,
        product_id=product.id,
        requested_by=actor.user.id,
        runtime=request.runtime,
        created_at=tx.now,
        labels=request.labels,
        lane=lane,
        rank=request.rank,
        overrides=dict(request.overrides),
        instruction=request.instruction,
        idea_id=idea.id,
        private_to=None if idea.shared else idea.user_id,
    )
    tx.jobs.add(job, request.key)
    job_events.tell(tx, job, actor.name, idea=idea.code, title=idea.title)
    return job


def refuse_second(tx: Transaction, idea: Idea) -> None:
    """One step at a time, also while a job that has written its result is not over yet."""
    steps = [job for job in tx.jobs.unfinished_of_idea(idea.id) if job.kind in set(Step)]
    if steps:
        raise Conflict(f"{idea.code} has an unfinished job already: {steps[0].code} is {steps[0].status}")


def asked_before(tx: Transaction, actor: Principal, idea: Idea, kind: str, key: str | None) -> Job | None:
    """The job of that kind that the key was used for before."""
    earlier = submit.asked_before(tx, actor, key)
    if earlier is not None and (earlier.idea_id, earlier.kind) != (idea.id, kind):
        raise Conflict(f"the idempotency key was used for {earlier.code}, another job")
    return earlier


def step_lane(idea: Idea) -> str:
    return f"idea {idea.id}"


def chat_lane(idea: Idea, channel: Channel) -> str:
    """Chats go on beside the steps."""
    return f"idea {idea.id} {channel}"
