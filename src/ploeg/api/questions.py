"""Questions of agents: listed, answered, withdrawn."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from ploeg.api.access import Caller, Plane
from ploeg.control.plane import ControlPlane
from ploeg.control.questions import questions
from ploeg.control.questions.questions import QuestionLine
from ploeg.domain.question import Question
from ploeg.wire.questions import AnswerIn, QuestionOut, QuestionsOut

router = APIRouter(prefix="/questions", tags=["questions"])


@router.get("")
async def list_questions(
    plane: Plane,
    caller: Caller,
    status: Annotated[list[str] | None, Query()] = None,
    product: str | None = None,
    story: str | None = None,
    idea: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> QuestionsOut:
    """Questions of agents, the newest first."""
    lines = await plane.read(
        questions.listed,
        caller,
        statuses=status or (),
        product=product,
        story=story,
        idea=idea,
        limit=limit,
        before=before,
    )
    more = lines[-1].question.number if len(lines) == limit else None
    return QuestionsOut(items=[question_out(line) for line in lines], next_before=more)


@router.get("/{question}")
async def show_question(plane: Plane, caller: Caller, question: str) -> QuestionOut:
    """One question, and what has come of it."""
    return question_out(await plane.read(questions.shown, caller, question))


@router.post("/{question}/answer")
async def answer_question(plane: Plane, caller: Caller, question: str, given: AnswerIn) -> QuestionOut:
    """Answers a question. A job that is parked on it goes on at once."""
    return await _shown(plane, await plane.write(questions.answer, caller, question, given.answer))


@router.post("/{question}/cancellation")
async def cancel_question(plane: Plane, caller: Caller, question: str) -> QuestionOut:
    """Withdraws a question: its agent is told that no answer will come."""
    return await _shown(plane, await plane.write(questions.cancel, caller, question))


async def _shown(plane: ControlPlane, question: Question) -> QuestionOut:
    """Shows a question to whoever just decided it."""
    return question_out(await plane.read(questions.line, question))


def question_out(line: QuestionLine) -> QuestionOut:
    """A question with codes and names."""
    same = "id code number status product_id question recommended on_expiry asked_at expires_at answer answered_at"
    return QuestionOut(
        **{name: getattr(line.question, name) for name in same.split()},
        options=list(line.question.options),
        product=line.product,
        story=line.story,
        idea=line.idea,
        task=line.task,
        job=line.job,
        answered_by=line.answered_by,
    )
