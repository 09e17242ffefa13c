"""The worker's own small door: its health and its metrics, and nothing else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import msgspec

from ploeg import __version__
from ploeg.domain.errors import Invalid
from ploeg.wire import metrics
from ploeg.worker.vitals import Vitals

#: Seconds that a request may still take when the worker ends.
CLOSING = 1

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
Answer = tuple[int, str, bytes]


@asynccontextmanager
async def listening(address: str, vitals: Vitals) -> AsyncIterator[None]:
    """Answers on `host:port` while it is entered; on nothing where the address is empty. Raises `Invalid`."""
    if not address:
        yield
        return
    # For those who listen alone: it is a fifth of an idle worker's memory.
    import uvicorn

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(
        Door(vitals),
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=CLOSING,
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=[_listen(address)]), name="listener")
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.wait({serving}, timeout=CLOSING * 3)
        serving.cancel()


class Door:
    """The application behind it."""

    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        status, media_type, body = self._answer(scope["method"], scope["path"])
        headers = [(b"content-type", media_type.encode()), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, method: str, path: str) -> Answer:
        if method not in {"GET", "HEAD"}:
            return 405, "text/plain", b"only GET\n"
        if path == "/metrics":
            return 200, metrics.MEDIA_TYPE, metrics.text(self._vitals.readings())
        health = self._vitals.health()
        well = {"/health": health.well, "/health/live": health.live, "/health/ready": health.ready}
        if path not in well:
            return 404, "text/plain", b"/health, /health/live, /health/ready or /metrics\n"
        body = {"status": health.status, "version": __version__, "live": health.live, "ready": health.ready}
        return 200 if well[path] else 503, "application/json", msgspec.json.encode(body | {"reasons": health.reasons})


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise Invalid("worker_listen", address, "write a host and a port, e.g. 127.0.0.1:7461")
    try:
        return socket.create_server((host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise Invalid("worker_listen", address, f"cannot be listened on: {error}") from None
