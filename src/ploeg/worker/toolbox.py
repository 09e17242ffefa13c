"""The attempt's own MCP endpoint on loopback: exactly its kind's tools, for exactly its bearer, until it ends.

Imported with the first job, since the SDK takes a second and its memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import mcp_types as types
import uvicorn
from mcp.server import Server, ServerRequestContext
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ploeg import __version__
from ploeg.domain.errors import Conflict, PloegError
from ploeg.runtimes.base import ToolEndpoint
from ploeg.tools.declaration import Tool
from ploeg.tools.protocol import answered, declared, refused
from ploeg.tools.refusal import refusal_text
from ploeg.worker.halt import Halted

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
PATH = "/mcp"
INSTRUCTIONS = "The tools of one job. Close the job with update_job_status exactly once, as your last act."
#: Seconds for calls under way when the endpoint closes.
CLOSING = 5

#: Seconds between two signs of life of a call under way.
TELL_EVERY = 5.0

CarryOut = Callable[[Tool, Mapping[str, Any]], Awaitable[dict[str, Any]]]


class Toolbox:
    """Entered for the length of the agent phase; `endpoint` is where the agent finds it."""

    def __init__(self, tools: Sequence[Tool], carry_out: CarryOut) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._carry_out = carry_out
        self._token = secrets.token_urlsafe(32)
        self._socket = socket.create_server((HOST, 0))
        self._port = int(self._socket.getsockname()[1])
        self._under_way: set[asyncio.Future[dict[str, Any]]] = set()
        self._door = _Door(self._app(), self._token)
        self._server = _Server(
            uvicorn.Config(
                self._door,
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=CLOSING,
            )
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def endpoint(self) -> ToolEndpoint:
        return ToolEndpoint(url=f"http://{HOST}:{self._port}{PATH}", token=self._token)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]), name="toolbox")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """From here on the token opens nothing, and the calls under way end."""
        self._door.shut = True
        for call in self._under_way:
            call.cancel()
        self._server.should_exit = True
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=CLOSING * 2)
            self._task.cancel()
        self._socket.close()
        _end_watchers()

    def _app(self) -> ASGIApp:
        server: Server[Any] = Server(
            "ploeg",
            version=__version__,
            instructions=INSTRUCTIONS,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
        )
        # Answers come as an event stream and not as one JSON body: its keep-alive holds the connection while a gate
        # works for many minutes, where clients give up on an answer that has no headers after five.
        return server.streamable_http_app(
            streamable_http_path=PATH,
            stateless_http=True,
            transport_security=TransportSecuritySettings(
                allowed_hosts=[f"{HOST}:{self._port}"], allowed_origins=[f"http://{HOST}:{self._port}"]
            ),
        )

    async def _list_tools(
        self, context: ServerRequestContext[Any], params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[declared(tool) for tool in self._tools.values()])

    async def _call_tool(
        self, context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        tool = self._tools.get(params.name)
        if tool is None:
            return refused(f"there is no tool «{params.name[:80]}»; this job has {', '.join(self._tools)}")
        try:
            async with _going_on(context, tool.name):
                result = await self._carried_out(tool, params.arguments or {})
        except Halted as error:
            return refused(f"JOB_CANCELLED: this job ends now ({error}); drop the work and end the session")
        except PloegError as error:
            return refused(refusal_text(error))
        except Exception:
            logger.exception("%s failed", tool.name, extra={"action": "tool_failed", "tool": tool.name})
            return refused(f"{tool.name} failed on the worker's side; try it again")
        return answered(result)

    async def _carried_out(self, tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
        call = asyncio.ensure_future(self._carry_out(tool, arguments))
        self._under_way.add(call)
        try:
            return await call
        except asyncio.CancelledError:
            if not self._door.shut:
                raise
            raise Conflict("this job has ended; end the session") from None
        finally:
            self._under_way.discard(call)


@contextlib.asynccontextmanager
async def _going_on(context: ServerRequestContext[Any], name: str) -> AsyncIterator[None]:
    """Tells the agent's program now and then that a long call is still at work, so that it does not give it up."""

    async def tell() -> None:
        seconds = 0.0
        while True:
            await asyncio.sleep(TELL_EVERY)
            seconds += TELL_EVERY
            await context.session.report_progress(seconds, message=f"{name} has been at work for {seconds:.0f} s")

    telling = asyncio.create_task(tell(), name=f"progress of {name}")
    try:
        yield
    finally:
        telling.cancel()
        for lost in await asyncio.gather(telling, return_exceptions=True):
            if isinstance(lost, Exception):
                logger.debug("no sign of life reached the agent: %r", lost, extra={"action": "progress_lost"})


class _Server(uvicorn.Server):
    """Leaves the process's signals to the worker."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Door:
    """Lets the attempt's own agent in, as long as it is not shut, and nobody else."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()
        self.shut = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            given = dict(scope["headers"]).get(b"authorization", b"")
            if self.shut or not hmac.compare_digest(given, self._expected):
                await Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})(scope, receive, send)
                return
            if scope["method"] != "POST":
                # Stateless: there is no stream to listen to besides the answers, which would outlive the attempt.
                await Response(status_code=405, headers={"Allow": "POST"})(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _end_watchers() -> None:
    """sse-starlette leaves a task behind that looks twice a second, for ever, whether a server is to end."""
    for task in asyncio.all_tasks():
        if getattr(task.get_coro(), "__qualname__", "") == "_shutdown_watcher":
            task.cancel()
