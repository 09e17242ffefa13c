"""The attempt's tools, called over MCP as any agent calls them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, METHOD_NOT_FOUND

from ploeg.patcher import speech


class Unreachable(Exception):
    """The endpoint does not answer, or not to us."""


@dataclass(frozen=True, slots=True)
class Answer:
    refused: bool
    text: str


class Tools:
    """Calls tools and says so. A refusal is an answer; silence is `Unreachable`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def call(self, tool: str, **arguments: Any) -> Answer:
        identifier = speech.tool_called(tool, arguments)
        try:
            result = await self._client.call_tool(tool, arguments)
        except MCPError as error:
            speech.tool_returned(identifier, str(error), is_error=True)
            if error.code not in {INVALID_PARAMS, METHOD_NOT_FOUND}:
                raise Unreachable(f"{tool} was not answered: {error}") from None
            return Answer(refused=True, text=str(error))
        text = "\n".join(part.text for part in result.content if part.type == "text")
        speech.tool_returned(identifier, text, is_error=bool(result.is_error))
        return Answer(refused=bool(result.is_error), text=text)


@asynccontextmanager
async def connected(url: str, token: str, *, call_limit: float) -> AsyncIterator[Tools]:
    """The tools at that endpoint; a call may take `call_limit` seconds. Raises `Unreachable`."""
    http = httpx2.AsyncClient(
        headers={"Authorization": f"Bearer {token}"},
        timeout=httpx2.Timeout(30.0, read=call_limit),
        trust_env=False,
    )
    transport = streamable_http_client(url, http_client=http, terminate_on_close=False)
    try:
        async with http, Client(transport, read_timeout_seconds=call_limit, mode="legacy") as client:
            yield Tools(client)
    except (httpx2.HTTPError, MCPError) as error:
        raise Unreachable(f"the tool endpoint does not answer: {error}") from None
    except ExceptionGroup as group:
        first: BaseException = group
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise (
            first if isinstance(first, Unreachable) else Unreachable(f"the tool endpoint broke off: {first}")
        ) from None
