"""Workers as they show themselves: registered with every claim, seen with every heartbeat, told apart by instance."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ploeg import __version__
from ploeg.control import find
from ploeg.control.backlog.backlog_fields import one_of
from ploeg.control.docs.text import line, optional_prose
from ploeg.control.work import disk, quota
from ploeg.domain.access import Principal, Scope
from ploeg.domain.account import ACCOUNT_NAME, Account, AccountPolicy, Purse
from ploeg.domain.attempt import Attempt
from ploeg.domain.errors import Invalid, NotFound
from ploeg.domain.ids import ProductId, WorkerId
from ploeg.domain.quota import QuotaUse, latest
from ploeg.domain.retry import Decision
from ploeg.domain.worker import RuntimeBlock, WorkerRecord, WorkerState
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction
from ploeg.wire.work import AccountInfo, Presence, PresenceReply, WorkerInfo

#: That a worker was seen is written at most this often, unless something else about it changed.
SEEN_EVERY = timedelta(seconds=30)
#: A worker that was seen longer ago is not there: an idle one asks at least every minute.
GONE_AFTER = timedelta(seconds=100)
#: One that was seen longer ago, and did not say that it stops, is lost: people are told.
LOST_AFTER = timedelta(minutes=5)
NAMES_MAX = 64
FAR = datetime.max.replace(tzinfo=UTC)
#: An agent's word about the quota is no older than that …
WORD_LASTS = timedelta(days=1)
#: … and no further ahead, by clocks that do not agree.
CLOCKS_DIFFER = timedelta(minutes=5)


def register(tx: Transaction, actor: Principal, info: WorkerInfo) -> WorkerRecord:
    """The worker's record, made or brought up to date; a new one is told of."""
    known = tx.workers.of_instance(actor.token_id, info.instance) or _taken_over(tx, actor, info.instance)
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


def owns(tx: Transaction, actor: Principal, worker: WorkerRecord) -> bool:
    """Whether the worker is the caller's: by its token, or by one of the same user's that opens nothing any more."""
    if worker.token_id == actor.token_id:
        return True
    if worker.user_id != actor.user.id:
        return False
    old = tx.people.token(worker.token_id)
    return old is None or not old.usable(tx.now)


def show(tx: Transaction, actor: Principal, presence: Presence) -> PresenceReply:
    """The worker says how it is, for people to see."""
    known = _to_change(tx, register(tx, actor, presence.worker).id)
    try:
        state = WorkerState(presence.state)
    except ValueError:
        raise Invalid("state", presence.state, f"use one of {', '.join(WorkerState)}") from None
    reason = optional_prose("reason", presence.reason)
    worker = known.evolve(state=state, reason=reason, until=presence.until, disk=disk.use(tx, known, presence.disk))
    if worker != known:
        tx.workers.upsert(worker)
    if worker.state is not known.state or worker.reason != known.reason:
        tell(tx, worker, "state")
    disk.tell_if_low(tx, known, worker)
    return PresenceReply(order="continue", stand_by=quota.standing_by(tx, worker), version=__version__)


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


def told(
    tx: Transaction, worker: WorkerRecord, attempt: Attempt, uses: Sequence[QuotaUse], decision: Decision | None = None
) -> WorkerRecord:
    """Notes the quota windows that an attempt told of, and keeps its account from jobs on that worker if the decision
    at its end says so or less than the owner's part of a window is left. `worker` is held by this transaction."""
    floor, seat = quota.floor(tx, worker), attempt.seat
    quota.keep_course(tx, worker, uses)
    noted = worker.evolve(quota=latest(worker.quota, uses), runtime_blocks=_blocks(worker, attempt, decision))
    found = noted.closed(tx.now, floor).get(seat)
    fresh = found is not None and found != worker.closed(tx.now, floor).get(seat)
    if fresh and decision is not None and not tx.attempts.active_of_worker(worker.id):
        noted = _at_rest(noted, noted.blocks(tx.now, floor))
    if noted != worker:
        tx.workers.upsert(noted)
    if found is not None and fresh:
        more = {"runtime": seat.runtime, "account": seat.account, "until": found.until, "sign_in": found.sign_in}
        tell(tx, noted, "blocked", reason=found.reason, **more)
    return noted


