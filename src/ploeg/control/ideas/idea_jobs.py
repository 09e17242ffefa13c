"""What takes an idea further: a step that somebody asks for, or a course that it follows by itself; and what an ended
job makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ploeg.control import find
from ploeg.control.backlog.backlog_fields import one_of
from ploeg.control.find import Need
from ploeg.control.ideas import idea_chat, idea_queue, ideas
from ploeg.control.ideas.idea_events import note, save
from ploeg.control.ideas.idea_work import locked
from ploeg.control.ideas.materialise import materialise
from ploeg.control.installation import Installation
from ploeg.control.people.people import acting_for
from ploeg.control.queue.submit import Submitted, Wish
from ploeg.control.queue.thought import Request, requested
from ploeg.control.sprints import sprints
from ploeg.domain.access import Principal
from ploeg.domain.chat import Channel
from ploeg.domain.course import Course, Move, Stop
from ploeg.domain.errors import Conflict, PloegError
from ploeg.domain.idea import Idea, IdeaLogType
from ploeg.domain.idea_step import Step, Verdict
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.product import Product
from ploeg.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOff:
    idea: Idea
    #: What was queued; None where the server did the rest by itself.
    job: Job | None


def begin(
    tx: Transaction,
    actor: Principal,
    installation: Installation,
    title: str,
    *,
    description: str | None,
    product: str | None,
    until: str | None,
    wish: Wish,
) -> SetOff:
    """A new idea, sent on its way at once where `until` says how far."""
    idea = ideas.add(tx, actor, title, description=description, product=product)
    if until is None:
        return SetOff(idea=idea, job=None)
    return set_off(tx, actor, installation, idea.id, until, wish)


def take_step(
    tx: Transaction,
    actor: Principal,
    installation: Installation,
    reference: str,
    step: Step,
    wish: Wish,
    until: str | None = None,
) -> Submitted:
    """Queues the job of one step. With `until` the idea goes on from there by itself."""
    idea = locked(tx, find.idea(tx, actor, reference, Need.CHANGE).id)
    earlier = idea_queue.asked_before(tx, actor, idea, step, wish.key)
    if earlier is not None:
        return Submitted(earlier, new=False)
    product = idea_queue.product_for(tx, actor, idea)
    course = _course(actor, installation, product, until, wish) if until is not None else None
    request = requested(actor, installation, product, step, wish)
    return Submitted(_queue(tx, actor, idea, product, step, request, course), new=True)


def set_off(
    tx: Transaction, actor: Principal, installation: Installation, reference: str, until: str, wish: Wish
) -> SetOff:
    """Sends the idea on its way from where it stands: each step that ends well queues the next, up to `until`."""
    idea = locked(tx, find.idea(tx, actor, reference, Need.CHANGE).id)
    product = idea_queue.product_for(tx, actor, idea)
    course = _course(actor, installation, product, until, wish)
    move = course.first(idea.status)
    if move in {Move.ARRIVED, Move.HALT}:
        where = "there already" if move is Move.ARRIVED else "at work"
        raise Conflict(f"{idea.code} is {idea.status}: it is {where}")
    if move.step is not None:
        request = requested(actor, installation, product, move.step, wish)
        _queue(tx, actor, idea, product, move.step, request, course)
    else:
        going = save(tx, idea, idea.evolve(course=course), actor.name, "set_off", until=course.until)
        _go(tx, actor, going, move)
    unfinished = tx.jobs.unfinished_of_idea(idea.id)
    return SetOff(idea=locked(tx, idea.id), job=unfinished[-1] if unfinished else None)


def follow(tx: Transaction, job: Job, by: str) -> None:
    """What an ended job makes of its idea, and what comes next."""
    if not job.status.terminal or job.idea_id is None:
        return
    idea = locked(tx, job.idea_id)
    channel = Channel.of_kind(job.kind)
    if channel is not None:
        idea_chat.follow(tx, idea, channel, job, by)
        return
    said = f"{job.code} is {job.status}" + (f": {job.reason}" if job.reason else "")
    note(tx, idea, IdeaLogType.JOB_EVENT, said, by, metadata={"job_id": job.id})
    failed = job.status in {JobStatus.DONE, JobStatus.FAILED}
    rested = save(tx, idea, idea.rest(Step(job.kind), failed=failed), by, "step_ended", job.id)
    if rested.course is None:
        return
    if job.status is not JobStatus.DONE:
        _halt(tx, rested, said, by)
        return
    move, why = rested.course.next(rested.status, _verdict(rested))
    if move is Move.HALT:
        _halt(tx, rested, why, by)
        return
    try:
        with tx.whole():
            _go(tx, acting_for(tx, rested.course.by), rested, move, job)
    except PloegError as refusal:
        _halt(tx, locked(tx, rested.id), str(refusal), by)


def _course(actor: Principal, installation: Installation, product: Product, until: str, wish: Wish) -> Course:
    request = requested(actor, installation, product, Step.PLAN, wish)
    judge = requested(
        actor, installation, product, Step.REVIEW, Wish(config=_for_a_judge(request.overrides, product, installation))
    )
    return Course(
        until=one_of(Stop)("until", until),
        by=actor.user.id,
        runtimes={Step.GRILL: request.runtime, Step.PLAN: request.runtime, Step.REVIEW: judge.runtime},
        reviews=installation.plan_review_rounds,
        overrides=dict(request.overrides),
        review_overrides=dict(judge.overrides),
    )


def _for_a_judge(wishes: Mapping[str, Any], product: Product, installation: Installation) -> dict[str, Any]:
    """A judge that is configured is not overruled by what was wished for the author."""
    layers = (product.config, installation.config)
    spoken_for: set[str] = set()
    if any(layer.review_runtime is not None for layer in layers):
        spoken_for = {"runtime", "model"}
    elif any(layer.review_model is not None for layer in layers):
        spoken_for = {"model"}
    return {name: value for name, value in wishes.items() if name not in spoken_for}


def _queue(
    tx: Transaction,
    actor: Principal,
    idea: Idea,
    product: Product,
    step: Step,
    request: Request,
    course: Course | None,
) -> Job:
    idea_queue.refuse_second(tx, idea)
    begun = idea.begin(step).evolve(course=course.after(step) if course is not None else None)
    job = idea_queue.add(tx, actor, idea, product, request, idea_queue.step_lane(idea))
    save(tx, idea, begun, actor.name, "step_queued", job.id)
    return job


def _go(tx: Transaction, actor: Principal, idea: Idea, move: Move, ended: Job | None = None) -> None:
    """One move on its course, and what the server does itself after it."""
    assert idea.course is not None, "it is on a course"
    if move.step is not None:
        product = idea_queue.product_for(tx, actor, idea)
        _queue(tx, actor, idea, product, move.step, _next_request(idea.course, move.step, ended), idea.course)
    elif move is Move.MATERIALISE:
        became = materialise(tx, actor, idea.id).idea
        _go(tx, actor, became, idea.course.first(became.status))
    elif move is Move.SPRINT:
        _arrive(tx, idea, actor.name, _plan_sprint(tx, actor, idea))
    else:
        _arrive(tx, idea, actor.name, f"it is {idea.status}")


def _next_request(course: Course, step: Step, ended: Job | None) -> Request:
    """The same wishes as for the job before it, where there was one."""
    return Request(
        kind=step,
        runtime=course.runtimes[step],
        overrides=course.review_overrides if step is Step.REVIEW else course.overrides,
        labels=ended.labels if ended is not None else (),
        rank=ended.rank if ended is not None else 0,
    )


def _plan_sprint(tx: Transaction, actor: Principal, idea: Idea) -> str:
    """A sprint of its own for what the idea became."""
    pbi = tx.backlog.pbi(idea.pbi_id) if idea.pbi_id is not None else None
    if pbi is None:
        raise Conflict(f"{idea.code} has become no backlog item yet")
    sprint = sprints.add(tx, actor, pbi.product_id, pbi.title, None, {})
    stories = tx.backlog.stories(pbi.product_id, pbi.id)
    sprints.plan(tx, actor, sprint.id, [story.id for story in stories])
    return f"{pbi.code} is planned in sprint {sprint.code}"


def _arrive(tx: Transaction, idea: Idea, by: str, where: str) -> None:
    note(tx, idea, IdeaLogType.NOTE, f"arrived: {where}", by)
    save(tx, idea, idea.evolve(course=None), by, "arrived")


def _halt(tx: Transaction, idea: Idea, why: str, by: str) -> None:
    """Its way ends here; a person decides how it goes on."""
    until = idea.course.until if idea.course is not None else None
    note(tx, idea, IdeaLogType.NOTE, f"stopped on its way to {until}: {why}", by)
    save(tx, idea, idea.evolve(course=None), by, "stopped", reason=why)


def _verdict(idea: Idea) -> Verdict | None:
    said = (idea.review_log or {}).get("verdict")
    return Verdict(said) if said is not None else None
