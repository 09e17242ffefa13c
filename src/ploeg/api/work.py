"""The worker protocol's routes: lean, because every worker calls them all the time.

Plain Starlette and msgspec; a worker's token is checked in the same transaction as its verb.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ploeg.api.doors import WORK, bearer
from ploeg.api.errors import answer, http_refusal, mistake
from ploeg.control.people import people
from ploeg.control.plane import ControlPlane
from ploeg.control.questions import answers, desk
from ploeg.control.sprints import execution_report
from ploeg.control.work import calls, chunks, presence, report
from ploeg.domain.errors import Invalid, PloegError
from ploeg.wire.assignment import Assignment
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
    Presence,
    PresenceReply,
    ToolCall,
    ToolReply,
)

M = TypeVar("M", bound=Message)
#: Carries one message out: plane, token, request, message -> reply.
Verb = Callable[[ControlPlane, str, Request, M], Awaitable[Message | None]]

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Operation:
    """One route of the protocol, for the router and for the API's description."""

    method: str
    path: str
    summary: str
    message: type[Message]
    reply: type[Message]
    verb: Verb[Any]
    #: There may be nothing to answer: 204.
    may_be_nothing: bool = False


async def _claim(plane: ControlPlane, secret: str, request: Request, message: ClaimRequest) -> Assignment | None:
    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    return await desk.next_assignment(plane, secret, message, gone)


async def _heartbeat(plane: ControlPlane, secret: str, request: Request, message: Heartbeat) -> HeartbeatReply:
    return await plane.work(secret, report.heartbeat, plane.installation, _attempt(request), message)


async def _events(plane: ControlPlane, secret: str, request: Request, message: EventChunk) -> EventReply:
    return await chunks.append(plane, secret, _attempt(request), message)


async def _call(plane: ControlPlane, secret: str, request: Request, message: ToolCall) -> ToolReply:
    return await plane.work(secret, calls.call, plane.installation, _attempt(request), message)


async def _answer(plane: ControlPlane, secret: str, request: Request, message: AnswerRequest) -> ToolReply:
    return await answers.next_answer(plane, secret, _attempt(request), message)


async def _executions(
    plane: ControlPlane, secret: str, request: Request, message: ExecutionsRequest
) -> ExecutionsReply:
    return await plane.work(secret, execution_report.record, _attempt(request), message)


async def _finish(plane: ControlPlane, secret: str, request: Request, message: FinishReport) -> FinishReply:
    attempt_id = _attempt(request)
    reply = await plane.work(secret, report.finish, plane.installation, attempt_id, message)
    if message.diff is not None:
        code, number = await plane.read(report.names, secret, attempt_id)
        await asyncio.to_thread(plane.transcripts.write_diff, code, number, message.diff)
    return reply


async def _presence(plane: ControlPlane, secret: str, _request: Request, message: Presence) -> PresenceReply:
    return await plane.work(secret, presence.show, message)


async def _handback(plane: ControlPlane, secret: str, _request: Request, message: Handback) -> HandbackReply:
    return await plane.work(secret, report.hand_back, plane.installation, message)


_ATTEMPT = f"{WORK}/attempts/{{attempt_id}}"

OPERATIONS = (
    Operation("POST", f"{WORK}/claims", "Wait for a job", ClaimRequest, Assignment, _claim, may_be_nothing=True),
    Operation("POST", f"{_ATTEMPT}/heartbeat", "Renew the lease", Heartbeat, HeartbeatReply, _heartbeat),
    Operation("POST", f"{_ATTEMPT}/events", "Send a chunk of the transcript", EventChunk, EventReply, _events),
    Operation("POST", f"{_ATTEMPT}/calls", "Call a tool for the agent", ToolCall, ToolReply, _call),
    Operation("POST", f"{_ATTEMPT}/answers", "Wait for the answer to a question", AnswerRequest, ToolReply, _answer),
    Operation(
        "POST",
        f"{_ATTEMPT}/executions",
        "Record and read the tasks of a sprint job",
        ExecutionsRequest,
        ExecutionsReply,
        _executions,
    ),
    Operation("POST", f"{_ATTEMPT}/finish", "Report the end of an attempt", FinishReport, FinishReply, _finish),
    Operation("PUT", f"{WORK}/presence", "Show the worker's state", Presence, PresenceReply, _presence),
    Operation("POST", f"{WORK}/handback", "Hand former attempts back", Handback, HandbackReply, _handback),
)


def work_app(plane: ControlPlane) -> Starlette:
    """All routes below `/api/v1/work`."""

    async def http_error(request: Request, error: Exception) -> Response:
        """A path that is not there, or a wrong method, is told to workers only."""
        assert isinstance(error, HTTPException)
        try:
            await plane.read(people.worker, bearer(request.headers))
        except PloegError as refused:
            return answer(refused)
        return http_refusal(error)

    routes = [Route(each.path, _endpoint(plane, each), methods=[each.method]) for each in OPERATIONS]
    app = Starlette(routes=routes, exception_handlers={HTTPException: http_error, Exception: mistake})
    app.router.redirect_slashes = False
    return app


def _endpoint(plane: ControlPlane, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    decoder = msgspec.json.Decoder(operation.message)

    async def endpoint(request: Request) -> Response:
        try:
            secret = bearer(request.headers)
            body = await request.body()
            try:
                message = decoder.decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                await plane.read(people.worker, secret)
                raise _unreadable(error) from None
            reply = await operation.verb(plane, secret, request, message)
        except PloegError as error:
            return answer(error)
        if reply is None:
            return Response(status_code=204)
        return Response(_encoder.encode(reply), media_type="application/json")

    return endpoint


def _attempt(request: Request) -> str:
    attempt_id: str = request.path_params["attempt_id"]
    return attempt_id


def _unreadable(error: Exception) -> Invalid:
    """msgspec says `Expected … - at `$.worker.pid``: what, and where."""
    what, _, where = str(error).partition(" - at `$")
    field = where.rstrip("`").lstrip(".")
    return Invalid(field or "body", "…", what[:1].lower() + what[1:])
