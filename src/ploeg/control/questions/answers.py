"""Where an agent waits for an answer: a request that is held until its question is decided, or its time is up."""

from __future__ import annotations

import asyncio

from ploeg.control.people import people
from ploeg.control.plane import ControlPlane
from ploeg.control.toolbelt import question
from ploeg.control.toolbelt.caller import AttemptCaller
from ploeg.control.work import report
from ploeg.domain.errors import Invalid, NotFound
from ploeg.domain.occurrence import Event
from ploeg.store.transaction import Transaction
from ploeg.tools.question import QuestionState
from ploeg.wire.work import AnswerRequest, ToolReply

LONGEST_WAIT = 60.0
#: However quiet it is, look again after this long: another server may have taken the answer.
LOOK_AGAIN_SECONDS = 5.0


async def next_answer(plane: ControlPlane, secret: str, attempt_id: str, request: AnswerRequest) -> ToolReply:
    """The question as soon as it is decided, or as it stands when the wait is over."""
    if not 0 <= request.wait_seconds <= LONGEST_WAIT:
        raise Invalid("wait_seconds", request.wait_seconds, f"give 0 to {LONGEST_WAIT:g} seconds")
    until = asyncio.get_running_loop().time() + request.wait_seconds
    with plane.watch.subscribed() as subscription:
        while True:
            try:
                found = await plane.read(_look, plane, secret, attempt_id, request.question_id)
            except (Invalid, NotFound) as refusal:
                return ToolReply(error=str(refusal))
            if found.status != "open" or _left(until) <= 0 or plane.watch.stopping:
                return ToolReply(result=found.model_dump(mode="json", exclude_none=True))
            happened = await subscription.take(min(_left(until), LOOK_AGAIN_SECONDS))
            while happened and _left(until) > 0 and not any(_concerns(event, found) for event in happened):
                happened = await subscription.take(min(_left(until), LOOK_AGAIN_SECONDS))


def _look(tx: Transaction, plane: ControlPlane, secret: str, attempt_id: str, reference: str) -> QuestionState:
    actor = people.worker(tx, secret)
    attempt, worker = report.of_caller(tx, actor, attempt_id, lock=False)
    attempt = attempt.held_by(worker.id)
    job = tx.jobs.get(attempt.job_id)
    assert job is not None, "a foreign key keeps the job of every attempt"
    caller = AttemptCaller(actor, plane.installation, job, attempt, call_id="")
    return question.state(tx, question.found(tx, caller, reference))


def _concerns(event: Event, question: QuestionState) -> bool:
    return event.type.startswith("question.") and event.data.get("code") == question.code


def _left(until: float) -> float:
    return max(until - asyncio.get_running_loop().time(), 0.0)
