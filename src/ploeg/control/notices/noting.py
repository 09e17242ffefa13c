"""Notices made of events: each event once, in the order of their ids, by a cursor that moves in the same transaction.

Whatever writes an event needs to know nothing of it, and an event that was committed is never passed over.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import structlog

from ploeg.control.notices.words import TOLD, words
from ploeg.domain.ids import NoticeId, ProductId, ReceiverId, UserId
from ploeg.domain.notice import Notice, Receiver, Words, repeats
from ploeg.domain.occurrence import Event
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

#: Events that one transaction makes notices of.
AT_ONCE = 200
#: Events of other types that the cursor may fall behind before it is moved for them alone.
BEHIND_MAX = 5000
#: An event that nobody noted for so long, say since the server was away, is history and no news.
NEWS_FOR = timedelta(days=2)
#: How long a settled notice is kept to look at.
KEPT_FOR = timedelta(days=30)

log = structlog.get_logger("ploeg.notices")


def has_news(tx: Transaction) -> bool:
    """There are events to note, asked without taking the writer. Where nobody is told anything there are none."""
    cursor = tx.notices.cursor()
    last = tx.events.last_id()
    if cursor is None or last - cursor > BEHIND_MAX:
        return True
    return last > cursor and tx.notices.any_receiver() and bool(tx.events.of_types(TOLD, cursor, last, 1))


def note(tx: Transaction) -> int:
    """Makes notices of what happened since the last time; how many events it looked at."""
    last = tx.events.last_id()
    cursor = tx.notices.cursor(hold=True)
    if cursor is None:
        tx.notices.begin(last)
        return 0
    found = tx.events.of_types(TOLD, cursor, last, AT_ONCE)
    receivers = {receiver.id: receiver for receiver in tx.notices.receivers()} if found else {}
    for event in found:
        if tx.now - event.at > NEWS_FOR:
            continue
        said = _words(tx, event) if receivers else None
        if said is not None:
            for receiver_id in _those_told(tx, event, said, receivers.values()):
                receivers[receiver_id] = tell(tx, receivers[receiver_id], said)
    tx.notices.move_cursor(found[-1].id if len(found) == AT_ONCE else last)
    return len(found)


def tell(tx: Transaction, receiver: Receiver, said: Words) -> Receiver:
    """Puts it on its way to that receiver, unless that would repeat what was said last; the receiver as it stands."""
    if repeats(tx.notices.last_said(receiver.id, said.subject), said, tx.now):
        return receiver
    due_at = receiver.when(tx.now)
    notice = Notice(
        id=NoticeId(new_id("ntc")),
        receiver_id=receiver.id,
        topic=said.topic,
        subject=said.subject,
        title=said.title,
        text=said.text,
        link=said.link,
        urgency=said.urgency,
        created_at=tx.now,
        due_at=due_at,
    )
    tx.notices.add(notice)
    held = tx.notices.receiver(receiver.id, lock=True) or receiver
    asked = held.ask(due_at)
    tx.notices.update_receiver(asked)
    return asked


def prune(tx: Transaction) -> int:
    """Forgets what was settled long ago; how many there were."""
    return tx.notices.prune(tx.now - KEPT_FOR)


def _words(tx: Transaction, event: Event) -> Words | None:
    """An event of another shape than is known here must not keep those behind it from being told."""
    try:
        return words(tx, event)
    except (KeyError, ValueError, TypeError) as error:
        log.warning("an event could not be put into words", type=event.type, id=event.id, error=repr(error))
        return None


def _those_told(tx: Transaction, event: Event, said: Words, receivers: Collection[Receiver]) -> list[ReceiverId]:
    wanting = [each for each in receivers if each.wants(said.topic) and each.created_at <= event.at]
    people = _concerned(tx, event) if any(receiver.user_id is not None for receiver in wanting) else frozenset()
    wanting = [each for each in wanting if each.id != event.data.get("id")]
    if any(each.only_mine for each in wanting):
        asked_for_by = _asked_for_by(tx, event)
        wanting = [each for each in wanting if not each.only_mine or asked_for_by in {None, each.user_id}]
    return [each.id for each in wanting if (each.user_id in people if each.user_id else not event.private)]


def _asked_for_by(tx: Transaction, event: Event) -> UserId | None:
    """Who wanted the work that it is about; None for what is nobody's wish, say a worker that is gone."""
    job = tx.jobs.get(event.job_id) if event.job_id is not None else None
    if job is not None:
        return job.requested_by
    run = tx.sprints.run(event.data["id"]) if event.type == "sprint_run.changed" else None
    return run.started_by if run is not None else None


def _concerned(tx: Transaction, event: Event) -> frozenset[UserId]:
    """Who may hear of it: the one whom it is private to, a product's people, a worker's owner, administrators."""
    if event.private or (event.product_id is None and event.user_id is not None):
        return frozenset({event.user_id} if event.user_id is not None else ())
    if event.product_id is not None:
        return frozenset(tx.products.members(ProductId(event.product_id)))
    return frozenset(user.id for user in tx.people.users() if user.is_admin)
