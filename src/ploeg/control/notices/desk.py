"""What the doors ask about receivers that is more than one transaction: keeping what is secret, and a trial."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from ploeg.control.notices import receivers
from ploeg.control.notices.post import Post
from ploeg.control.notices.send import Sent
from ploeg.control.notices.vault import new_signing_secret
from ploeg.control.plane import ControlPlane
from ploeg.domain import receiving
from ploeg.domain.access import Principal, Scope
from ploeg.domain.errors import Invalid, PloegError, Unavailable
from ploeg.domain.ids import NoticeId, ReceiverId
from ploeg.domain.notice import Message, Notice, Receiver, ReceiverKind, Topic, Urgency
from ploeg.domain.receiving import Declared, Target
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction, utc_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A receiver as a person asks for it."""

    name: str
    kind: str
    to: str = field(repr=False)
    token: str = field(default="", repr=False)
    topics: Sequence[str] = ()
    quiet: str | None = None
    time_zone: str | None = None
    digest_minutes: int = 0
    only_mine: bool = False


@dataclass(frozen=True, slots=True)
class Added:
    receiver: Receiver
    #: What its webhook is signed with; shown this once.
    secret: str | None = field(repr=False)


async def add(plane: ControlPlane, actor: Principal, wish: Wish) -> Added:
    post = _post(plane)
    actor.require(Scope.WRITE)
    declared, target = _checked(wish, post)
    await plane.read(receivers.may_add, actor, declared.name)
    receiver_id = ReceiverId(new_id("rcv"))
    await asyncio.to_thread(post.vault.put, receiver_id, target)
    try:
        receiver = await plane.write(receivers.add, actor, receiver_id, declared)
    except PloegError:
        post.vault.drop(receiver_id)
        raise
    return Added(receiver, target.secret or None)


async def remove(plane: ControlPlane, actor: Principal, reference: str) -> Receiver:
    receiver = await plane.write(receivers.remove, actor, reference)
    await asyncio.to_thread(_post(plane).vault.drop, receiver.id)
    return receiver


async def trial(plane: ControlPlane, actor: Principal, reference: str) -> Sent:
    """Sends a message there now, whatever the receiver asks for; what came of it is noted on the receiver."""
    actor.require(Scope.WRITE)
    receiver = await plane.read(receivers.show, actor, reference)
    sent = await _post(plane).notifier.send(receiver, _trial_of(receiver, actor))
    await plane.write(_tried, receiver.id, sent)
    return sent


def _checked(wish: Wish, post: Post) -> tuple[Declared, Target]:
    kind = receiving.kind(wish.kind)
    if kind is ReceiverKind.APPRISE:
        raise Invalid("kind", kind, "apprise may reach anything, so it stands only in the file of notices_file")
    if wish.token and kind is not ReceiverKind.NTFY:
        raise Invalid("token", "…", f"only ntfy takes one, {kind} does not")
    zone = wish.time_zone or post.time_zone
    declared = Declared(
        name=receiving.name(wish.name),
        kind=kind,
        shown=receiving.shown(kind, wish.to),
        topics=receiving.topics(wish.topics),
        quiet=receiving.quiet(wish.quiet, zone),
        time_zone=zone,
        digest_minutes=receiving.digest_minutes(wish.digest_minutes),
        only_mine=wish.only_mine,
    )
    secret = new_signing_secret() if kind is ReceiverKind.WEBHOOK else ""
    return declared, Target(to=wish.to, token=receiving.header("token", wish.token), secret=secret)


def _trial_of(receiver: Receiver, actor: Principal) -> Message:
    now = utc_now()
    notice = Notice(
        id=NoticeId(new_id("ntc")),
        receiver_id=receiver.id,
        topic=Topic.TRIAL,
        subject=f"receiver:{receiver.id}",
        title="Notices arrive here",
        text=f"{actor.user.username} tried the receiver {receiver.name} of Ploeg.",
        link=None,
        urgency=Urgency.NORMAL,
        created_at=now,
        due_at=now,
    )
    return Message.of([notice], now)


def _tried(tx: Transaction, receiver_id: ReceiverId, sent: Sent) -> None:
    receiver = tx.notices.receiver(receiver_id, lock=True)
    if receiver is None:
        return
    if sent.trouble is None and receiver.held_until is None:
        receiver = receiver.arrived(tx.now, tx.notices.next_waiting(receiver.id))
    elif sent.trouble is not None:
        receiver = receiver.evolve(trouble=sent.trouble, reason=sent.reason)
    tx.notices.update_receiver(receiver)


def _post(plane: ControlPlane) -> Post:
    if plane.post is None:
        raise Unavailable("this server sends no notices")
    return plane.post
