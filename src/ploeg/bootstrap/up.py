"""A server in this process, and one worker as its child: started again when it dies, gone when this process is."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable

import structlog

from ploeg.bootstrap.lifeline import lifeline, when_cut
from ploeg.bootstrap.server import running_server
from ploeg.bootstrap.signals import on_signals
from ploeg.settings import Settings
from ploeg.worker.insist import Pauses
from ploeg.workspace.process import Process, start

#: A worker that leaves this soon by itself has said why, and would say it again. Seconds.
REFUSED_WITHIN = 20.0
#: Exit codes with which a worker refuses to start.
REFUSALS = frozenset({1, 2, 3})
#: Seconds that a worker gets to stop, beyond the grace of its jobs and agents.
STOP_MARGIN = 20.0

log = structlog.get_logger("ploeg.up")


async def serve_both(settings: Settings, announce: Callable[[str], None], *, parent_fd: int | None) -> int:
    """Both until SIGTERM or SIGINT, or until the parent has gone; the exit code is the worker's where it refuses to
    start at all."""
    async with running_server(settings) as running:
        announce(running.url)
        if parent_fd is not None:
            when_cut(parent_fd, running.stop)
        with on_signals(running.stop):
            return await _keep_a_worker(settings, running.url, running.stopped)


async def _keep_a_worker(settings: Settings, url: str, stopped: asyncio.Event) -> int:
    pauses = Pauses(first=0.5, most=60.0)
    for attempt in range(sys.maxsize):
        began = time.monotonic()
        code = await _one_worker(settings, url, stopped)
        if stopped.is_set():
            return 0
        lived = time.monotonic() - began
        if attempt == 0 and code in REFUSALS and lived < REFUSED_WITHIN:
            return code
        if lived > 60.0:
            pauses.reset()
        pause = pauses.next()
        log.warning("the worker ended and is started again", code=code, in_seconds=round(pause, 1))
        await _until(stopped, pause)
    return 1


async def _one_worker(settings: Settings, url: str, stopped: asyncio.Event) -> int:
    """A worker until it ends or is to stop; its exit code, negative for the signal that ended it."""
    with lifeline() as parent:
        command = [sys.executable, "-m", "ploeg", "--home", settings.home, "--server", url]
        command += ["worker", "--slots", str(settings.slots), "--parent-fd", str(parent)]
        async with await start(
            command, cwd=settings.home_path, env=os.environ, pass_fds=(parent,), merge_stderr=True
        ) as worker:
            passing_on = asyncio.create_task(_pass_on(worker))
            ended = asyncio.create_task(worker.wait())
            told = asyncio.create_task(stopped.wait())
            await asyncio.wait({ended, told}, return_when=asyncio.FIRST_COMPLETED)
            told.cancel()
            if not ended.done():
                # Half of the grace passes before a second signal.
                await worker.stop(2 * (settings.drain_grace + settings.kill_grace + STOP_MARGIN))
            code = await ended
            await passing_on
            return code


async def _pass_on(worker: Process) -> None:
    """The worker's log, to where this process logs."""
    async for chunk in worker.chunks():
        sys.stderr.buffer.write(chunk)
        sys.stderr.buffer.flush()


async def _until(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
