"""What happened. Events are the last that a transaction writes, and become visible in the order of their ids."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, bindparam, func, insert, or_, select

from ploeg.domain.ids import AttemptId, JobId, ProductId, StoryId, UserId
from ploeg.domain.occurrence import PERSONAL, Event
from ploeg.store.dialects import Lock
from ploeg.store.jobs import JOB
from ploeg.store.tables.events import events
from ploeg.store.tables.work import jobs

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

_NAMES = tuple(field.name for field in fields(Event))
_COLUMNS = [events.c[name] for name in _NAMES]
_ADD = insert(events).returning(events.c.id)
#: As `Event.private` has it.
_PRIVATE = and_(
    events.c.user_id.is_not(None),
    or_(events.c.product_id.is_not(None), *(events.c.type.startswith(noun) for noun in PERSONAL)),
)
_LAST = select(func.coalesce(func.max(events.c.id), 0))
_AFTER = select(*_COLUMNS).where(events.c.id > bindparam("after")).order_by(events.c.id).limit(bindparam("at_most"))
_OF_STORY = (
    select(*_COLUMNS)
    .where(
        or_(
            events.c.story_id == bindparam("story_id"),
            and_(
                events.c.job_id.in_(select(jobs.c.id).where(jobs.c.story_id == bindparam("story_id"))),
                events.c.type.in_(bindparam("types", expanding=True)),
            ),
        )
    )
    .order_by(events.c.id.desc())
    .limit(bindparam("at_most"))
)
_OF_TYPES = (
    select(*_COLUMNS)
    .where(
        events.c.id > bindparam("after"),
        events.c.id <= bindparam("upto"),
        events.c.type.in_(bindparam("types", expanding=True)),
    )
    .order_by(events.c.id)
    .limit(bindparam("at_most"))
)
#: Held until the commit: without it a reader could see an event and miss one with a lower id that commits later.
_ONE_AT_A_TIME = select(func.pg_advisory_xact_lock(bindparam("lock")))


class Events:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._waiting: list[dict[str, Any]] = []
        self._written: list[Event] = []

    def add(
        self,
        type: str,
        *,
        product_id: ProductId | None = None,
        job_id: JobId | None = None,
        attempt_id: AttemptId | None = None,
        user_id: UserId | None = None,
        story_id: StoryId | None = None,
        actor: str,
        data: dict[str, Any],
    ) -> None:
        """Stored when the verb is over; `Transaction.emitted` then has it with its id."""
        self._waiting.append(
            {
                "at": self._tx.now,
                "type": type,
                "actor": actor,
                "product_id": product_id,
                "job_id": job_id,
                "attempt_id": attempt_id,
                "user_id": user_id,
                "story_id": story_id,
                "data": data,
            }
        )

    def so_far(self) -> tuple[int, int]:
        """How many there are, for `back_to`."""
        return len(self._written), len(self._waiting)

    def back_to(self, so_far: tuple[int, int]) -> None:
        """Forgets those that came later, which the database does as well."""
        written, waiting = so_far
        if len(self._written) > written:
            # What waited then was written meanwhile, and is undone with the rest: it waits again.
            undone = self._written[written:][:waiting]
            self._waiting = [{name: getattr(event, name) for name in _NAMES if name != "id"} for event in undone]
            del self._written[written:]
        else:
            del self._waiting[waiting:]

    def flush(self) -> list[Event]:
        """Writes what waits; every event of this transaction, in order."""
        if self._waiting:
            if self._tx.on_postgres:
                self._tx.connection.execute(_ONE_AT_A_TIME, {"lock": Lock.EVENTS})
            for values in self._waiting:
                self._written.append(self._write(values))
            self._waiting.clear()
        return self._written

    def _write(self, values: dict[str, Any]) -> Event:
        said = values | {"user_id": values["user_id"] or self._sole_viewer(values["job_id"])}
        event_id = self._tx.connection.execute(_ADD, said).scalar_one()
        return Event(id=event_id, **said)

    def _sole_viewer(self, job_id: JobId | None) -> UserId | None:
        """What happens to a private job concerns the one who may see it, and nobody else."""
        if job_id is None:
            return None
        job = JOB.known(self._tx, job_id) or JOB.get(self._tx, job_id)
        return job.private_to if job is not None else None

    def after(
        self,
        event_id: int,
        product_ids: Sequence[ProductId] | None,
        limit: int = 200,
        job_id: JobId | None = None,
        user_id: UserId | None = None,
        viewer: UserId | None = None,
    ) -> list[Event]:
        """Events later than that one, oldest first: of those products (None: of everything), and of that job only.

        With `user_id` the events that concern that person and no product come too. With a `viewer` those that are
        private to others do not.
        """
        self.flush()
        statement = _AFTER
        if product_ids is not None:
            mine: ColumnElement[bool] = events.c.product_id.in_(list(product_ids))
            if user_id is not None:
                mine = or_(mine, and_(events.c.product_id.is_(None), events.c.user_id == user_id))
            statement = statement.where(mine)
        if job_id is not None:
            statement = statement.where(events.c.job_id == job_id)
        if viewer is not None:
            statement = statement.where(or_(~_PRIVATE, events.c.user_id == viewer))
        rows = self._tx.connection.execute(statement, {"after": event_id, "at_most": limit})
        return [Event(**dict(zip(_NAMES, row, strict=True))) for row in rows]

    def of_story(self, story_id: StoryId, types: Sequence[str], limit: int) -> list[Event]:
        """The newest changes of a story and its tasks, and of its jobs those of these types; oldest first."""
        self.flush()
        asked = {"story_id": story_id, "types": list(types), "at_most": limit}
        rows = self._tx.connection.execute(_OF_STORY, asked).all()
        return [Event(**dict(zip(_NAMES, row, strict=True))) for row in reversed(rows)]

    def of_types(self, types: Collection[str], after: int, upto: int, limit: int) -> list[Event]:
        """Events of those types behind `after`, up to and with `upto`, oldest first."""
        asked = {"after": after, "upto": upto, "types": list(types), "at_most": limit}
        rows = self._tx.connection.execute(_OF_TYPES, asked)
        return [Event(**dict(zip(_NAMES, row, strict=True))) for row in rows]

    def last_id(self) -> int:
        """The id of the newest event; 0 when there is none."""
        self.flush()
        last: int = self._tx.connection.execute(_LAST).scalar_one()
        return last
