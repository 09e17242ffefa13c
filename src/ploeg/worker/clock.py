"""Time as it passes for everybody, and time in which this machine was awake."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Seconds; what is shorter is no sleep.
_LEAST = 1.0
#: Linux stops its monotonic clock while the machine sleeps; macOS does not.
_PASSING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

Clock = Callable[[], float]


def passing() -> float:
    """Seconds since some moment, those included in which the machine slept; setting the date does not move it."""
    return time.clock_gettime(_PASSING)


class Sleep:
    """Notices that the machine slept, by two clocks of which one stood still."""

    def __init__(self, passing: Clock = passing, awake: Clock = time.monotonic) -> None:
        self._passing, self._awake = passing, awake
        self._slept = passing() - awake()
        self._woke_at: float | None = None

    def woke_within(self, seconds: float) -> bool:
        """Whether it woke so many seconds ago or less, as far as was noticed by being asked."""
        slept = self._passing() - self._awake()
        if slept - self._slept > _LEAST:
            self._woke_at = self._awake()
        self._slept = slept
        return self._woke_at is not None and self._awake() - self._woke_at < seconds
