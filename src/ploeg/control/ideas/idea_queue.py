"""Queueing the jobs of ideas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ploeg.control import find
from ploeg.control.docs.text import optional_prose
from ploeg.control.find import Need
from ploeg.control.installation import Installation
from ploeg.control.products import layers
from ploeg.control.queue import submit
from ploeg.control.queue.submit import Wish
from ploeg.control.work import job_events
from ploeg.domain.access import Principal
from ploeg.domain.chat import Channel
from ploeg.domain.config import MECHANICAL, resolve
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.idea import Idea
from ploeg.domain.idea_step import Step
from ploeg.domain.ids import JobId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.kinds import kind_named
from ploeg.domain.product import Product
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A job for an idea, all decided."""

    kind: str
    runtime: str
    overrides: Mapping[str, Any]
    labels: tuple[str, ...] = ()
    rank: int = 0
    instruction: str | None = None
    key: str | None = None


def requested(actor: Principal, installation: Installation, product: Product, kind: str, wish: Wish) -> Request:
    """What somebody wishes, checked, with the runtime that follows from it."""
    layer = layers.checked(wish.config)
    config = resolve(kind_named(kind), job=layer, product=product.config, installation=installation.config)
    return Request(
        kind=kind,
        runtime=_thinking(config.runtime, product),
        overrides=layer.as_dict(),
        labels=layers.labels("labels", (*wish.labels, *config.required_labels)),
        rank=submit.checked_rank(wish.rank),
        instruction=optional_prose("instruction", wish.instruction),
        key=wish.key,
    )


def _thinking(found: str, product: Product) -> str:
    if found == MECHANICAL:
        remedy = (
            "it works without a model, and this takes thought; name another, e.g. `--runtime claude`, "
            f"or one for all jobs with `ploeg product edit {product.code} --runtime claude`"
        )
        raise Invalid("runtime", found, remedy)
    return found


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
