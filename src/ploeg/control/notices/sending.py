"""Receivers that are due: taken by one server at a time, and what became of the message."""

from __future__ import annotations

import random
from dataclasses import dataclass

from ploeg.control.notices.send import Sent
from ploeg.domain.notice import TOLD_AFTER, Message, NoticeState, Receiver
from ploeg.store.transaction import Transaction

#: Notices that one message takes along.
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Taken:
    """A receiver that is the caller's alone for a while, and what is to go there; None: nothing after all."""

    receiver: Receiver
    message: Message | None


def take(tx: Transaction) -> Taken | None:
    """The receiver that is due longest, with all that waits for it: what came after the first goes along."""
    receiver = tx.notices.take(tx.now)
    if receiver is None:
        return None
    waiting = tx.notices.waiting(receiver.id, AT_ONCE)
    return Taken(receiver, Message.of(waiting, tx.now) if waiting else None)


def settle(tx: Transaction, taken: Taken, sent: Sent) -> Receiver | None:
    """Notes what came of it, unless somebody else has set about that receiver meanwhile."""
    receiver = tx.notices.receiver(taken.receiver.id, lock=True)
    if receiver is None or receiver.taken != taken.receiver.taken:
        return None
    notices = taken.message.notices if taken.message is not None else ()
    if sent.trouble is None:
        tx.notices.settle(notices, NoticeState.SENT, tx.now)
        settled = receiver.arrived(tx.now, tx.notices.next_waiting(receiver.id))
        if not notices:
            settled = settled.evolve(sent_at=receiver.sent_at)
    else:
        jitter = random.random()  # noqa: S311 - spreads tries, hides nothing
        settled = receiver.fail(sent.trouble, sent.reason, tx.now, sent.retry_after, jitter)
        if settled.tries == TOLD_AFTER:
            _tell(tx, settled)
        if settled.due_at is None:
            tx.notices.settle(notices, NoticeState.DROPPED, tx.now)
            settled = settled.evolve(due_at=tx.notices.next_waiting(receiver.id), tries=0)
    tx.notices.update_receiver(settled)
    return settled


def _tell(tx: Transaction, receiver: Receiver) -> None:
    data = {"id": receiver.id, "name": receiver.name, "trouble": receiver.trouble, "reason": receiver.reason}
    tx.events.add("receiver.failed", user_id=receiver.user_id, actor="server", data=data)
