"""A worker of this machine, run until it is told to stop."""

from __future__ import annotations

import asyncio
import os

import msgspec

from ploeg.bootstrap.signals import on_signals
from ploeg.credentials import sign_in
from ploeg.settings import Settings
from ploeg.worker.service import serve


async def serve_worker(settings: Settings, *, once: bool, parent_fd: int | None) -> int:
    """Runs a worker until SIGTERM or SIGINT, until its parent has gone, or for one job; its exit code."""
    who = sign_in(settings, "worker_token")
    here = msgspec.structs.replace(settings, server_url=who.url)
    stop = asyncio.Event()
    if parent_fd is not None:
        _when_closed(parent_fd, stop)
    with on_signals(stop.set):
        return await serve(here, who.token, environment=os.environ, once=once, stop=stop)


def _when_closed(descriptor: int, stop: asyncio.Event) -> None:
    """A parent holds the other end of this pipe and never writes: it reads to its end when the parent has gone."""
    loop = asyncio.get_running_loop()

    def gone() -> None:
        loop.remove_reader(descriptor)
        stop.set()

    os.set_inheritable(descriptor, False)
    loop.add_reader(descriptor, gone)
