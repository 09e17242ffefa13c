"""Workers as they show themselves: registered with every claim, seen with every heartbeat, told apart by instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ploeg.control import find
from ploeg.control.docs.text import line, optional_prose
from ploeg.control.work import quota
from ploeg.domain.access import Principal, Scope
from ploeg.domain.attempt import Attempt
from ploeg.domain.errors import Invalid, NotFound
from ploeg.domain.ids import ProductId, WorkerId
from ploeg.domain.quota import QuotaUse, latest
from ploeg.domain.retry import Decision
from ploeg.domain.worker import RuntimeBlock, WorkerRecord, WorkerState
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction
from ploeg.wire.work import Presence, PresenceReply, WorkerInfo

#: That a worker was seen is written at most this often, unless something else about it changed.
SEEN_EVERY = timedelta(seconds=30)
#: A worker that was seen longer ago is not there: an idle one asks at least every minute.
GONE_AFTER = timedelta(seconds=100)
#: One that was seen longer ago, and did not say that it stops, is lost: people are told.
LOST_AFTER = timedelta(minutes=5)
NAMES_MAX = 64
#: An agent's word about the quota is no older than that …
WORD_LASTS = timedelta(days=1)
#: … and no further ahead, by clocks that do not agree.
CLOCKS_DIFFER = timedelta(minutes=5)


def register(tx: Transaction, actor: Principal, info: WorkerInfo) -> WorkerRecord:
    """The worker's record, made or brought up to date; a new one is told of."""
    known = tx.workers.of_instance(actor.token_id, info.instance)
    shown = _shown(info)
    if known is None:
        made = WorkerRecord(
            id=WorkerId(new_id("wrk")),
            user_id=actor.user.id,
            token_id=actor.token_id,
            instance=line("instance", info.instance),
            seen_at=tx.now,
            created_at=tx.now,
            **shown,
        )
        worker = tx.workers.upsert(made)
        tell(tx, worker, "joined")
        return worker
    if _there(known, shown) == known and tx.now - known.seen_at < SEEN_EVERY:
        return known
    worker = tx.workers.upsert(_there(_to_change(tx, known.id), shown).evolve(seen_at=tx.now))
    if known.state is WorkerState.OFFLINE:
        tell(tx, worker, "back")
    return worker


def show(tx: Transaction, actor: Principal, presence: Presence) -> PresenceReply:
    """The worker says how it is, for people to see. One that no longer needs a sign-in takes jobs again."""
    known = _to_change(tx, register(tx, actor, presence.worker).id)
    try:
        state = WorkerState(presence.state)
    except ValueError:
        raise Invalid("state", presence.state, f"use one of {', '.join(WorkerState)}") from None
    blocks = known.runtime_blocks
    if known.state is WorkerState.SIGN_IN_NEEDED and state is not WorkerState.SIGN_IN_NEEDED:
        blocks = without_sign_in(blocks)
    reason = optional_prose("reason", presence.reason)
    worker = known.evolve(state=state, reason=reason, until=presence.until, runtime_blocks=blocks)
    if worker != known:
        tx.workers.upsert(worker)
    if worker.state is not known.state or worker.reason != known.reason:
        tell(tx, worker, "state")
    return PresenceReply(order="continue", stand_by=quota.standing_by(tx, worker))


def note_word(tx: Transaction, worker_id: WorkerId, left_pct: float, checked_at: datetime | None) -> WorkerRecord:
    """What an agent says is left of the quota, in per cent, kept for people to see. Nothing goes by it."""
    if checked_at is not None and not tx.now - WORD_LASTS <= checked_at <= tx.now + CLOCKS_DIFFER:
        raise Invalid("last_quota_check_at", checked_at.isoformat(), "give a moment of the last day, or leave it out")
    known = _to_change(tx, worker_id)
    worker = known.evolve(last_quota_pct=left_pct, last_quota_check_at=checked_at or tx.now)
    tx.workers.upsert(worker)
    if worker.last_quota_pct != known.last_quota_pct:
        tell(tx, worker, "quota", last_quota_pct=left_pct)
    return worker


def seen(tx: Transaction, worker: WorkerRecord) -> None:
    """An attempt of it was heard of."""
    if worker.state is WorkerState.OFFLINE:
        back = worker.evolve(state=WorkerState.WORKING, reason=None, until=None, seen_at=tx.now)
        tell(tx, tx.workers.upsert(back), "back")
    elif tx.now - worker.seen_at >= SEEN_EVERY:
        tx.workers.mark(worker.id, worker.state, worker.reason, worker.until, tx.now)


def vanished(tx: Transaction) -> list[WorkerRecord]:
    """Workers that took no leave and were not heard of since."""
    there = (worker for worker in tx.workers.all() if worker.state is not WorkerState.OFFLINE)
    return [worker for worker in there if tx.now - worker.seen_at >= LOST_AFTER]


