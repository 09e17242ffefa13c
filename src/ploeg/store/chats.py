"""What people and agents say to each other about ideas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select, update

from ploeg.domain.chat import Channel, IdeaMessage
from ploeg.domain.ids import IdeaId, JobId
from ploeg.store.rows import Shape
from ploeg.store.series import next_in
from ploeg.store.tables.ideas import idea_messages

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

MESSAGE = Shape(IdeaMessage, idea_messages, "message")

_IN_CHANNEL = (
    MESSAGE.select.where(
        idea_messages.c.idea_id == bindparam("idea_id"), idea_messages.c.channel == bindparam("channel")
    )
    .order_by(idea_messages.c.number.desc())
    .limit(bindparam("at_most"))
)
_OPEN = (
    idea_messages.c.idea_id == bindparam("of_idea"),
    idea_messages.c.channel == bindparam("in_channel"),
    idea_messages.c.user_id.is_not(None),
    idea_messages.c.job_id.is_(None),
)
_COUNT_OPEN = select(func.count()).where(*_OPEN)
_TAKEN_UP = (
    select(idea_messages.c.id)
    .where(idea_messages.c.job_id == bindparam("job_id"), idea_messages.c.user_id.is_not(None))
    .limit(1)
)
_TAKE_UP = update(idea_messages).where(*_OPEN)


class Chats:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def next_number(self, idea_id: IdeaId) -> int:
        """The number of the idea's next message: 1, 2, …, each given once."""
        return next_in(self._tx, idea_id, "message")

    def add(self, message: IdeaMessage) -> None:
        MESSAGE.add(self._tx, message)

    def messages(self, idea_id: IdeaId, channel: Channel, limit: int = 200) -> list[IdeaMessage]:
        """The newest ones, oldest of them first."""
        return MESSAGE.all(self._tx, _IN_CHANNEL, idea_id=idea_id, channel=channel, at_most=limit)[::-1]

    def open(self, idea_id: IdeaId, channel: Channel) -> int:
        """How many messages of people no job has taken up."""
        count: int = self._tx.connection.execute(_COUNT_OPEN, {"of_idea": idea_id, "in_channel": channel}).scalar_one()
        return count

    def taken_up(self, job_id: JobId) -> bool:
        """That job answers some already."""
        return self._tx.connection.execute(_TAKEN_UP, {"job_id": job_id}).first() is not None

    def take_up(self, idea_id: IdeaId, channel: Channel, job_id: JobId) -> None:
        """From now on that job answers all that is open."""
        values = {"of_idea": idea_id, "in_channel": channel, "job_id": job_id}
        self._tx.connection.execute(_TAKE_UP, values)
