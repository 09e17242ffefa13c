"""What people change about a queued job: its place, when it may begin, and the labels it needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ploeg.control import find
from ploeg.control.find import Need
from ploeg.control.products import layers
from ploeg.control.queue.submit import checked_moment, checked_rank
from ploeg.domain.access import Principal
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.job import Job, JobStatus
from ploeg.store.transaction import Transaction

PLACES = ("rank", "first", "before")


def change(tx: Transaction, actor: Principal, reference: str, fields: Mapping[str, Any]) -> Job:
    """The job with the fields that are given: one of `rank`, `first` (true) and `before` (another job's code), and
    `not_before` (a moment; None or a past one: at once) and `labels`. `Conflict` if it is not queued any more.
    """
    job = _queued(tx, actor, reference, Need.CHANGE)
    changed = job.evolve(**_settings(fields, tx.now))
    changed = _placed(tx, actor, changed, {name: value for name, value in fields.items() if name in PLACES})
    tx.jobs.update(changed)
    data = {
        "code": job.code,
        "rank": changed.rank,
        "runtime": changed.runtime,
        "labels": list(changed.labels),
        "not_before": changed.not_before,
    }
    tx.events.add("job.changed", product_id=job.product_id, job_id=job.id, actor=actor.name, data=data)
    return changed


def _settings(fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    if "not_before" in fields:
        settings["not_before"] = checked_moment(fields["not_before"], now)
    if "labels" in fields:
        settings["labels"] = layers.labels("labels", tuple(fields["labels"]))
    return settings


def _placed(tx: Transaction, actor: Principal, job: Job, places: Mapping[str, Any]) -> Job:
    if len(places) > 1:
        raise Invalid("rank", ", ".join(places), "give one of rank, first and before")
    match dict(places):
        case {"rank": rank}:
            return job.evolve(rank=checked_rank(rank))
        case {"first": True}:
            return _before(tx, job, tx.queue.first())
        case {"before": other}:
            return _before(tx, job, _queued(tx, actor, other, Need.LOOK))
        case _:
            return job


def _before(tx: Transaction, job: Job, other: Job | None) -> Job:
    """Right before that one; where it is, if that is itself."""
    if other is None or other.id == job.id:
        return job
    return job.evolve(rank=tx.queue.make_room_before(other, job))


def _queued(tx: Transaction, actor: Principal, reference: str, need: Need) -> Job:
    job = find.job(tx, actor, reference, need, lock=need is Need.CHANGE)
    if job.status is not JobStatus.QUEUED:
        raise Conflict(f"{job.code} is {job.status}; only a queued job has a place in the queue")
    return job
