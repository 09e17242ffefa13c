"""An attempt whose agent calls tools, through the door that its worker takes."""

from __future__ import annotations

from typing import Any

from ploeg.control.work import calls
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import ToolCall
from tests.control.house import SHA, Hand, House

COLOURS = ["red", "blue"]


class Agent:
    """It takes the job that must be there, and starts."""

    def __init__(self, house: House, hand: Hand) -> None:
        self.house = house
        self.hand = hand
        self.work: Assignment = hand.take()
        hand.beat(self.work, agent_started=True, session_id="the-session")
        self._calls = 0

    def ask_for(self, tool: str, call_id: str | None = None, **arguments: Any) -> tuple[dict[str, Any], str | None]:
        """The result and the refusal, one of which is there."""
        self._calls += 1
        request = ToolCall(call_id=call_id or f"call-{self._calls}", tool=tool, arguments=arguments)
        reply = self.house.write(calls.call, self.hand.actor, self.house.installation, self.work.attempt_id, request)
        return reply.result or {}, reply.error

    def call(self, tool: str, call_id: str | None = None, **arguments: Any) -> dict[str, Any]:
        """The result; `AssertionError` with the refusal."""
        result, error = self.ask_for(tool, call_id, **arguments)
        assert error is None, error
        assert result
        return result

    def refused(self, tool: str, **arguments: Any) -> str:
        _, error = self.ask_for(tool, **arguments)
        assert error is not None
        return error

    def end(self, outcome: str = "done", **said: Any) -> str:
        """The job's status after it."""
        return self.hand.finish(self.work, outcome, **said).job_status


class TaskAgent(Agent):
    """Works on a task."""

    def __init__(self, house: House, hand: Hand) -> None:
        super().__init__(house, hand)
        assert self.work.story is not None
        self.story = self.work.story.code

    def ask(self, question: str = "Which colour?", **more: Any) -> str:
        given = {"story_id": self.story, "question": question, "options": COLOURS, "recommended": 2, **more}
        return str(self.call("ask_user_question", **given)["code"])

    def park(self) -> str:
        return self.end("waiting", reason="parked", head_sha=SHA)


class IdeaAgent(Agent):
    """Works on an idea, which it names with every call."""

    def __init__(self, house: House, hand: Hand) -> None:
        super().__init__(house, hand)
        assert self.work.idea is not None
        self.idea = self.work.idea.code

    def call(self, tool: str, call_id: str | None = None, **arguments: Any) -> dict[str, Any]:
        return super().call(tool, call_id, **{"idea_id": self.idea, **arguments})

    def ask(self, question: str = "Parcels too?") -> str:
        return str(self.call("ask_user_question", question=question, options=["yes", "no"], recommended=2)["code"])
