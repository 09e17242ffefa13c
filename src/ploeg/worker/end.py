"""How an attempt ended, decided from structured facts alone: what stopped it, what was accepted, what the runtime says.

An accepted report, or that the job is parked, stands against whatever the agent's process does afterwards; only a
cancelled job or a lost lease stands against them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ploeg.domain.attempt import Outcome
from ploeg.domain.gate import GateResult, Receipt
from ploeg.domain.limits import Breach
from ploeg.runtimes.base import Ending
from ploeg.worker.halt import FINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The terminal report that stands."""

    status: str
    summary: str | None = None
    error: str | None = None
    #: With `done`: what was verified.
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    outcome: Outcome
    reason: str | None = None
    reset_at: datetime | None = None


def classify(
    *,
    breach: Breach | None,
    accepted: Accepted | None,
    refused: GateResult | None,
    trouble: End | None,
    parked: str | None,
    ending: Ending | None,
) -> End:
    """The attempt's end.

    `refused` is the gate that refused the last `done`, `trouble` what kept it from being checked at all, `parked` what
    the agent was told to wait for; `ending` None: the agent never ran to its end.
    """
    if breach is not None and breach.outcome in FINAL:
        return End(outcome=breach.outcome, reason=breach.reason)
    if accepted is not None:
        return _reported(accepted)
    if parked is not None:
        return End(outcome=Outcome.WAITING, reason=parked)
    if breach is not None:
        return End(outcome=breach.outcome, reason=breach.reason)
    if ending is not None and ending.outcome is not None:
        return End(outcome=ending.outcome, reason=ending.reason, reset_at=ending.reset_at)
    if trouble is not None:
        return trouble
    if refused is not None:
        return End(outcome=Outcome.GATE_REFUSED, reason=f"{refused.name}: {refused.reason}")
    return End(outcome=Outcome.NO_REPORT, reason="the agent ended without a report")


def _reported(accepted: Accepted) -> End:
    match accepted.status:
        case "done":
            return End(outcome=Outcome.DONE)
        case "skipped":
            return End(outcome=Outcome.SKIPPED, reason=accepted.error)
        case _:
            return End(outcome=Outcome.REPORTED_FAILED, reason=accepted.error or accepted.summary or "no reason given")
