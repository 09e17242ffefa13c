"""The far end of an attempt's tools: a real MCP server that checks arguments by the real declarations."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import mcp_types as types
import uvicorn
from mcp.server import Server, ServerRequestContext
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ploeg.domain.errors import PloegError
from ploeg.domain.kinds import KINDS, KindName
from ploeg.runtimes.base import ToolEndpoint
from ploeg.tools.registry import tool_named, tools_for

TOKEN = "the-attempts-own-bearer"


class FarEnd:
    """Answers in a thread of its own until it is left. `refusals`: tool -> what it says instead of yes."""

    def __init__(self, refusals: Mapping[str, str] | None = None, *, token: str = TOKEN) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._refusals = refusals or {}
        self._socket = socket.create_server(("127.0.0.1", 0))
        server = Server("ploeg", on_list_tools=self._list, on_call_tool=self._call)
        app = server.streamable_http_app(stateless_http=True, json_response=True)
        config = uvicorn.Config(_Bearer(app, token), lifespan="on", log_config=None, ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def endpoint(self) -> ToolEndpoint:
        return ToolEndpoint(url=f"http://127.0.0.1:{self._socket.getsockname()[1]}/mcp", token=TOKEN)

    def arguments_of(self, tool: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.calls if name == tool]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))

    async def _list(self, context: ServerRequestContext[Any], request: Any) -> types.ListToolsResult:
        offered = [
            types.Tool(name=tool.name, description=tool.description, input_schema=tool.arguments.model_json_schema())
            for tool in tools_for(KINDS[KindName.TASK_IMPLEMENTATION])
        ]
        return types.ListToolsResult(tools=offered)

    async def _call(
        self, context: ServerRequestContext[Any], request: types.CallToolRequestParams
    ) -> types.CallToolResult:
        arguments = request.arguments or {}
        self.calls.append((request.name, arguments))
        try:
            tool_named(request.name).check(arguments)
        except PloegError as error:
            return _result(str(error), refused=True)
        if refusal := self._refusals.get(request.name):
            return _result(refusal, refused=True)
        return _result(json.dumps({"ok": True}))


class _Bearer:
    """Lets through who carries the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and dict(scope["headers"]).get(b"authorization") != self._expected:
            await Response("who are you?", 401)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _result(text: str, *, refused: bool = False) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=refused)
