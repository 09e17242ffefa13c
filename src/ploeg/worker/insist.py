"""Asking again after a failure that may pass, with growing pauses, so that a server may be away for a while."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ploeg.domain.errors import Unavailable

logger = logging.getLogger(__name__)

T = TypeVar("T")


#: A server that comes back leaves everybody's attempts alone for the time of one renewal; whoever holds one asks more
#: often than that.
TIMES_IN_A_RENEWAL = 3


class Pauses:
    """Pauses that double from `first` to `most` seconds; each loses up to half of its length at random."""

    def __init__(self, first: float = 0.2, most: float = 15.0) -> None:
        self._first = first
        self._most = most
        self._next = first

    @classmethod
    def within(cls, renew_seconds: float) -> Pauses:
        """Of whoever holds an attempt whose lease is to be renewed that often."""
        most = renew_seconds / TIMES_IN_A_RENEWAL
        return cls(first=min(0.2, most), most=most)

    def next(self) -> float:
        pause, self._next = self._next, min(self._next * 2, self._most)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret

    def reset(self) -> None:
        self._next = self._first


async def insist(ask: Callable[[], Awaitable[T]], *, seconds: float | None = None, pauses: Pauses | None = None) -> T:
    """The first answer. `Unavailable` is asked again until `seconds` have passed (None: for ever), then raised.

    What is asked must be safe to ask twice: the answer may be lost after the server has acted.
    """
    pauses = pauses or Pauses()
    started = time.monotonic()
    while True:
        try:
            return await ask()
        except Unavailable as error:
            pause = pauses.next()
            if seconds is not None and time.monotonic() + pause - started > seconds:
                raise
            logger.debug("asking again in %.1f s: %s", pause, error, extra={"action": "ask_again"})
        await asyncio.sleep(pause)
