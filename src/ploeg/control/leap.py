"""Noticing that time went on without this program: the machine slept, or its clock was set forward."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Seconds; less than that is no leap.
_LEAST = 5.0


class Leap:
    """By two clocks: one tells the date, the other how long this program has been awake."""

    def __init__(self, wall: Callable[[], float] = time.time, awake: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._awake = wall, awake
        self._ahead = wall() - awake()
        self._leapt_at: float | None = None

    def within(self, seconds: float) -> bool:
        """Whether there was one so many seconds ago or less, as far as was noticed by being asked."""
        ahead = self._wall() - self._awake()
        if ahead - self._ahead > _LEAST:
            self._leapt_at = self._awake()
        self._ahead = ahead
        return self._leapt_at is not None and self._awake() - self._leapt_at < seconds
