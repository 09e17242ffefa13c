"""Tools about questions."""

from __future__ import annotations

import hashlib
from typing import Any

from ploeg.control import find
from ploeg.control.find import Need
from ploeg.control.questions import questions
from ploeg.control.questions.questions import Asking, QuestionLine
from ploeg.control.toolbelt.caller import AttemptCaller, Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.domain.codes import CodeKind, expect
from ploeg.domain.errors import Denied, NotFound
from ploeg.domain.ids import QuestionId
from ploeg.domain.question import Question, QuestionStatus
from ploeg.store.transaction import Transaction
from ploeg.tools.question import (
    AnswerQuestion,
    AskUserQuestion,
    CancelQuestion,
    GetQuestionAnswer,
    ListOpenQuestions,
    OpenQuestions,
    QuestionAsked,
    QuestionState,
)


def ask_user_question(tx: Transaction, caller: Caller, arguments: AskUserQuestion) -> QuestionAsked:
    """Asks. The wait is the worker's: no transaction lasts that long."""
    if not isinstance(caller, AttemptCaller):
        raise Denied("only a job's agent asks questions")
    story = caller.story(tx, arguments.story_id) if arguments.story_id is not None else None
    idea = caller.idea(tx, arguments.idea_id) if arguments.idea_id is not None else None
    task = caller.task(tx, arguments.task_id) if arguments.task_id is not None else None
    asking = Asking(
        id=_question_id(caller),
        question=arguments.question,
        story_id=story.id if story is not None else None,
        idea_id=idea.id if idea is not None else None,
        options=tuple(arguments.options),
        recommended=arguments.recommended,
        task_id=task.id if task is not None else None,
    )
    question = questions.ask(tx, caller.installation, caller.job, caller.attempt, asking)
    return QuestionAsked(**_state(questions.line(tx, question)))


def get_question_answer(tx: Transaction, caller: Caller, arguments: GetQuestionAnswer) -> QuestionState:
    return state(tx, found(tx, caller, arguments.question_id))


def list_open_questions(tx: Transaction, caller: Caller, arguments: ListOpenQuestions) -> OpenQuestions:
    if isinstance(caller, AttemptCaller):
        about = _about(tx, caller, arguments)
        asked = [each for each in tx.questions.of_job(caller.job.id) if about in {None, each.story_id, each.idea_id}]
        still = [each for each in reversed(asked) if each.status is QuestionStatus.OPEN]
        return OpenQuestions(questions=[state(tx, each) for each in still])
    open_ = [QuestionStatus.OPEN]
    lines = questions.listed(tx, caller.principal, statuses=open_, story=arguments.story_id, idea=arguments.idea_id)
    return OpenQuestions(questions=[shown(line) for line in lines])


def answer_question(tx: Transaction, caller: Caller, arguments: AnswerQuestion) -> QuestionState:
    return state(tx, questions.answer(tx, caller.principal, arguments.question_id, arguments.answer))


def cancel_question(tx: Transaction, caller: Caller, arguments: CancelQuestion) -> QuestionState:
    if isinstance(caller, AttemptCaller):
        return state(tx, questions.withdraw(tx, found(tx, caller, arguments.question_id), caller.by))
    return state(tx, questions.cancel(tx, caller.principal, arguments.question_id))


def found(tx: Transaction, caller: Caller, reference: str) -> Question:
    """A question that the caller may look at: of an attempt, one that its own job asked."""
    if not isinstance(caller, AttemptCaller):
        return find.question(tx, caller.principal, reference, Need.LOOK)
    code = expect(CodeKind.QUESTION, reference)
    for question in tx.questions.of_job(caller.job.id):
        if reference == question.id or code == question.code:
            return question
    raise NotFound("question", reference)


def _about(tx: Transaction, caller: Caller, arguments: ListOpenQuestions) -> str | None:
    if arguments.idea_id is not None:
        return caller.idea(tx, arguments.idea_id).id
    return caller.story(tx, arguments.story_id).id if arguments.story_id is not None else None


def state(tx: Transaction, question: Question) -> QuestionState:
    return shown(questions.line(tx, question))


def shown(line: QuestionLine) -> QuestionState:
    return QuestionState(**_state(line))


def _state(line: QuestionLine) -> dict[str, Any]:
    question = line.question
    same = "id code status question options recommended asked_at expires_at answer answered_at"
    return {
        **{name: getattr(question, name) for name in same.split()},
        "options": list(question.options),
        "story": line.story,
        "idea": line.idea,
        "job": line.job,
        "answered_by": line.answered_by,
    }


def _question_id(caller: AttemptCaller) -> QuestionId:
    """The same call of an attempt always asks the same question."""
    named = f"{caller.attempt.id}:{caller.call_id}".encode("utf-8", "replace")
    return QuestionId("que_" + hashlib.sha256(named).hexdigest()[:26])


HANDLERS: Handlers = {
    AskUserQuestion: ask_user_question,
    GetQuestionAnswer: get_question_answer,
    ListOpenQuestions: list_open_questions,
    AnswerQuestion: answer_question,
    CancelQuestion: cancel_question,
}
