"""What a job does when one of its attempts has ended: one rule for each outcome.

`design.md` calls this the outcome table; `docs/architecture.md` draws it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from ploeg.domain.attempt import Outcome
from ploeg.domain.job import JobStatus
from ploeg.domain.quota import open_again_at

#: Attempts that count before a job fails for good.
MAX_COUNTED = 3
BACKOFF_FIRST = timedelta(seconds=10)
BACKOFF_LIMIT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an attempt ended, and what the job had behind it."""

    outcome: Outcome
    reason: str | None = None
    #: Attempts that counted before this one.
    counted: int = 0
    reminded: bool = False
    #: How many times its agent may still be resumed with the refusal of a gate.
    repairs_left: int = 0
    #: How many times it may still be resumed to solve a conflict on its branch.
    solves_left: int = 0
    #: People are asked about a conflict that the agent does not solve.
    asks_people: bool = False
    #: When a quota window opens again, by the runtime's own event.
    reset_at: datetime | None = None
    #: When another account of its worker can go on with it; None: none can, or nobody knows when.
    elsewhere_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The job's next status, and what goes with it."""

    status: JobStatus
    counted: bool = False
    not_before: datetime | None = None
    #: The next attempt is told that the last one ended without a report.
    remind: bool = False
    #: The next attempt goes on in the same conversation and on the same work.
    resume: bool = False
    #: The worker's account takes no more jobs before this moment …
    standby_until: datetime | None = None
    #: … or until somebody signs in again.
    sign_in_needed: bool = False
    reason: str | None = None


def decide(ended: Ended, now: datetime, jitter: float) -> Decision:
    """The rule for that outcome. `jitter` in [0, 1) spreads the backoff over half to all of its length."""
    match ended.outcome:
        case Outcome.DONE:
            return Decision(status=JobStatus.DONE, reason=ended.reason)
        case Outcome.SKIPPED:
            return Decision(status=JobStatus.SKIPPED, reason=ended.reason)
        case Outcome.CANCELLED:
            return Decision(status=JobStatus.CANCELLED, reason=ended.reason)
        case Outcome.WAITING:
            return Decision(status=JobStatus.WAITING, resume=True, reason=ended.reason)
        case (
            Outcome.REPORTED_FAILED
            | Outcome.WORKSPACE_IMPOSSIBLE
            | Outcome.TIMED_OUT
            | Outcome.SILENT
            | Outcome.OVER_BUDGET
            | Outcome.TOO_MANY_TURNS
            | Outcome.RUNAWAY
        ):
            return Decision(status=JobStatus.FAILED, counted=True, reason=ended.reason)
        case Outcome.PUSH_CONFLICT:
            if ended.solves_left > 0:
                return Decision(status=JobStatus.QUEUED, resume=True, reason=ended.reason)
            if ended.asks_people:
                return Decision(status=JobStatus.WAITING, resume=True, reason=ended.reason)
            return Decision(status=JobStatus.FAILED, counted=True, reason=ended.reason)
        case Outcome.GATE_REFUSED:
            if ended.repairs_left > 0:
                return Decision(status=JobStatus.QUEUED, resume=True, reason=ended.reason)
            return Decision(status=JobStatus.FAILED, counted=True, reason=ended.reason)
        case Outcome.NO_REPORT:
            if ended.reminded:
                return Decision(status=JobStatus.FAILED, counted=True, reason=ended.reason)
            return Decision(status=JobStatus.QUEUED, counted=True, remind=True, resume=True, reason=ended.reason)
        case Outcome.AGENT_CRASHED | Outcome.WORKSPACE_FAILED | Outcome.WORKER_LOST:
            return _again_with_backoff(ended, now, jitter, resume=False)
        case Outcome.PUSH_FAILED:
            return _again_with_backoff(ended, now, jitter, resume=True)
        case Outcome.QUOTA_EXHAUSTED:
            reset = open_again_at(ended.reset_at, now, jitter)
            again = min(reset, ended.elsewhere_at or reset)
            return Decision(
                status=JobStatus.QUEUED,
                not_before=again if again > now else None,
                resume=True,
                standby_until=reset,
                reason=ended.reason,
            )
        case Outcome.AUTH_EXPIRED:
            return Decision(status=JobStatus.QUEUED, resume=True, sign_in_needed=True, reason=ended.reason)
        case Outcome.LEASE_LOST | Outcome.WORKER_STOPPED:
            return Decision(status=JobStatus.QUEUED, resume=True, reason=ended.reason)
        case _:
            assert_never(ended.outcome)


def backoff(counted: int, jitter: float) -> timedelta:
    """10 s doubling to 5 min after the `counted`-th attempt; the jitter takes up to half of it away."""
    doublings: int = min(max(counted - 1, 0), 10)
    whole = min(BACKOFF_FIRST * (1 << doublings), BACKOFF_LIMIT)
    return whole * (1 - jitter / 2)


def _again_with_backoff(ended: Ended, now: datetime, jitter: float, *, resume: bool) -> Decision:
    counted = ended.counted + 1
    if counted >= MAX_COUNTED:
        reason = f"{ended.reason or ended.outcome} (attempt {counted} of {MAX_COUNTED})"
        return Decision(status=JobStatus.FAILED, counted=True, reason=reason)
    return Decision(
        status=JobStatus.QUEUED,
        counted=True,
        not_before=now + backoff(counted, jitter),
        resume=resume,
        reason=ended.reason,
    )
