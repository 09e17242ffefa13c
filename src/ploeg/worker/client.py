"""The worker protocol over HTTP. Each method sends one request; who may ask again, and for how long, is the caller's.

Refusals come back as `domain.errors`. Whatever may pass by itself (no connection, a timeout, a server that is starting
or stopping) is `Unavailable`; every message may be repeated after it, since the server knows it by its key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

import httpx2
import msgspec

from ploeg import __version__
from ploeg.domain.errors import (
    Conflict,
    Denied,
    Invalid,
    NotFound,
    PloegError,
    Superseded,
    Unauthenticated,
    Unavailable,
)
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

API = "/api/v1/work"
#: Seconds for a request that the server answers at once.
TIMEOUT = 10.0
#: Seconds for a tool call: the server writes to its database and nothing else.
CALL_TIMEOUT = 30.0

R = TypeVar("R", bound=Message)

logger = logging.getLogger(__name__)


class WorkClient:
    """One worker's line to its server.

    `token_now` reads the worker's token where it is kept: asked when the server refuses the one in use, since somebody
    may have put another in its place.
    """

    def __init__(
        self,
        server_url: str,
        token: str,
        transport: httpx2.AsyncBaseTransport | None = None,
        *,
        token_now: Callable[[], str] | None = None,
    ) -> None:
        self.server_url = server_url.rstrip("/")
        #: All that were used, the one in use last. Never shown anywhere.
        self.tokens: tuple[str, ...] = (token,)
        self._token_now = token_now
        self._http = httpx2.AsyncClient(
            base_url=self.server_url + API,
            headers={"content-type": "application/json", "user-agent": f"ploeg-worker/{__version__}"},
            transport=transport,
            timeout=TIMEOUT,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def claim(self, request: ClaimRequest) -> Assignment | None:
        """A job, or None after `request.wait_seconds` without one."""
        content = await self._send("POST", "/claims", request, request.wait_seconds + TIMEOUT)
        return self._decoded(content, Assignment) if content else None

    async def hand_back(self, handback: Handback) -> HandbackReply:
        return self._decoded(await self._send("POST", "/handback", handback), HandbackReply)

    async def announce(self, presence: Presence) -> PresenceReply:
        return self._decoded(await self._send("PUT", "/presence", presence), PresenceReply)

    async def heartbeat(self, attempt_id: str, beat: Heartbeat, within: float = TIMEOUT) -> HeartbeatReply:
        content = await self._send("POST", f"/attempts/{attempt_id}/heartbeat", beat, within, attempt_id)
        return self._decoded(content, HeartbeatReply)

    async def ship(self, attempt_id: str, chunk: EventChunk) -> EventReply:
        content = await self._send("POST", f"/attempts/{attempt_id}/events", chunk, CALL_TIMEOUT, attempt_id)
        return self._decoded(content, EventReply)

    async def call(self, attempt_id: str, call: ToolCall) -> ToolReply:
        content = await self._send("POST", f"/attempts/{attempt_id}/calls", call, CALL_TIMEOUT, attempt_id)
        return self._decoded(content, ToolReply)

    async def answer(self, attempt_id: str, request: AnswerRequest) -> ToolReply:
        """A question as soon as it is decided, or as it is after `request.wait_seconds`."""
        within = request.wait_seconds + TIMEOUT
        content = await self._send("POST", f"/attempts/{attempt_id}/answers", request, within, attempt_id)
        return self._decoded(content, ToolReply)

    async def executions(self, attempt_id: str, request: ExecutionsRequest) -> ExecutionsReply:
        content = await self._send("POST", f"/attempts/{attempt_id}/executions", request, CALL_TIMEOUT, attempt_id)
        return self._decoded(content, ExecutionsReply)

    async def finish(self, attempt_id: str, report: FinishReport) -> FinishReply:
        content = await self._send("POST", f"/attempts/{attempt_id}/finish", report, CALL_TIMEOUT, attempt_id)
        return self._decoded(content, FinishReply)

    async def _send(
        self, method: str, path: str, message: Message, within: float = TIMEOUT, attempt_id: str | None = None
    ) -> bytes:
        used = self.tokens[-1]
        response = await self._ask(method, path, message, within)
        if response.status_code == httpx2.codes.UNAUTHORIZED and self._has_another_than(used):
            response = await self._ask(method, path, message, within)
        if response.is_success:
            return response.content
        raise _refusal(response, attempt_id)

    async def _ask(self, method: str, path: str, message: Message, within: float) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self.tokens[-1]}"}
        content = msgspec.json.encode(message)
        try:
            return await self._http.request(method, path, content=content, headers=headers, timeout=within)
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise Unavailable(f"no answer from {self.server_url}: {error or type(error).__name__}") from None

    def _has_another_than(self, refused: str) -> bool:
        """Whether the token in use is another now; looked up where it is kept, if it was not replaced already."""
        if self.tokens[-1] == refused and self._token_now is not None:
            try:
                token = self._token_now()
            except PloegError as error:
                logger.warning("the token is refused, and no other is there: %s", error, extra={"action": "no_token"})
                return False
            if token != refused:
                logger.info("goes on with the token that replaced its own", extra={"action": "token_replaced"})
                self.tokens = (*self.tokens, token)
        return self.tokens[-1] != refused

    def _decoded(self, content: bytes, kind: type[R]) -> R:
        try:
            return msgspec.json.decode(content, type=kind)
        except msgspec.MsgspecError as error:
            raise Unavailable(f"{self.server_url} gave an answer that is not Ploeg's: {error}") from None


def _refusal(response: httpx2.Response, attempt_id: str | None) -> PloegError:
    text = _text(response.content) or f"the server answered {response.status_code}"
    match response.status_code:
        case 401:
            return Unauthenticated(text)
        case 403:
            return Denied(text)
        case 404 if attempt_id is not None:
            return Superseded(attempt_id, text)
        case 404:
            return NotFound("address", response.url.path)
        case 409 if attempt_id is not None:
            return Superseded(attempt_id, text)
        case 409:
            return Conflict(text)
        case 429:
            return Unavailable(text)
        case code if code >= 500:
            return Unavailable(text)
        case _:
            return Invalid("request", response.url.path, text)


def _text(content: bytes) -> str | None:
    try:
        body = msgspec.json.decode(content)
    except msgspec.MsgspecError:
        return None
    error = body.get("error", body) if isinstance(body, dict) else body
    text = error.get("message") if isinstance(error, dict) else error
    return text if isinstance(text, str) else None
