"""`/mcp` as the server's doors see it: an ASGI application that loads the protocol's SDK with its first request.

The SDK takes a second and 25 MB; a server that no agent of people's asks does without.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ploeg.control.plane import ControlPlane
from ploeg.domain.errors import Invalid

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Names:
    """By which names the server may be asked. A page that had its own name rebound to this address uses another one."""

    hosts: tuple[str, ...]
    origins: tuple[str, ...]

    @classmethod
    def of(cls, host: str, public_url: str) -> Names:
        """Those of loopback, of the address listened on, and of the public URL; the port is free but in the last.

        `Invalid` if the public URL is none.
        """
        own = [*_LOOPBACK, *([f"[{host}]" if ":" in host else host] if host else [])]
        hosts = [*own, *(f"{name}:*" for name in own)]
        origins = [pattern for name in own for pattern in (f"http://{name}", f"http://{name}:*")]
        if public_url:
            public = urlsplit(public_url)
            if public.scheme not in {"http", "https"} or not public.hostname or "@" in public.netloc:
                raise Invalid("public_url", public_url, "give the whole URL, e.g. https://ploeg.example.org")
            hosts.append(public.netloc)
            origins.append(f"{public.scheme}://{public.netloc}")
        return cls(tuple(dict.fromkeys(hosts)), tuple(dict.fromkeys(origins)))


class McpEndpoint:
    """Behind the doors, which have identified the caller. Answers within `run` only."""

    def __init__(self, plane: ControlPlane, names: Names) -> None:
        self._plane = plane
        self._names = names
        self._asked = asyncio.Event()
        self._ready: asyncio.Future[StreamableHTTPSessionManager] | None = None

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """The endpoint's life; leaving it ends the calls under way."""
        self._ready = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(self._serve(self._ready), name="mcp")
        try:
            yield
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            # Stateless: no session to end, and no stream besides the answers to listen to.
            await Response(status_code=405, headers={"Allow": "POST"})(scope, receive, send)
            return
        if self._ready is None:
            raise RuntimeError("the endpoint is asked outside of its `run`")
        self._asked.set()
        manager = await asyncio.shield(self._ready)
        await manager.handle_request(scope, receive, send)

    async def _serve(self, ready: asyncio.Future[StreamableHTTPSessionManager]) -> None:
        await self._asked.wait()
        try:
            manager = await asyncio.to_thread(_manager, self._plane, self._names.hosts, self._names.origins)
        except BaseException as error:
            ready.set_exception(error)
            raise
        async with manager.run():
            ready.set_result(manager)
            await asyncio.Event().wait()


def _manager(plane: ControlPlane, hosts: Sequence[str], origins: Sequence[str]) -> StreamableHTTPSessionManager:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from mcp.server.transport_security import TransportSecuritySettings

    from ploeg.mcp.server import build

    return StreamableHTTPSessionManager(
        build(plane),
        stateless=True,
        security_settings=TransportSecuritySettings(allowed_hosts=list(hosts), allowed_origins=list(origins)),
    )
