"""A real server on loopback over a real store, and the protocol's official client."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import mcp_types as types
import pytest
import uvicorn
from fastapi import FastAPI
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.types import ASGIApp, Receive, Scope, Send

from ploeg.api.app import create_app
from ploeg.mcp.endpoint import McpEndpoint, Names
from tests.control.house import House, house, template

__all__ = ["house", "served", "template", "unlocked"]

PUBLIC_URL = "https://ploeg.example.org"
#: For clients on loopback; reading all certificates that there are takes each of them 65 ms.
PLAIN: dict[str, Any] = {"trust_env": False, "verify": False, "timeout": 20}


@dataclass(frozen=True)
class Served:
    house: House
    #: `http://127.0.0.1:…`, without a path.
    origin: str

    @property
    def url(self) -> str:
        return f"{self.origin}/mcp"

    @asynccontextmanager
    async def client(self, secret: str | None = None) -> AsyncIterator[Client]:
        """A client with that token; the administrator's if none is given."""
        headers = {"authorization": f"Bearer {secret or self.house.secret}"}
        async with (
            httpx2.AsyncClient(headers=headers, **PLAIN) as http,
            Client(streamable_http_client(self.url, http_client=http)) as client,
        ):
            yield client

    async def call(self, tool: str, secret: str | None = None, **arguments: Any) -> types.CallToolResult:
        async with self.client(secret) as client:
            return await client.call_tool(tool, arguments)

    async def ok(self, tool: str, secret: str | None = None, **arguments: Any) -> dict[str, Any]:
        result = await self.call(tool, secret, **arguments)
        assert not result.is_error, result.content
        structured: dict[str, Any] | None = result.structured_content
        assert structured is not None
        return structured

    async def refused(self, tool: str, secret: str | None = None, **arguments: Any) -> str:
        """What the tool says to a call that it refuses."""
        result = await self.call(tool, secret, **arguments)
        assert result.is_error, result.structured_content
        return text_of(result)

    async def post(self, body: Any, *, token: str | None = None, path: str = "/mcp", **headers: str) -> httpx2.Response:
        """A request by hand; `token` is sent as it is."""
        sent = {"accept": "application/json, text/event-stream", **{n.replace("_", "-"): v for n, v in headers.items()}}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        async with httpx2.AsyncClient(**PLAIN) as http:
            return await http.post(f"{self.origin}{path}", json=body, headers=sent)


def text_of(result: types.CallToolResult) -> str:
    return "".join(part.text for part in result.content if part.type == "text")


class _Engine(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest.fixture
async def served(house: House) -> AsyncIterator[Served]:
    async with _serving(house, lambda app: app) as served:
        yield served


@pytest.fixture
async def unlocked(house: House) -> AsyncIterator[Served]:
    """Takes every request for the administrator's, for clients that can send no token."""

    def unlock(app: ASGIApp) -> ASGIApp:
        async def with_token(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                bearer = (b"authorization", f"Bearer {house.secret}".encode())
                scope = {**scope, "headers": [*scope["headers"], bearer]}
            await app(scope, receive, send)

        return with_token

    async with _serving(house, unlock) as served:
        yield served


@asynccontextmanager
async def _serving(house: House, around: Callable[[ASGIApp], ASGIApp]) -> AsyncIterator[Served]:
    mcp = McpEndpoint(house.plane, Names.of("127.0.0.1", PUBLIC_URL))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with mcp.run():
            yield

    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    app = around(create_app(house.plane, lifespan, mcp))
    config = uvicorn.Config(app, lifespan="on", log_config=None, timeout_keep_alive=75, timeout_graceful_shutdown=5)
    engine = _Engine(config)
    serving = asyncio.create_task(engine.serve(sockets=[listener]))
    yield Served(house, f"http://127.0.0.1:{listener.getsockname()[1]}")
    engine.should_exit = True
    await asyncio.wait_for(serving, 20)
