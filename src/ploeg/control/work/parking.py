"""A parked job and the questions that it is parked on: what each makes of the other.

Whoever decides a question or ends its attempt holds the job's row first, so that an answer and the parking that it
belongs to see each other, whichever comes first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ploeg.domain.attempt import Attempt
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.question import Question, QuestionStatus, still_asked
from ploeg.domain.retry import Decision
from ploeg.store.transaction import Transaction

#: Characters of a question that its events carry.
GIST_MAX = 200


def parked(tx: Transaction, job: Job, attempt: Attempt, decision: Decision) -> Decision:
    """The decision on an attempt that ended as `waiting`: queued at once when its answer came before its end."""
    asked = tx.questions.of_job(job.id)
    failing = next((each for each in asked if each.fails_its_job and each.attempt_id == attempt.id), None)
    if failing is not None:
        return replace(decision, status=JobStatus.FAILED, resume=False, reason=unanswered(failing))
    waited_for = still_asked(asked)
    if waited_for:
        return replace(decision, reason=f"an answer to {' and '.join(each.code for each in waited_for)}")
    return replace(decision, status=JobStatus.QUEUED) if asked else decision


def close(tx: Transaction, job: Job, actor: str) -> None:
    """An ended job needs no more answers."""
    for question in still_asked(tx.questions.of_job(job.id)):
        cancelled = question.cancel()
        tx.questions.update(cancelled)
        tell(tx, cancelled, actor)


def tell(tx: Transaction, question: Question, actor: str) -> None:
    """The event of what a question has become."""
    data: dict[str, Any] = {"code": question.code, "question": question.question[:GIST_MAX], "answer": question.answer}
    verb: str = question.status
    if question.status is QuestionStatus.OPEN:
        verb, data["expires_at"] = "asked", question.expires_at
    idea = tx.ideas.get(question.idea_id) if question.idea_id is not None else None
    private = idea is not None and not idea.shared
    tx.events.add(
        f"question.{verb}",
        product_id=None if private else question.product_id,
        user_id=idea.user_id if idea is not None and private else None,
        job_id=question.job_id,
        attempt_id=question.attempt_id,
        actor=actor,
        data=data,
    )


def unanswered(question: Question) -> str:
    return f"{question.code} was not answered by its deadline"
