"""The far end of the worker protocol for tests: a server in memory that remembers what it was told and can fail."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import msgspec

from ploeg.domain.attempt import Outcome
from ploeg.domain.retry import Ended, decide
from ploeg.wire.assignment import Assignment, ExecutionOut
from ploeg.wire.message import Message
from ploeg.wire.work import (
    AnswerRequest,
    ClaimRequest,
    EventChunk,
    EventReply,
    ExecutionsReply,
    ExecutionsRequest,
    FinishReply,
    FinishReport,
    Handback,
    HandbackReply,
    Heartbeat,
    HeartbeatReply,
    Order,
    Presence,
    PresenceReply,
    StandBy,
    ToolCall,
    ToolReply,
)

#: Every wait of these tests ends here, in seconds.
PATIENCE = 10.0
WORKER_ID = "wrk_1"
QUESTION = {"id": "que_1", "code": "Q-1", "status": "open", "question": "Which colour?"}


@dataclass
class FarEnd:
    """Answers the worker; `away` cuts the line, `superseded` refuses an attempt, `orders` are given once each."""

    waiting: deque[Assignment] = field(default_factory=deque)
    claims: list[ClaimRequest] = field(default_factory=list)
    heartbeats: list[tuple[str, Heartbeat]] = field(default_factory=list)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    calls: list[ToolCall] = field(default_factory=list)
    finished: dict[str, FinishReport] = field(default_factory=dict)
    presences: list[Presence] = field(default_factory=list)
    handbacks: list[Handback] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    away: bool = False
    #: Every token; or those of `revoked_tokens` alone.
    revoked: bool = False
    revoked_tokens: set[str] = field(default_factory=set)
    superseded: set[str] = field(default_factory=set)
    orders: deque[Order] = field(default_factory=deque)
    #: Requests of these kinds are carried out, but their answer is lost, once each.
    lost_replies: list[str] = field(default_factory=list)
    lease_seconds: float = 300.0
    #: Of the server's program.
    version: str | None = None
    #: Runtimes that it gives no jobs to, told with its replies.
    stand_by: list[StandBy] = field(default_factory=list)
    #: Called with every renewal before it is answered.
    on_heartbeat: Callable[[Heartbeat], None] | None = None
    tool_error: str | None = None
    #: Of a job for a whole run, as the server would keep them.
    executions: list[ExecutionOut] = field(default_factory=list)
    #: Told by `decide`, to whoever waits for the answer to the agent's question.
    decided: dict[str, Any] = field(default_factory=dict)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _given: dict[str, Assignment | None] = field(default_factory=dict)
    _chunks: dict[str, int] = field(default_factory=dict)

    @property
    def transport(self) -> httpx2.AsyncBaseTransport:
        return httpx2.MockTransport(self._answer)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for it, looking again after every request."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(condition)

    async def offer(self, assignment: Assignment) -> None:
        self.waiting.append(assignment)
        await self._tell()

    def next_chunk(self, attempt_id: str, number: int) -> None:
        """Expect that chunk next, as after a restore."""
        self._chunks[attempt_id] = number

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        kind = request.url.path.rsplit("/", 1)[-1]
        self.requests.append(kind)
        if self.away:
            await self._tell()
            raise httpx2.ConnectError("connection refused", request=request)
        if self.revoked or request.headers["authorization"].removeprefix("Bearer ") in self.revoked_tokens:
            return _error(401, "unauthenticated", "this token was revoked")
        attempt_id = request.url.path.split("/")[-2]
        if attempt_id in self.superseded:
            await self._tell()
            return _error(409, "superseded", f"attempt {attempt_id} no longer owns its job: its lease ended")
        reply = await getattr(self, f"_{kind}")(attempt_id, request.content)
        await self._tell()
        if kind in self.lost_replies:
            self.lost_replies.remove(kind)
            raise httpx2.ReadError("connection reset", request=request)
        return httpx2.Response(200, content=msgspec.json.encode(reply)) if reply else httpx2.Response(204)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _claims(self, _: str, content: bytes) -> Message | None:
        request = msgspec.json.decode(content, type=ClaimRequest)
        self.claims.append(request)
        if request.claim_key in self._given:
            return self._given[request.claim_key]
        if not self.waiting and request.wait_seconds:
            await self._tell()
            async with self._changed:
                try:
                    await asyncio.wait_for(self._changed.wait_for(lambda: bool(self.waiting)), request.wait_seconds)
                except TimeoutError:
                    return None
        self._given[request.claim_key] = assignment = self.waiting.popleft() if self.waiting else None
        return assignment

    async def _heartbeat(self, attempt_id: str, content: bytes) -> Message:
        beat = msgspec.json.decode(content, type=Heartbeat)
        self.heartbeats.append((attempt_id, beat))
        if self.on_heartbeat is not None:
            self.on_heartbeat(beat)
        order = self.orders.popleft() if self.orders else "continue"
        return HeartbeatReply(order=order, lease_seconds=self.lease_seconds)

    async def _events(self, attempt_id: str, content: bytes) -> Message:
        chunk = msgspec.json.decode(content, type=EventChunk)
        expected = self._chunks.get(attempt_id, 0)
        if chunk.chunk == expected:
            self.events.setdefault(attempt_id, []).extend(chunk.events)
            self._chunks[attempt_id] = expected + 1
        return EventReply(next_chunk=self._chunks.get(attempt_id, 0))

    async def _calls(self, _: str, content: bytes) -> Message:
        call = msgspec.json.decode(content, type=ToolCall)
        if all(call.call_id != known.call_id for known in self.calls):
            self.calls.append(call)
        if self.tool_error:
            return ToolReply(error=self.tool_error)
        if call.tool == "update_task_execution":
            return ToolReply(result=self._settle(call.arguments))
        return ToolReply(result=dict(QUESTION) if call.tool == "ask_user_question" else {"id": "log_1"})

    async def _answers(self, _: str, content: bytes) -> Message:
        """Held until the question is decided, or for as long as the worker would wait."""
        request = msgspec.json.decode(content, type=AnswerRequest)
        await self._tell()
        async with self._changed:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait_for(lambda: bool(self.decided)), request.wait_seconds)
        return ToolReply(result=QUESTION | self.decided)

    async def decide(self, **decided: Any) -> None:
        self.decided = decided
        await self._tell()

    async def _executions(self, _: str, content: bytes) -> Message:
        verified = msgspec.json.decode(content, type=ExecutionsRequest).verified
        if verified is not None:
            execution = next(each for each in self.executions if each.id == verified.execution_id)
            execution.base_sha, execution.head_sha = verified.base_sha, verified.head_sha
            execution.coverage, execution.summary = verified.coverage, verified.summary
        return ExecutionsReply(executions=self.executions)

    def _settle(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """As a server would, but for its refusals."""
        execution = next(each for each in self.executions if each.id == arguments["execution_id"])
        execution.status, execution.skip_reason = arguments["status"], arguments.get("skip_reason")
        return {"execution_id": execution.id, "status": execution.status, "head_sha": execution.head_sha}

    async def _finish(self, attempt_id: str, content: bytes) -> Message:
        report = msgspec.json.decode(content, type=FinishReport)
        self.finished[attempt_id] = report
        decision = decide(Ended(outcome=Outcome(report.outcome), reset_at=report.reset_at), datetime.now(UTC), jitter=0)
        return FinishReply(job_status=decision.status, stand_by=self.stand_by)

    async def _handback(self, _: str, content: bytes) -> Message:
        self.handbacks.append(msgspec.json.decode(content, type=Handback))
        return HandbackReply(worker_id=WORKER_ID, handed_back=[])

    async def _presence(self, _: str, content: bytes) -> Message:
        self.presences.append(msgspec.json.decode(content, type=Presence))
        return PresenceReply(order="continue", stand_by=self.stand_by, version=self.version)


def _error(status: int, code: str, message: str) -> httpx2.Response:
    return httpx2.Response(status, json={"error": {"code": code, "message": message}})
