"""A push that met changes which go against its own: the agent solves that, people are asked, or the job fails."""

from __future__ import annotations

from datetime import timedelta

from ploeg.control.docs.text import kept_json
from ploeg.control.work import parking
from ploeg.domain.attempt import Attempt, Outcome
from ploeg.domain.config import MECHANICAL
from ploeg.domain.ids import QuestionId
from ploeg.domain.job import Job
from ploeg.domain.question import QUESTION_MAX, Question
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

#: Rounds that an agent gets by itself.
ROUNDS = 1
DEADLINE = timedelta(days=7)
OPTIONS = (
    "Put your work on top of theirs and keep both.",
    "Theirs stands: keep of your work only what does not go against it.",
)


def solves_left(tx: Transaction, job: Job, attempt: Attempt, outcome: Outcome) -> int:
    """How many times its agent may still go on by itself; none of an agent that only carries out its plan."""
    if outcome is not Outcome.PUSH_CONFLICT or _wish(attempt) != "solve" or attempt.runtime == MECHANICAL:
        return 0
    earlier = (each for each in tx.attempts.of_job(job.id) if each.id != attempt.id)
    return ROUNDS - sum(each.outcome is Outcome.PUSH_CONFLICT for each in earlier)


def asks_people(job: Job, attempt: Attempt, outcome: Outcome) -> bool:
    """A sprint's run pauses by itself when a job of it meets a conflict; only a job that is alone asks."""
    asked = outcome is Outcome.PUSH_CONFLICT and _wish(attempt) in {"solve", "ask"}
    return asked and attempt.runtime != MECHANICAL and job.story_id is not None and job.sprint_run_id is None


def ask(tx: Transaction, job: Job, attempt: Attempt, reason: str) -> Question:
    """The question that the job is parked on; its answer goes to the agent, which goes on from there."""
    question = Question(
        id=QuestionId(new_id("que")),
        number=tx.questions.next_number(),
        product_id=job.product_id,
        story_id=job.story_id,
        task_id=job.task_id,
        job_id=job.id,
        attempt_id=attempt.id,
        question=kept_json(f"{reason}\n\nHow should the agent bring the two together?")[:QUESTION_MAX],
        options=OPTIONS,
        recommended=1,
        asked_at=tx.now,
        expires_at=tx.now + DEADLINE,
    ).ready_to_ask()
    tx.questions.add(question)
    parking.tell(tx, question, "server")
    return question


def how_to_solve(job: Job) -> str:
    """The refusal that the agent goes on from."""
    order = f"Put your commits on top of `origin/{job.branch}` with git"
    if job.catches_up:
        order = "Merge the default branch of `origin` into this one with git"
    return f"{job.reason}\n{order}, keep what others changed there, see that everything still works, and commit."


def _wish(attempt: Attempt) -> str:
    wish: str = attempt.frozen.get("config", {}).get("on_conflict", "fail")
    return wish
