"""Staying with an agent's process: its lines on to everyone who reads them, its limits, its orders, its way out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from ploeg.domain.attempt import Outcome, Usage
from ploeg.runtimes.base import Ending, Exit, Reader
from ploeg.worker.calls import Calls
from ploeg.worker.live import LiveAttempt
from ploeg.worker.shell import tail
from ploeg.worker.watch import Watch
from ploeg.workspace.keep import KeepFailed
from ploeg.workspace.lines import read_lines
from ploeg.workspace.process import Process

logger = logging.getLogger(__name__)

#: Seconds for an agent's last words after an accepted report, when its program never shows that it has finished.
LAST_WORDS = 60.0


class Attendant:
    """With one agent, once."""

    def __init__(self, live: LiveAttempt, agent: Process, reader: Reader, watch: Watch, calls: Calls) -> None:
        self._live = live
        self._agent = agent
        self._reader = reader
        self._watch = watch
        self._calls = calls
        self._finished = asyncio.Event()
        #: A limit was passed after the report or the parking: the agent goes, and that stands.
        self._enough = asyncio.Event()
        self._shown_out = False

    async def to_its_end(self) -> Ending | None:
        """How the agent ended by its runtime's word; None when it was stopped. Its whole tree is gone then."""
        async with _beside(self._obey(), self._enforce_limits(), self._see_off(), self._keep_now_and_then()):
            await self._listen()
            code = await self._agent.wait()
        stderr = tail(self._live.redactor, self._agent.stderr_tail)
        self._live.log.lines("stderr", stderr.encode().splitlines())
        self._live.note("agent_ended", code=code, shown_out=self._shown_out)
        if self._agent.excess is not None and not self._told_its_end:
            self._live.halt.call(Outcome.RUNAWAY, f"the agent was ended: {self._agent.excess}")
        if self._live.halt.breach is not None:
            return None
        finished = self._shown_out and self._reader.finished
        return self._reader.ending(Exit(code=code, killed_after_finish=finished, stderr_tail=stderr))

    async def _listen(self) -> None:
        live = self._live
        async for lines in read_lines(self._agent, live.redactor, live.bench.settings.max_line_bytes):
            live.log.lines("stdout", lines)
            events = [event for line in lines for event in self._reader.feed(line)]
            self._watch.heard(events)
            live.shipper.add(events)
            live.log.flush()
            self._take_stock()

    def _take_stock(self) -> None:
        progress, reader = self._live.progress, self._reader
        progress.usage = reader.usage if reader.usage != Usage() else progress.usage
        progress.model = reader.model or progress.model
        if reader.rate_limits:
            progress.limited(self._live.seat.runtime, reader.rate_limits)
        if reader.session_id != progress.session_id:
            progress.session_id = reader.session_id
            self._live.save()
        if reader.finished:
            self._finished.set()
        self._look_at_limits()

    def _look_at_limits(self) -> None:
        breach = self._watch.breach(self._reader.usage)
        if breach is None or self._reader.finished:
            return
        if self._told_its_end:
            self._enough.set()
        else:
            self._live.halt.call(breach.outcome, breach.reason)

    @property
    def _told_its_end(self) -> bool:
        """An accepted report or a parking stands, whatever the process does after it."""
        return self._calls.accepted is not None or self._calls.questions.parked.is_set()

    async def _enforce_limits(self) -> None:
        while True:
            await asyncio.sleep(self._watch.next_look())
            self._look_at_limits()

    async def _obey(self) -> None:
        """Whatever halts the attempt stops the agent, and quickly enough for the lease."""
        breach = await self._live.halt.wait()
        self._live.note("agent_stopped", outcome=breach.outcome, reason=breach.reason)
        await self._agent.stop(min(self._live.bench.settings.kill_grace, self._live.lease.grace))

    async def _see_off(self) -> None:
        """An agent that has finished, or reported, or was parked, and stays alive, is shown out."""
        parked, grace = self._calls.questions.parked, self._live.bench.settings.finish_grace
        await _either(self._finished, self._calls.reported, parked)
        with suppress(TimeoutError):
            last_words = grace if parked.is_set() else LAST_WORDS
            await asyncio.wait_for(_either(self._finished, self._enough), last_words)
        if self._finished.is_set():
            await asyncio.sleep(grace)
        self._shown_out = True
        await self._agent.stop(self._live.bench.settings.kill_grace)

    async def _keep_now_and_then(self) -> None:
        while self._live.works:
            await asyncio.sleep(self._live.bench.settings.keep_every_seconds)
            try:
                await self._live.keep()
            except KeepFailed as error:
                self._live.note("keep_failed", reason=str(error))


@asynccontextmanager
async def _beside(*chores: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """The chores run while the block does, and are cancelled after it. A chore that fails is logged."""
    tasks = [asyncio.create_task(chore) for chore in chores]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                logger.error("beside the agent: %r", result, extra={"action": "chore_failed"}, exc_info=result)


async def _either(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