def note_vanished(tx: Transaction) -> None:
    for found in vanished(tx):
        worker = _to_change(tx, found.id)
        if worker.state is not WorkerState.OFFLINE and tx.now - worker.seen_at >= LOST_AFTER:
            reason = f"it was {worker.state} and has not been heard of since {worker.seen_at:%Y-%m-%d %H:%M} UTC"
            lost = worker.evolve(state=WorkerState.OFFLINE, reason=reason, until=None)
            tell(tx, tx.workers.upsert(lost), "lost")


def ended(
    tx: Transaction, worker: WorkerRecord, attempt: Attempt, decision: Decision, told: Sequence[QuotaUse]
) -> None:
    """Notes the quota windows that an attempt told of, and keeps its runtime from jobs on that worker if the decision
    says so or less than the owner's part of a window is left."""
    floor = quota.floor(tx, worker)
    noted = worker.evolve(quota=latest(worker.quota, told), runtime_blocks=_blocks(worker, attempt, decision))
    found = noted.blocks(tx.now, floor).get(attempt.runtime)
    fresh = found is not None and found != worker.blocks(tx.now, floor).get(attempt.runtime)
    if found is not None and fresh and not noted.offered(tx.now, floor):
        state = WorkerState.SIGN_IN_NEEDED if found.sign_in else WorkerState.STAND_BY
        noted = noted.evolve(state=state, reason=found.reason, until=found.until)
    if noted != worker:
        tx.workers.upsert(noted)
    if found is not None and fresh:
        tell(tx, noted, "blocked", runtime=attempt.runtime, reason=found.reason)


def without_sign_in(blocks: Mapping[str, RuntimeBlock]) -> dict[str, RuntimeBlock]:
    return {runtime: found for runtime, found in blocks.items() if not found.sign_in}


def block_lifts_at(worker: WorkerRecord, now: datetime, floor_pct: int) -> datetime | None:
    """When the first of its blocked runtimes may take jobs again by itself."""
    lifts = [found.until for found in worker.blocks(now, floor_pct).values() if found.until is not None]
    return min(lifts, default=None)


def works_for(tx: Transaction, actor: Principal) -> tuple[ProductId, ...] | None:
    """The products whose jobs a worker of that user may take: those it may change; None is all of them."""
    if actor.user.is_admin:
        return None
    products = tx.products.visible_to(actor.user.id)
    roles = ((product.id, find.role(tx, actor, product.id)) for product in products)
    return tuple(product_id for product_id, role in roles if role is not None and role.writes)


def online(worker: WorkerRecord, now: datetime) -> bool:
    return worker.state is not WorkerState.OFFLINE and now - worker.seen_at < GONE_AFTER


def listing(tx: Transaction, actor: Principal) -> list[WorkerRecord]:
    """All workers for an administrator, else the caller's own."""
    actor.require(Scope.READ)
    return tx.workers.all(None if actor.user.is_admin else actor.user.id)


def tell(tx: Transaction, worker: WorkerRecord, change: str, **more: Any) -> None:
    data = {
        "id": worker.id,
        "hostname": worker.hostname,
        "state": worker.state,
        "change": change,
        "reason": worker.reason,
        "until": worker.until,
        **more,
    }
    tx.events.add("worker.changed", user_id=worker.user_id, actor=f"worker:{worker.id}", data=data)


def _to_change(tx: Transaction, worker_id: WorkerId) -> WorkerRecord:
    """As it stands now, kept from others until this transaction ends: a row is written whole."""
    worker = tx.workers.get(worker_id, lock=True)
    if worker is None:
        raise NotFound("worker", worker_id)
    return worker


def _there(worker: WorkerRecord, shown: Mapping[str, Any]) -> WorkerRecord:
    worker = worker.evolve(**shown)
    if worker.state is WorkerState.OFFLINE:
        worker = worker.evolve(state=WorkerState.IDLE, reason=None, until=None)
    return worker


def _blocks(worker: WorkerRecord, attempt: Attempt, decision: Decision) -> Mapping[str, RuntimeBlock]:
    if decision.standby_until is None and not decision.sign_in_needed:
        return worker.runtime_blocks
    reason = decision.reason or str(attempt.outcome)
    found = RuntimeBlock(reason=reason, until=decision.standby_until, sign_in=decision.sign_in_needed)
    return {**worker.runtime_blocks, attempt.runtime: found}


def _shown(info: WorkerInfo) -> dict[str, Any]:
    for field, names in (("runtimes", info.runtimes), ("labels", info.labels)):
        if len(names) > NAMES_MAX:
            raise Invalid(field, f"{len(names)} names", f"give at most {NAMES_MAX}")
    if not 1 <= info.slots <= NAMES_MAX:
        raise Invalid("slots", info.slots, f"give 1 to {NAMES_MAX}")
    return {
        "hostname": line("hostname", info.hostname),
        "pid": info.pid % 2**31,
        "version": line("version", info.version),
        "slots": info.slots,
        "runtimes": tuple(line("runtimes", name) for name in info.runtimes),
        "labels": tuple(line("labels", name) for name in info.labels),
        "sandbox": line("sandbox", info.sandbox),
    }
