"""Receivers of notices: each person's own, and the installation's, which its file declares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from ploeg.domain import receiving
from ploeg.domain.access import Principal, Scope
from ploeg.domain.errors import Conflict, Denied, NotFound
from ploeg.domain.ids import ReceiverId
from ploeg.domain.notice import Notice, Receiver
from ploeg.domain.receiving import Declared
from ploeg.store.transaction import Transaction

RECEIVERS_MAX = 20
NOTICES_MAX = 500
#: What the ids of the installation's own begin with; their names follow.
INSTALLED = "installed:"


def listing(tx: Transaction, actor: Principal) -> list[Receiver]:
    """The caller's own, and for an administrator the installation's."""
    actor.require(Scope.READ)
    return [receiver for receiver in tx.notices.receivers() if _may_see(actor, receiver)]


def show(tx: Transaction, actor: Principal, reference: str) -> Receiver:
    """One by its name or id; the caller's own comes before the installation's."""
    found = [each for each in listing(tx, actor) if reference in {each.name, each.id}]
    if not found:
        raise NotFound("receiver", reference)
    return min(found, key=lambda each: each.user_id is None)


def notices(tx: Transaction, actor: Principal, limit: int = 50) -> list[tuple[Notice, Receiver]]:
    """What was said to those receivers, the newest first."""
    seen = {receiver.id: receiver for receiver in listing(tx, actor)}
    found = tx.notices.newest(list(seen), max(1, min(limit, NOTICES_MAX)))
    return [(notice, seen[notice.receiver_id]) for notice in found]


def may_add(tx: Transaction, actor: Principal, name: str) -> None:
    """Refuses a receiver of that name before anything of it is kept."""
    actor.require(Scope.WRITE)
    if sum(each.user_id == actor.user.id for each in tx.notices.receivers()) >= RECEIVERS_MAX:
        raise Conflict(f"you have {RECEIVERS_MAX} receivers, and may have no more")
    if tx.notices.receiver_named(actor.user.id, name) is not None:
        raise Conflict(f"you have a receiver {name} already; remove it, or give this one another name")


def add(tx: Transaction, actor: Principal, receiver_id: ReceiverId, declared: Declared) -> Receiver:
    """A receiver of the caller's; what it takes to reach it is kept under that id already."""
    may_add(tx, actor, declared.name)
    receiver = Receiver(id=receiver_id, user_id=actor.user.id, created_at=tx.now, **asdict(declared))
    tx.notices.add_receiver(receiver)
    _tell(tx, actor, receiver, "added")
    return receiver


def edit(tx: Transaction, actor: Principal, reference: str, fields: Mapping[str, Any]) -> Receiver:
    """Changes what it asks for and when; where it leads stays. What waits for it goes when it was to go."""
    known = _to_change(tx, actor, reference)
    zone = fields.get("time_zone") or known.time_zone
    receiver = known.evolve(
        topics=receiving.topics(fields.get("topics") or ()) if "topics" in fields else known.topics,
        quiet=receiving.quiet(fields.get("quiet", known.quiet), zone),
        time_zone=zone,
        digest_minutes=receiving.digest_minutes(fields.get("digest_minutes", known.digest_minutes)),
        only_mine=fields.get("only_mine", known.only_mine),
    )
    if receiver != known:
        tx.notices.update_receiver(receiver)
        _tell(tx, actor, receiver, "edited")
    return receiver


def remove(tx: Transaction, actor: Principal, reference: str) -> Receiver:
    """It is told nothing any more, and what was said to it is forgotten."""
    receiver = _to_change(tx, actor, reference)
    tx.notices.remove_receiver(receiver.id)
    _tell(tx, actor, receiver, "removed")
    return receiver


def install(tx: Transaction, declared: Iterable[Declared]) -> None:
    """Brings the installation's own receivers to what its file says; those that it no longer names go."""
    wanted = {ReceiverId(INSTALLED + each.name): each for each in declared}
    for known in tx.notices.receivers():
        if known.user_id is None and known.id not in wanted:
            tx.notices.remove_receiver(known.id)
    for receiver_id, each in wanted.items():
        there = tx.notices.receiver(receiver_id, lock=True)
        if there is None:
            tx.notices.add_receiver(Receiver(id=receiver_id, user_id=None, created_at=tx.now, **asdict(each)))
        else:
            tx.notices.update_receiver(there.evolve(**asdict(each)))


def _may_see(actor: Principal, receiver: Receiver) -> bool:
    return receiver.user_id == actor.user.id if receiver.user_id is not None else actor.user.is_admin


def _to_change(tx: Transaction, actor: Principal, reference: str) -> Receiver:
    actor.require(Scope.WRITE)
    found = show(tx, actor, reference)
    if found.user_id is None:
        raise Denied(f"{found.name} is the installation's; change it in the file that notices_file names")
    held = tx.notices.receiver(found.id, lock=True)
    if held is None:
        raise NotFound("receiver", reference)
    return held


def _tell(tx: Transaction, actor: Principal, receiver: Receiver, change: str) -> None:
    data = {"id": receiver.id, "name": receiver.name, "kind": receiver.kind, "change": change}
    tx.events.add("receiver.changed", user_id=actor.user.id, actor=actor.name, data=data)
