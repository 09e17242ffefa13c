"""Time that passes only when nobody has anything to do: months of waiting cost what their work costs.

Server and workers live in one event loop. Whenever that loop waits for a moment, no thread of this process and nothing
that it started is running or waiting for the disk, and no input has come, the clock leaps to that moment. While an
agent, git or the database works, it stands still. So nothing is ever late because the machine is slow.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import time_machine

#: Looks in a row at which everything must be at rest, and the seconds between them: with processes, and without any.
LOOKS, BETWEEN = 4, 0.001
LOOKS_ALONE, BETWEEN_ALONE = 3, 0.0002
_BUSY = "RDZ"


class VirtualTime:
    """The clock of this process: `time.monotonic`, the date, and the event loop go by it."""

    def __init__(self, start: datetime) -> None:
        self.start = start
        self._passed = 0.0
        self._traveller: Any = None

    def monotonic(self) -> float:
        return 1_000_000.0 + self._passed

    @property
    def days(self) -> float:
        return self._passed / 86_400

    def leap(self, seconds: float) -> None:
        self._passed += seconds
        self._traveller.shift(seconds)

    @contextmanager
    def ruling(self) -> Iterator[None]:
        """Enter it before anything of Ploeg is imported that takes a clock as a default."""
        real = time.monotonic
        with time_machine.travel(self.start, tick=False) as self._traveller:
            time.monotonic = self.monotonic
            try:
                yield
            finally:
                time.monotonic = real

    def loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop(LeapingSelector(self))


class LeapingSelector(selectors.EpollSelector):
    """Waits for input; where none can come any more, the clock leaps instead."""

    def __init__(self, clock: VirtualTime) -> None:
        super().__init__()
        self._clock = clock
        self.leaps = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        events = super().select(0)
        while not events and timeout != 0:
            events = self._at_rest()
            if events is None:
                if timeout is None:
                    events = super().select(0.05)
                    continue
                self.leaps += 1
                self._clock.leap(timeout)
                return []
        return events

    def _at_rest(self) -> list[Any] | None:
        """What came while looking; None when all is at rest."""
        looks = 0
        while True:
            events = super().select(0)
            if events:
                return events
            alone, busy = _household()
            looks = 0 if busy else looks + 1
            if looks >= (LOOKS_ALONE if alone else LOOKS):
                return None
            # Not `select`, which waits for whole milliseconds.
            time.sleep(BETWEEN_ALONE if alone else BETWEEN)


def _household() -> tuple[bool, bool]:
    """Whether this process has no children, and whether a thread or a descendant of it works."""
    me = os.getpid()
    threads = _listed(f"/proc/{me}/task")
    busy = any(_state(f"/proc/{me}/task/{thread}/stat") in _BUSY for thread in threads if int(thread) != me)
    descendants = _descendants(me)
    return not descendants, busy or any(_works(pid) for pid in descendants)


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for thread in _listed(f"/proc/{pid}/task"):
        for child in _read(f"/proc/{pid}/task/{thread}/children").split():
            found += [int(child), *_descendants(int(child))]
    return found


def _works(pid: int) -> bool:
    return any(_state(f"/proc/{pid}/task/{thread}/stat") in _BUSY for thread in _listed(f"/proc/{pid}/task"))


def _state(stat: str) -> str:
    """`S` for one that is gone."""
    return _read(stat).rpartition(")")[2].strip()[:1] or "S"


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - called thousands of times a second
    except OSError:
        return []


def _read(path: str) -> str:
    try:
        file = os.open(path, os.O_RDONLY)
        try:
            return os.read(file, 4096).decode("ascii", "replace")
        finally:
            os.close(file)
    except OSError:
        return ""
