"""How long an agent is at work and silent, and whether it goes in circles, against its limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import msgspec

from ploeg.domain.attempt import Outcome, Usage
from ploeg.domain.event import AgentEvent, ToolCalled, ToolReturned
from ploeg.domain.limits import Breach, Limits, breached
from ploeg.domain.repetition import Repetition


class Watch:
    """Started with the agent. Its waits for gates and people do not count, and while a tool works it is not silent.

    `max_repeats`: how often it may go round the same calls in a row; 0 is no limit.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic, *, max_repeats: int = 0) -> None:
        self._limits = limits
        self._max_repeats = max_repeats
        self._repetition = Repetition()
        self._last_tool = ""
        self._clock = clock
        self._started = clock()
        self._heard = clock()
        #: Calls under way whose time is not the agent's own, since when there are any, and their time so far.
        self._waiting = 0
        self._waiting_since = 0.0
        self._waited = 0.0
        self._calls: set[str] = set()
        #: Calls that the worker itself is carrying out.
        self._serving = 0

    def heard(self, events: Iterable[AgentEvent]) -> None:
        """A line came, with these events in it."""
        self._heard = self._clock()
        for event in events:
            if isinstance(event, ToolCalled):
                self._calls.add(event.call_id)
                self._last_tool = event.tool
                self._repetition.heard((event.tool, hash(msgspec.json.encode(event.arguments))))
            elif isinstance(event, ToolReturned):
                self._calls.discard(event.call_id)

    @contextmanager
    def serving(self, *, waiting: bool = False) -> Iterator[None]:
        """While the worker carries out a call of the agent; `waiting`: this is none of the agent's own time."""
        self._serving += 1
        self._wait(waiting)
        try:
            yield
        finally:
            self._serving -= 1
            self._heard = self._clock()
            self._wait(-waiting)

    @property
    def silent(self) -> float:
        return 0.0 if self._calls or self._serving else self._clock() - self._heard

    @property
    def elapsed(self) -> float:
        return self._clock() - self._started - self._waited

    def breach(self, usage: Usage) -> Breach | None:
        if self._serving:
            return None
        if self._max_repeats and self._repetition.times > self._max_repeats:
            circle = (
                f"the agent made the same calls more than {self._max_repeats} times in a row, last {self._last_tool}"
            )
            return Breach(Outcome.RUNAWAY, circle)
        return breached(self._limits, elapsed=self.elapsed, silent=self.silent, usage=usage)

    def next_look(self) -> float:
        """Seconds until a limit on time could be exceeded."""
        limits = self._limits
        left = [60.0]
        if limits.max_minutes is not None:
            left.append(limits.max_minutes * 60 - self.elapsed)
        if limits.max_silence_minutes is not None:
            left.append(limits.max_silence_minutes * 60 - self.silent)
        return max(min(left), 0.0) + 0.02

    def _wait(self, more: int) -> None:
        """Calls that overlap count once."""
        now = self._clock()
        if self._waiting:
            self._waited += now - self._waiting_since
        self._waiting += more
        self._waiting_since = now
