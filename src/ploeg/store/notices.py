"""Notices and their receivers: one receiver is taken by one server at a time, with all that is due to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, select, update

from ploeg.domain.ids import ReceiverId, UserId
from ploeg.domain.notice import Notice, NoticeState, Receiver
from ploeg.store.dialects import per_dialect
from ploeg.store.due import DueRows, Turn
from ploeg.store.rows import Shape
from ploeg.store.tables.notices import PENDING, notice_cursor, notice_receivers, notices

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

RECEIVER = Shape(Receiver, notice_receivers, "receiver")
NOTICE = Shape(Notice, notices, "notice")

_EVERY = RECEIVER.select.order_by(notice_receivers.c.created_at, notice_receivers.c.id)
_NAMED = RECEIVER.select.where(notice_receivers.c.name == bindparam("name"))
_OF_USER_NAMED = _NAMED.where(notice_receivers.c.user_id == bindparam("user_id"))
_OWN_NAMED = _NAMED.where(notice_receivers.c.user_id.is_(None))
_ANY = select(notice_receivers.c.id).limit(1)
_REMOVE = delete(notice_receivers).where(notice_receivers.c.id == bindparam("receiver"))
_REMOVE_NOTICES = delete(notices).where(notices.c.receiver_id == bindparam("receiver"))
_DUE = Turn(RECEIVER, notice_receivers.c.due_at)

_WAITING = (
    NOTICE.select.where(notices.c.receiver_id == bindparam("receiver"), PENDING)
    .order_by(notices.c.due_at, notices.c.id)
    .limit(bindparam("at_most"))
)
_NEXT_WAITING = select(func.min(notices.c.due_at)).where(notices.c.receiver_id == bindparam("receiver"), PENDING)
_LAST_SAID = (
    NOTICE.select.where(notices.c.receiver_id == bindparam("receiver"), notices.c.subject == bindparam("subject"))
    .order_by(notices.c.id.desc())
    .limit(1)
)
_NEWEST = (
    NOTICE.select.where(notices.c.receiver_id.in_(bindparam("receivers", expanding=True)))
    .order_by(notices.c.id.desc())
    .limit(bindparam("at_most"))
)
_SETTLE = update(notices).where(notices.c.id.in_(bindparam("settled", expanding=True)), PENDING)
_PRUNE = delete(notices).where(notices.c.settled_at < bindparam("before"))

_CURSOR = select(notice_cursor.c.event_id)
_CURSOR_HELD = _CURSOR.with_for_update()
_BEGIN = per_dialect(
    lambda insert: insert(notice_cursor).values(id=1, event_id=bindparam("event")).on_conflict_do_nothing()
)
_MOVE = update(notice_cursor).values(event_id=bindparam("event"))


class Notices(DueRows[Receiver]):
    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx, _DUE)

    def add_receiver(self, receiver: Receiver) -> None:
        """`Conflict` when that person has one of the same name."""
        RECEIVER.add(self._tx, receiver)

    def update_receiver(self, receiver: Receiver) -> None:
        RECEIVER.update(self._tx, receiver)

    def receiver(self, receiver_id: ReceiverId, *, lock: bool = False) -> Receiver | None:
        return RECEIVER.get(self._tx, receiver_id, lock=lock)

    def receiver_named(self, user_id: UserId | None, name: str) -> Receiver | None:
        """That person's of that name; with None the installation's."""
        if user_id is None:
            return RECEIVER.one(self._tx, _OWN_NAMED, name=name)
        return RECEIVER.one(self._tx, _OF_USER_NAMED, user_id=user_id, name=name)

    def receivers(self) -> list[Receiver]:
        """Everybody's and the installation's, oldest first."""
        return RECEIVER.all(self._tx, _EVERY)

    def any_receiver(self) -> bool:
        return self._tx.connection.execute(_ANY).first() is not None

    def remove_receiver(self, receiver_id: ReceiverId) -> None:
        """With all its notices."""
        self._tx.connection.execute(_REMOVE_NOTICES, {"receiver": receiver_id})
        self._tx.connection.execute(_REMOVE, {"receiver": receiver_id})

    def add(self, notice: Notice) -> None:
        NOTICE.add(self._tx, notice)

    def waiting(self, receiver_id: ReceiverId, limit: int) -> list[Notice]:
        """Those that are not settled there, the first due first."""
        return NOTICE.all(self._tx, _WAITING, receiver=receiver_id, at_most=limit)

    def next_waiting(self, receiver_id: ReceiverId) -> datetime | None:
        """When the first that waits for that receiver is due."""
        moment: datetime | None = self._tx.connection.execute(_NEXT_WAITING, {"receiver": receiver_id}).scalar()
        return moment

    def last_said(self, receiver_id: ReceiverId, subject: str) -> Notice | None:
        """The newest about that subject there, sent or not."""
        return NOTICE.one(self._tx, _LAST_SAID, receiver=receiver_id, subject=subject)

    def newest(self, receiver_ids: Sequence[ReceiverId], limit: int) -> list[Notice]:
        return NOTICE.all(self._tx, _NEWEST, receivers=list(receiver_ids), at_most=limit)

    def settle(self, settled: Sequence[Notice], state: NoticeState, at: datetime) -> None:
        values = {"settled": [notice.id for notice in settled], "state": state, "settled_at": at}
        self._tx.connection.execute(_SETTLE, values)

    def prune(self, before: datetime) -> int:
        """Forgets those that were settled before that; how many there were."""
        return self._tx.connection.execute(_PRUNE, {"before": before}).rowcount

    def cursor(self, *, hold: bool = False) -> int | None:
        """The last event that notices were made of; None before the first."""
        event_id: int | None = self._tx.connection.execute(_CURSOR_HELD if hold else _CURSOR).scalar()
        return event_id

    def begin(self, event_id: int) -> None:
        """What happened up to then is history. No change where there is a cursor."""
        self._tx.connection.execute(_BEGIN[self._tx.dialect], {"event": event_id})

    def move_cursor(self, event_id: int) -> None:
        self._tx.connection.execute(_MOVE, {"event": event_id})
