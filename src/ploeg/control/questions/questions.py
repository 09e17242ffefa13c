"""Questions of agents: asked by a job, decided by people or by time, and what that makes of a job parked on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ploeg.control import find
from ploeg.control.docs.text import kept_json, prose
from ploeg.control.find import Need
from ploeg.control.installation import Installation
from ploeg.control.work import job_events, parking, settle
from ploeg.domain.access import Principal, Scope
from ploeg.domain.attempt import Attempt, Outcome
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.ids import IdeaId, JobId, QuestionId, StoryId, TaskId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.question import ANSWER_MAX, Question, QuestionStatus, still_asked
from ploeg.store.transaction import Transaction

#: Questions that one job may ask in all.
ASKED_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What an agent wants to know."""

    #: The same id again asks nothing new.
    id: QuestionId
    question: str
    #: What it is about: one of the two.
    story_id: StoryId | None = None
    idea_id: IdeaId | None = None
    options: tuple[str, ...] = ()
    recommended: int | None = None
    task_id: TaskId | None = None

    def repeats(self, earlier: Question) -> bool:
        """A call that was sent again, or an agent that asks again what is open or answered."""
        alive = earlier.answerable or earlier.answer is not None
        return earlier.id == self.id or (alive and earlier.question == kept_json(self.question))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionLine:
    """A question as people look at it, with codes and names."""

    question: Question
    product: str
    story: str | None
    idea: str | None
    task: str | None
    job: str
    answered_by: str | None


def ask(tx: Transaction, installation: Installation, job: Job, attempt: Attempt, asking: Asking) -> Question:
    """The question; what the job has asked before in the same words is the same question, with its answer.

    The attempt goes on; its worker waits for the answer or parks the job.
    """
    asked = tx.questions.of_job(job.id)
    same = next((each for each in asked if asking.repeats(each)), None)
    if same is not None:
        return same
    if len(asked) >= ASKED_MAX:
        raise Conflict(f"this job has asked {ASKED_MAX} questions, and may ask no more")
    question = Question(
        id=asking.id,
        number=tx.questions.next_number(),
        product_id=job.product_id,
        story_id=asking.story_id,
        idea_id=asking.idea_id,
        task_id=asking.task_id,
        job_id=job.id,
        attempt_id=attempt.id,
        question=kept_json(asking.question),
        options=tuple(kept_json(list(asking.options))),
        recommended=asking.recommended,
        on_expiry=installation.question_on_expiry,
        asked_at=tx.now,
        expires_at=tx.now + installation.question_deadline,
    ).ready_to_ask()
    tx.questions.add(question)
    parking.tell(tx, question, f"worker:{attempt.worker_id}")
    return question


def answer(tx: Transaction, actor: Principal, reference: str, text: str) -> Question:
    """Answers it; the job that is parked on it goes on, once nothing else that it asked is undecided."""
    question, job = _held(tx, find.question(tx, actor, reference, Need.CHANGE))
    meant = question.meant(prose("answer", text, ANSWER_MAX))
    return _decided(tx, question.give(meant, actor.user.id, tx.now), job, actor.name)


def cancel(tx: Transaction, actor: Principal, reference: str) -> Question:
    """A person withdraws it: no answer will come, and the agent is told so."""
    question, job = _held(tx, find.question(tx, actor, reference, Need.CHANGE))
    return _decided(tx, question.cancel(), job, actor.name)


def withdraw(tx: Transaction, question: Question, by: str) -> Question:
    """Its asker needs no answer any more."""
    held, job = _held(tx, question)
    if held.status is not QuestionStatus.OPEN:
        raise Conflict(f"{held.code} is {held.status} already")
    return _decided(tx, held.cancel(), job, by)


def expire(tx: Transaction) -> int:
    """Ends what nobody answered in time, by the policy that each was asked under. How many there were."""
    due = tx.questions.due(tx.now)
    for found in due:
        question, job = _held(tx, found)
        if question.status is QuestionStatus.OPEN:
            _decided(tx, question.expire(tx.now), job, "server")
    return len(due)


def listed(
    tx: Transaction,
    actor: Principal,
    *,
    statuses: Sequence[str] = (),
    product: str | None = None,
    story: str | None = None,
    idea: str | None = None,
    limit: int = 50,
    before: int | None = None,
) -> list[QuestionLine]:
    """The newest first; `before` is the number of the last question of the page before."""
    actor.require(Scope.READ)
    products = [find.product(tx, actor, product)] if product is not None else find.visible_products(tx, actor)
    found = tx.questions.of_products(
        [visible.id for visible in products],
        seen_by=actor.user.id,
        statuses=[_status(status) for status in statuses] or None,
        story_id=find.story(tx, actor, story).id if story is not None else None,
        idea_id=find.idea(tx, actor, idea).id if idea is not None else None,
        limit=limit,
        before=before,
    )
    return [line(tx, question) for question in found]


def shown(tx: Transaction, actor: Principal, reference: str) -> QuestionLine:
    return line(tx, find.question(tx, actor, reference))


def line(tx: Transaction, question: Question) -> QuestionLine:
    product = tx.products.get(question.product_id)
    story = tx.backlog.story(question.story_id) if question.story_id is not None else None
    idea = tx.ideas.get(question.idea_id) if question.idea_id is not None else None
    task = tx.backlog.task(question.task_id) if question.task_id is not None else None
    user = tx.people.user(question.answered_by) if question.answered_by is not None else None
    return QuestionLine(
        question=question,
        product=product.code if product is not None else "",
        story=story.code if story is not None else None,
        idea=idea.code if idea is not None else None,
        task=task.code if task is not None else None,
        job=_job(tx, question.job_id).code,
        answered_by=user.username if user is not None else None,
    )


def _held(tx: Transaction, found: Question) -> tuple[Question, Job]:
    """The question as it stands now that nobody else can decide it, and its job."""
    job = _job(tx, found.job_id, lock=True)
    question = tx.questions.get(found.id)
    assert question is not None, "questions are never deleted"
    return question, job


def _decided(tx: Transaction, question: Question, job: Job, by: str) -> Question:
    tx.questions.update(question)
    parking.tell(tx, question, by)
    if job.status is not JobStatus.WAITING:
        return question
    if question.fails_its_job:
        _move(tx, job, JobStatus.FAILED, parking.unanswered(question), by)
    elif not still_asked(tx.questions.of_job(job.id)):
        _move(tx, job, JobStatus.QUEUED, f"{question.code} is {question.status}", by)
    return question


def _move(tx: Transaction, job: Job, status: JobStatus, reason: str, by: str) -> None:
    moved = job.settle(status, tx.now, outcome=Outcome.WAITING, reason=reason)
    tx.jobs.update(moved)
    job_events.tell(tx, moved, by)
    settle.follow(tx, moved, by)


def _job(tx: Transaction, job_id: JobId, *, lock: bool = False) -> Job:
    job = tx.jobs.get(job_id, lock=lock)
    assert job is not None, "a foreign key keeps the job of every question"
    return job


def _status(name: str) -> QuestionStatus:
    try:
        return QuestionStatus(name)
    except ValueError:
        raise Invalid("status", name, f"use some of {', '.join(QuestionStatus)}") from None
