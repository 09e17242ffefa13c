"""How this worker is, for whoever asks it on its own listener."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ploeg import __version__
from ploeg.domain.attempt import Outcome
from ploeg.domain.health import Health
from ploeg.domain.metric import Readings
from ploeg.domain.worker import WorkerState
from ploeg.wire import metrics
from ploeg.wire.work import Presence

#: Somebody must act before it works again.
NEEDS_SOMEBODY = frozenset({WorkerState.SIGN_IN_NEEDED, WorkerState.UNHEALTHY})
LEAVING = frozenset({WorkerState.DRAINING, WorkerState.OFFLINE})


class Vitals:
    """`shown` gives what the server is told of it; None before the first word."""

    def __init__(self, slots: int, shown: Callable[[], Presence | None], started_at: datetime) -> None:
        self._slots = slots
        self._shown = shown
        self._started_at = started_at
        self._ended = Readings()
        self.running = 0
        #: Attempts that failed one after another for reasons of the worker's own.
        self.failures = 0
        #: Why the server cannot be reached, while it cannot.
        self.server_away: str | None = None

    def ended(self, outcome: Outcome, failures: int) -> None:
        self._ended.add(metrics.ENDED_HERE, 1, outcome)
        self.failures = failures

    def health(self) -> Health:
        """Not well where somebody must act; a worker that stands by, or whose server is away, goes on by itself."""
        shown = self._shown()
        if shown is None:
            return Health(status="starting", ready=False, reasons=("it has not reached its server yet",))
        state, reasons = self._state(), []
        if shown.reason is not None:
            until = f", until {shown.until.isoformat()}" if shown.until is not None else ""
            reasons.append(f"{shown.reason}{until}")
        if self.server_away is not None:
            reasons.append(f"the server is away: {self.server_away}")
        well = state not in NEEDS_SOMEBODY
        ready = well and state not in LEAVING and self.server_away is None
        return Health(status=state, well=well, ready=ready, reasons=reasons)

    def readings(self) -> Readings:
        told = self._ended.copy()
        told.set(metrics.BUILD, 1, __version__, "")
        told.set(metrics.READY, self.health().ready)
        told.set(metrics.STARTED, self._started_at.timestamp())
        for state in WorkerState:
            told.set(metrics.WORKER_STATE, state is self._state(), state)
        told.set(metrics.SLOTS, self._slots)
        told.set(metrics.RUNNING, self.running)
        told.set(metrics.FAILURES, self.failures)
        return told

    def _state(self) -> WorkerState:
        shown = self._shown()
        return WorkerState(shown.state) if shown is not None else WorkerState.IDLE
