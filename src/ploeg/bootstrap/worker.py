"""A worker of this machine, run until it is told to stop."""

from __future__ import annotations

import asyncio
import os

import msgspec

from ploeg.bootstrap.lifeline import when_cut
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
        when_cut(parent_fd, stop.set)
    with on_signals(stop.set):
        return await serve(
            here,
            who.token,
            environment=os.environ,
            once=once,
            stop=stop,
            token_now=lambda: sign_in(here, "worker_token").token,
        )
