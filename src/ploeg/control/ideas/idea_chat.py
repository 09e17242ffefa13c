"""Talking with an agent about an idea or its plan. Messages that come while it answers are the next job's."""

from __future__ import annotations

from dataclasses import dataclass

from ploeg.control import find
from ploeg.control.backlog.backlog_fields import one_of
from ploeg.control.docs.text import prose
from ploeg.control.find import Need
from ploeg.control.ideas import idea_queue
from ploeg.control.ideas.idea_events import note, tell
from ploeg.control.ideas.idea_work import locked
from ploeg.control.installation import Installation
from ploeg.control.people.people import acting_for
from ploeg.control.queue.submit import Wish
from ploeg.control.queue.thought import Request, requested
from ploeg.domain.access import Principal
from ploeg.domain.chat import MESSAGE_MAX, Channel, IdeaMessage
from ploeg.domain.errors import Conflict, Invalid, PloegError
from ploeg.domain.idea import Idea, IdeaLogType
from ploeg.domain.ids import UserId
from ploeg.domain.job import Job, JobStatus
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

#: Messages of people that may wait for an answer.
OPEN_MAX = 50
#: Messages that an agent is given to go on from.
HISTORY_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    message: IdeaMessage
    #: The job that will answer it: a new one, or one that has not begun yet. None: the one after the current one.
    job: Job | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLine:
    """A message as people look at it."""

    message: IdeaMessage
    #: None: the agent.
    author: str | None
    #: The job that answers or answered it, or that wrote it.
    job: Job | None


def say(
    tx: Transaction,
    actor: Principal,
    installation: Installation,
    reference: str,
    text: str,
    channel: str = Channel.IDEA,
    wish: Wish | None = None,
) -> Said:
    """Says something about the idea, or about its plan; an agent answers. Changes no state of the idea."""
    idea = locked(tx, find.idea(tx, actor, reference, Need.CHANGE).id)
    where = one_of(Channel)("channel", channel)
    product = idea_queue.product_for(tx, actor, idea)
    if where is Channel.PLAN and idea.plan_md is None:
        raise Conflict(f"{idea.code} has no plan yet; talk about the idea instead")
    said = prose("text", text, MESSAGE_MAX).strip()
    if not said:
        raise Invalid("text", text, "say something")
    if tx.chats.open(idea.id, where) >= OPEN_MAX:
        raise Conflict(f"{OPEN_MAX} messages wait for an answer already")
    message = _add(tx, idea, where, said, user_id=actor.user.id)
    tell(tx, idea, actor.name, "message", channel=where, number=message.number)
    unfinished = _unfinished(tx, idea, where)
    if unfinished is not None:
        return Said(message=message, job=None if unfinished.attempts else unfinished)
    request = requested(actor, installation, product, where.kind, wish or Wish())
    job = idea_queue.add(tx, actor, idea, product, request, idea_queue.chat_lane(idea, where))
    return Said(message=message, job=job)


def messages(
    tx: Transaction, actor: Principal, reference: str, channel: str = Channel.IDEA, limit: int = 200
) -> list[MessageLine]:
    """What was said, oldest first."""
    idea = find.idea(tx, actor, reference)
    where = one_of(Channel)("channel", channel)
    return [line(tx, message) for message in tx.chats.messages(idea.id, where, limit)]


def line(tx: Transaction, message: IdeaMessage) -> MessageLine:
    user = tx.people.user(message.user_id) if message.user_id is not None else None
    job = tx.jobs.get(message.job_id) if message.job_id is not None else None
    return MessageLine(message=message, author=user.username if user is not None else None, job=job)


def cut_off(tx: Transaction, job: Job) -> list[IdeaMessage]:
    """What a claim gives the agent: the talk so far. It answers what was open at the job's first claim, and no more."""
    channel = Channel.of_kind(job.kind)
    assert channel is not None, "only a chat has messages"
    assert job.idea_id is not None, "a chat is about an idea"
    if not tx.chats.taken_up(job.id):
        tx.chats.take_up(job.idea_id, channel, job.id)
    said = tx.chats.messages(job.idea_id, channel, HISTORY_MAX)
    return [message for message in said if message.job_id is not None]


def follow(tx: Transaction, idea: Idea, channel: Channel, job: Job, by: str) -> None:
    """A chat's job has ended: its summary is the answer. What was said meanwhile is the next one's."""
    attempt = tx.attempts.get(job.attempt_id) if job.attempt_id is not None else None
    if job.status is JobStatus.DONE and attempt is not None and attempt.summary:
        answer = _add(tx, idea, channel, attempt.summary, job=job)
        tell(tx, idea, by, "message", job.id, channel=channel, number=answer.number)
    if job.attempts == 0:
        # It never began: what it was to answer stays without one until somebody speaks again.
        tx.chats.take_up(idea.id, channel, job.id)
    elif tx.chats.open(idea.id, channel):
        _answer_the_rest(tx, idea, channel, job, by)


def _answer_the_rest(tx: Transaction, idea: Idea, channel: Channel, job: Job, by: str) -> None:
    """In the name of whoever had the talk begun; who may do so no longer has to speak up again."""
    actor = acting_for(tx, job.requested_by)
    try:
        product = idea_queue.product_for(tx, actor, idea)
    except PloegError as refusal:
        note(tx, idea, IdeaLogType.JOB_EVENT, f"the talk about the {channel} stopped: {refusal}", by)
        return
    again = Request(kind=job.kind, runtime=job.runtime, overrides=job.overrides, labels=job.labels, rank=job.rank)
    idea_queue.add(tx, actor, idea, product, again, idea_queue.chat_lane(idea, channel))


def _unfinished(tx: Transaction, idea: Idea, channel: Channel) -> Job | None:
    return next((job for job in tx.jobs.unfinished_of_idea(idea.id) if job.kind == channel.kind), None)


def _add(
    tx: Transaction,
    idea: Idea,
    channel: Channel,
    text: str,
    *,
    user_id: UserId | None = None,
    job: Job | None = None,
) -> IdeaMessage:
    message = IdeaMessage(
        id=new_id("msg"),
        idea_id=idea.id,
        number=tx.chats.next_number(idea.id),
        channel=channel,
        user_id=user_id,
        text=text,
        created_at=tx.now,
        job_id=job.id if job is not None else None,
    )
    tx.chats.add(message)
    return message