def _at_rest(worker: WorkerRecord, blocks: Mapping[str, RuntimeBlock]) -> WorkerRecord:
    """A worker with nothing to do, as it is until it says so itself: where none of its runtimes may take a job, the
    first that opens again says until when."""
    if len(blocks) < len(worker.runtimes):
        return worker
    first = min(blocks.values(), key=lambda block: block.until or FAR)
    state = WorkerState.STAND_BY if first.until is not None else WorkerState.SIGN_IN_NEEDED
    return worker.evolve(state=state, reason=first.reason, until=first.until)


def elsewhere_at(tx: Transaction, attempt: Attempt) -> datetime | None:
    """When another account of its worker can go on with it; None: none can by itself."""
    worker = tx.workers.get(attempt.worker_id)
    if worker is None:
        return None
    closed = worker.closed(tx.now, quota.floor(tx, worker))
    others = (seat for seat in worker.seats if seat.runtime == attempt.runtime and seat != attempt.seat)
    moments = (closed[seat].until if seat in closed else tx.now for seat in others)
    return min((moment for moment in moments if moment is not None), default=None)


def signed_in(tx: Transaction, worker: WorkerRecord, seats: Collection[str] | None) -> WorkerRecord:
    """Those accounts take jobs again if all that they lacked was a sign-in; None is all."""
    blocks = {
        seat: block
        for seat, block in worker.runtime_blocks.items()
        if not (block.sign_in and (seats is None or seat in seats))
    }
    if len(blocks) == len(worker.runtime_blocks):
        return worker
    return tx.workers.upsert(worker.evolve(runtime_blocks=blocks))


def block_lifts_at(worker: WorkerRecord, now: datetime, floor_pct: int) -> datetime | None:
    """When the first of its blocked runtimes may take jobs again by itself."""
    lifts = [found.until for found in worker.blocks(now, floor_pct).values() if found.until is not None]
    return min(lifts, default=None)


def _taken_over(tx: Transaction, actor: Principal, instance: str) -> WorkerRecord | None:
    """The same worker under the token that it had before, which the caller's replaces."""
    for worker in tx.workers.of_user(actor.user.id, instance):
        if owns(tx, actor, worker) or not online(worker, tx.now):
            return tx.workers.hand_over(worker, actor.token_id)
    return None


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


def one(tx: Transaction, actor: Principal, reference: str) -> WorkerRecord:
    """The worker of that id, or of that name where only one has it, of those that the caller may see."""
    named = [worker for worker in listing(tx, actor) if reference in {worker.id, worker.hostname}]
    if len(named) > 1:
        ids = ", ".join(worker.id for worker in named)
        raise Invalid("worker", reference, f"{len(named)} workers have that name; give one of these ids: {ids}")
    if not named:
        raise NotFound("worker", reference)
    return named[0]


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


def _blocks(worker: WorkerRecord, attempt: Attempt, decision: Decision | None) -> Mapping[str, RuntimeBlock]:
    if decision is None or (decision.standby_until is None and not decision.sign_in_needed):
        return worker.runtime_blocks
    reason = decision.reason or str(attempt.outcome)
    found = RuntimeBlock(reason=reason, until=decision.standby_until, sign_in=decision.sign_in_needed)
    return {**worker.runtime_blocks, str(attempt.seat): found}


def _shown(info: WorkerInfo) -> dict[str, Any]:
    for field, names in (("runtimes", info.runtimes), ("labels", info.labels), ("accounts", info.accounts)):
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
        "accounts": tuple(_account(account) for account in info.accounts),
        "account_policy": one_of(AccountPolicy)("account_policy", info.account_policy),
    }


def _account(told: AccountInfo) -> Account:
    if told.name and not ACCOUNT_NAME.fullmatch(told.name):
        raise Invalid("accounts", told.name, "use letters, digits and . _ -, at most 40")
    purse = one_of(Purse)("accounts", told.purse) if told.purse is not None else None
    return Account(runtime=line("accounts", told.runtime), name=told.name, purse=purse)
