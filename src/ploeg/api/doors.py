"""What stands before every route: which paths are open, who may pass the others, and how much a request may carry.

Deny by default: a path that is not listed here needs a person's token before anything is looked up for it.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ploeg.api.errors import answer, refusal
from ploeg.control.plane import ControlPlane
from ploeg.domain.errors import PloegError, Unauthenticated

ROOT = "/api/v1"
WORK = f"{ROOT}/work"
MCP = "/mcp"
#: They say what Ploeg is and how its API looks, the same to everybody, and nothing of what it holds.
OPEN = frozenset({"/", "/health", "/health/live", "/health/ready", f"{ROOT}/openapi.json", f"{ROOT}/docs"})
METRICS = "/metrics"
#: Webhooks of forges, each of which is signed.
HOOKS = f"{ROOT}/hooks/"

BODY_MAX = 1024 * 1024
WORK_BODY_MAX = 32 * 1024 * 1024
IMPORT_BODY_MAX = 16 * 1024 * 1024

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
)


class Doors:
    """The outermost application. Workers' routes check their token themselves, in the transaction of their verb."""

    def __init__(
        self,
        plane: ControlPlane,
        people: ASGIApp,
        work: ASGIApp,
        mcp: ASGIApp | None = None,
        hooks: ASGIApp | None = None,
    ) -> None:
        self._plane = plane
        self._people = people
        self._work = work
        self._mcp = mcp if mcp is not None else people
        self._hooks = hooks if hooks is not None else people

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._people(scope, receive, send)
            return
        path = scope["path"]
        at_work, told = path == WORK or path.startswith(f"{WORK}/"), path.startswith(HOOKS)
        send = self._counted(send, "work" if at_work else "mcp" if path == MCP else "hooks" if told else "people")
        limit = WORK_BODY_MAX if at_work else IMPORT_BODY_MAX if _imports(path) else BODY_MAX
        if _announced_length(scope) > limit:
            await refusal(413, "too_large", f"a request may carry at most {limit} bytes")(scope, receive, send)
            return
        receive = _limited(receive, limit)
        if at_work:
            await self._work(scope, receive, send)
            return
        if told:
            await self._hooks(scope, receive, _guarded(send))
            return
        try:
            if path not in OPEN and not self._open_metrics(path):
                secret = bearer(Headers(scope=scope))
                scope["ploeg.secret"] = secret
                scope["ploeg.caller"] = await self._plane.identify(secret)
        except PloegError as error:
            await answer(error)(scope, receive, send)
            return
        app = self._mcp if path == MCP else self._people
        await app(scope, receive, _guarded(send))

    def _counted(self, send: Send, door: str) -> Send:
        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._plane.tally.answered(door, message["status"])
            await send(message)

        return counting

    def _open_metrics(self, path: str) -> bool:
        return path == METRICS and self._plane.installation.metrics == "open"


def bearer(headers: Headers) -> str:
    """The token that the request carries; `Unauthenticated` if it carries none."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthenticated("this needs a token: send «Authorization: Bearer …»")
    return secret.strip()


def _announced_length(scope: Scope) -> int:
    announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(announced) if announced.isdigit() else 0


def _limited(receive: Receive, limit: int) -> Receive:
    """For a body that comes in chunks without its length: what is over the limit ends the request."""
    received = 0

    async def counting() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise HTTPException(413, f"a request may carry at most {limit} bytes")
        return message

    return counting


def _guarded(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *(pair for pair in _HEADERS if pair[0] not in present)]
        await send(message)

    return with_headers


def _imports(path: str) -> bool:
    """Whole folders come in there."""
    return path.startswith(f"{ROOT}/products/") and path.endswith("/imports")
