"""The server's part of a job's trace: the job itself and its attempts, as their events tell of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from ploeg import tracing
from ploeg.domain.attempt import Outcome
from ploeg.domain.job import TERMINAL, JobStatus
from ploeg.domain.occurrence import Event
from ploeg.store.ids import made_at
from ploeg.tracing import Span

_ENDS = {f"job.{status}": status for status in TERMINAL}


def trace(events: Iterable[Event]) -> None:
    """What a transaction ended, after its commit."""
    if not tracing.on():
        return
    for event in events:
        if event.job_id is not None and event.type in _ENDS:
            tracing.tell(_job(event, event.job_id, _ENDS[event.type]))
        elif event.job_id is not None and event.attempt_id is not None and event.type == "attempt.ended":
            tracing.tell(_attempt(event, event.job_id, event.attempt_id))


def _job(event: Event, job_id: str, status: JobStatus) -> Span:
    return Span(
        name=f"job {event.data.get('code', '')}",
        job_id=job_id,
        of=job_id,
        began=made_at(job_id) or event.at,
        ended=event.at,
        error=str(event.data.get("outcome")) if status is JobStatus.FAILED else None,
        attributes=_told({"ploeg.job": event.data.get("code"), "ploeg.status": status}),
    )


def _attempt(event: Event, job_id: str, attempt_id: str) -> Span:
    data, outcome = event.data, event.data.get("outcome")
    facts = {f"ploeg.{name}": data.get(name) for name in ("attempt", "outcome", "runtime")}
    usage = {f"ploeg.{name}": value for name, value in data.get("usage", {}).items()}
    return Span(
        name=f"attempt {data.get('attempt', '')}",
        job_id=job_id,
        of=attempt_id,
        within=job_id,
        began=event.at - timedelta(seconds=data.get("seconds", 0.0)),
        ended=event.at,
        error=str(outcome) if outcome != Outcome.DONE else None,
        attributes=_told({"ploeg.job": data.get("code"), "ploeg.worker": event.actor, **facts, **usage}),
    )


def _told(facts: dict[str, Any]) -> dict[str, str | int | float | bool]:
    return {
        name: value if isinstance(value, int | float | bool) else str(value)
        for name, value in facts.items()
        if value is not None
    }
