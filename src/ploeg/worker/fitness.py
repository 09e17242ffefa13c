"""Whether what this worker takes on comes to something, or fails for reasons that are likely its own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from ploeg.domain.attempt import Outcome
from ploeg.worker.end import End
from ploeg.worker.insist import Pauses

logger = logging.getLogger(__name__)

OWN_FAILURES = frozenset({Outcome.WORKSPACE_FAILED, Outcome.AGENT_CRASHED})
#: Seconds before a worker that is not well tries the next job: doubling, with jitter.
FIRST_REST, LONGEST_REST = 10.0, 300.0
#: Seconds between two looks whether there is room on the disk again.
WHILE_FULL = 15.0
#: Characters of the last failure's reason that are told.
TOLD = 300


class Fitness:
    """After `limit` failures in a row, of more than one job, a worker is unwell: it rests before each job that it
    tries, longer each time. The first that does not fail like that makes it well again. A disk without room makes it
    unwell for as long as that lasts.

    Jobs that ended because of people, quotas or the server say nothing either way.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._jobs: set[str] = set()
        self._last = ""
        self._rests = Pauses(first=FIRST_REST, most=LONGEST_REST)
        self._tries_at = 0.0
        #: Why there is no room on the disk for a job; None while there is.
        self.full: str | None = None
        #: In a row.
        self.failures = 0

    def note(self, job_code: str, end: End) -> None:
        if end.outcome in OWN_FAILURES:
            self._failed(job_code, end)
        elif end.outcome not in _SAYS_NOTHING:
            self._worked()

    @property
    def unwell(self) -> str | None:
        """Why this worker needs to be looked at; None while it does not."""
        if self.full is not None:
            return f"the disk is low: {self.full}"
        if self.failures < self._limit or len(self._jobs) < 2:
            return None
        return f"{self.failures} attempts in a row failed on this worker, last {self._last}"

    @property
    def rest(self) -> float:
        """Seconds before it may try a job."""
        if self.full is not None:
            return WHILE_FULL
        return max(self._tries_at - self._clock(), 0.0) if self.unwell is not None else 0.0

    def _failed(self, job_code: str, end: End) -> None:
        self.failures += 1
        self._jobs.add(job_code)
        self._last = f"{job_code} ({end.outcome}): {(end.reason or 'no reason')[:TOLD]}"
        if self.unwell is not None:
            self._tries_at = self._clock() + self._rests.next()
            logger.warning(
                "%s; the next try is in %.0f s", self.unwell, self.rest, extra={"action": "unhealthy", "job": job_code}
            )

    def _worked(self) -> None:
        if self.unwell is not None:
            logger.info("well again after %d failures", self.failures, extra={"action": "well_again"})
        self.failures = 0
        self._jobs.clear()
        self._rests.reset()


_SAYS_NOTHING = frozenset(
    {
        Outcome.AUTH_EXPIRED,
        Outcome.CANCELLED,
        Outcome.LEASE_LOST,
        Outcome.QUOTA_EXHAUSTED,
        Outcome.WORKER_LOST,
        Outcome.WORKER_STOPPED,
        Outcome.WORKSPACE_IMPOSSIBLE,
    }
)
