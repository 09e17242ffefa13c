"""The one signal that ends an attempt before its time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from ploeg.domain.attempt import Outcome
from ploeg.domain.limits import Breach

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: Reasons that nothing overrides: the job is no longer this attempt's, or nobody wants its result.
FINAL = frozenset({Outcome.LEASE_LOST, Outcome.CANCELLED})


class Halted(Exception):
    """The attempt was told to stop while it worked."""

    def __init__(self, breach: Breach) -> None:
        self.breach = breach
        super().__init__(breach.reason)


class Halt:
    """Called once with an outcome and a reason. The first call stands, but a lost lease stands above all."""

    def __init__(self) -> None:
        self.breach: Breach | None = None
        self._called = asyncio.Event()

    def call(self, outcome: Outcome, reason: str) -> None:
        if self.breach is None or (outcome in FINAL and self.breach.outcome is not Outcome.LEASE_LOST):
            self.breach = Breach(outcome, reason)
        self._called.set()

    async def wait(self) -> Breach:
        await self._called.wait()
        assert self.breach is not None
        return self.breach

    async def guard(self, work: Coroutine[Any, Any, T]) -> T:
        """What the work gives; `Halted` when this is called first, after the work's own clean-up."""
        task = asyncio.ensure_future(work)
        called = asyncio.ensure_future(self._called.wait())
        try:
            await asyncio.wait({task, called}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
        finally:
            called.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
                _log_failed_cleanup(task)
        assert self.breach is not None
        raise Halted(self.breach)


def _log_failed_cleanup(task: asyncio.Future[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.warning("stopping left something behind: %s", error, extra={"action": "halt_unclean"}, exc_info=error)
