"""What this server has counted since it started; several servers each count their own, and Prometheus adds them up."""

from __future__ import annotations

from collections.abc import Iterable

from ploeg.domain.job import TERMINAL
from ploeg.domain.metric import Readings
from ploeg.domain.occurrence import Event
from ploeg.wire import metrics

#: Types of events that alarms are made of.
ALARMING = ("backup.failed", "backup.stale", "budget.reached", "disk.low")
_ENDS = {f"job.{status}": str(status) for status in TERMINAL}
_DIRECTIONS = ("input", "output", "cache_read", "cache_write")


class Tally:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self._counted = Readings()
        # From zero on: a counter that appears with its first count hides that one from `increase`.
        for type_ in ALARMING:
            self._counted.add(metrics.EVENTS, 0, type_)
        for status in TERMINAL:
            self._counted.add(metrics.JOBS_ENDED, 0, status)

    def saw(self, events: Iterable[Event]) -> None:
        """Counts what a transaction changed, after its commit."""
        for event in events:
            self._counted.add(metrics.EVENTS, 1, event.type)
            if event.type in _ENDS:
                self._counted.add(metrics.JOBS_ENDED, 1, _ENDS[event.type])
            elif event.type == "attempt.ended":
                self._ended(event)

    def answered(self, door: str, code: int) -> None:
        """Counts an answer over HTTP; codes by their hundreds."""
        self._counted.add(metrics.REQUESTS, 1, door, f"{code // 100}xx")

    def readings(self) -> Readings:
        return self._counted.copy()

    def _ended(self, event: Event) -> None:
        runtime, usage = str(event.data.get("runtime", "")), event.data.get("usage", {})
        self._counted.add(metrics.ATTEMPTS_ENDED, 1, str(event.data["outcome"]), runtime)
        self._counted.add(metrics.ATTEMPT_SECONDS, event.data.get("seconds", 0.0), runtime)
        for direction in _DIRECTIONS:
            self._counted.add(metrics.TOKENS, usage.get(f"{direction}_tokens", 0), direction, runtime)
        self._counted.add(metrics.COST, usage.get("cost_usd") or 0.0, runtime)
