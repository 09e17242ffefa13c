"""Waiting for people's answers to an agent's questions, and parking its job when they take longer than it may wait."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from ploeg.domain.errors import Conflict, Unavailable
from ploeg.wire.work import AnswerRequest
from ploeg.worker.insist import insist
from ploeg.worker.live import LiveAttempt

logger = logging.getLogger(__name__)

#: Seconds that one request for an answer is held.
HELD = 30.0
#: Seconds that an answer may be out of reach because the server is away.
PATIENCE = 30.0

LATER = (
    "go on, and look for the answer later with get_question_answer; when nothing is left to do without it, ask the "
    "same again with wait_seconds=600"
)

TAKEN = "nobody answered by the deadline, so the option that you recommended is taken"


class Questions:
    """Those of one attempt's agent."""

    def __init__(self, live: LiveAttempt) -> None:
        self._live = live
        #: Set when the job is parked: the agent was told to end its session.
        self.parked = asyncio.Event()
        #: The codes of the questions that it is parked on.
        self.on: list[str] = []

    def refuse_when_parked(self) -> None:
        if self.parked.is_set():
            raise Conflict(f"this job is parked until {self._asked} is answered; end the session now")

    async def answered(self, asked: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The question with its answer; without one in time the job is parked, and the agent is told to stop."""
        if seconds == 0:
            return asked | {"advice": LATER}
        state = await self._wait(asked, seconds)
        if state.get("answer") is not None:
            taken = {"advice": TAKEN} if state["status"] == "expired" else {}
            return state | taken | {"next_action": "continue"}
        if state["status"] == "cancelled":
            return state | {"next_action": "continue", "advice": "nobody will answer it; do not guess"}
        return state | {"next_action": "stop", "advice": self._park(state["code"])}

    @property
    def reason(self) -> str | None:
        """Why the job is parked; None when it is not."""
        return f"an answer to {self._asked}" if self.on else None

    async def _wait(self, asked: dict[str, Any], seconds: float) -> dict[str, Any]:
        began = time.monotonic()
        state = asked
        while state["status"] == "open" and (left := seconds - (time.monotonic() - began)) > 0:
            request = AnswerRequest(question_id=asked["id"], wait_seconds=min(left, HELD))
            try:
                state = await self._look(request)
            except Unavailable as error:
                logger.warning("no answer can be fetched: %s", error, extra={"action": "answer_out_of_reach"})
                break
        return state

    async def _look(self, request: AnswerRequest) -> dict[str, Any]:
        attempt_id = self._live.assignment.attempt_id
        reply = await insist(lambda: self._live.bench.client.answer(attempt_id, request), seconds=PATIENCE)
        if reply.result is None:
            raise Conflict(reply.error or "the server knows nothing of that question")
        return reply.result

    def _park(self, code: str) -> str:
        self.on.append(code)
        self._live.note("parked", question=code)
        self.parked.set()
        return (
            f"Nobody has answered {code} yet, so this job is parked: end your session now, without another tool call "
            "and without closing the job. You will go on here, with the answer, as soon as there is one."
        )

    @property
    def _asked(self) -> str:
        return " and ".join(self.on)
