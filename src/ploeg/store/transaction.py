"""One transaction as a verb sees it: the moment it began, and the repositories that read and write in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection

from ploeg.domain.occurrence import Event
from ploeg.store.attempts import Attempts
from ploeg.store.backlog import Backlog
from ploeg.store.chats import Chats
from ploeg.store.claims import Claims
from ploeg.store.deliveries import Deliveries
from ploeg.store.dependencies import Dependencies
from ploeg.store.dialects import POSTGRESQL
from ploeg.store.docs import Docs
from ploeg.store.events import Events
from ploeg.store.forge_actions import ForgeActions
from ploeg.store.ideas import Ideas
from ploeg.store.imports import Imports
from ploeg.store.jobs import Jobs
from ploeg.store.notices import Notices
from ploeg.store.past_runs import PastRuns
from ploeg.store.people import People
from ploeg.store.products import Products
from ploeg.store.pulls import Pulls
from ploeg.store.questions import Questions
from ploeg.store.queue import Queue
from ploeg.store.quota_history import QuotaHistory
from ploeg.store.schedules import Schedules
from ploeg.store.spending import Spending
from ploeg.store.sprints import Sprints
from ploeg.store.todos import Todos
from ploeg.store.workers import Workers


class Transaction:
    """Given to each verb, and of no use after it. A repository is made when it is asked for: most verbs use few."""

    __slots__ = ("connection", "events", "known", "now", "snapshot")

    def __init__(self, connection: Connection, now: datetime, *, snapshot: bool = False) -> None:
        #: It sees one moment of the database and changes nothing: what it has read once stays so.
        self.snapshot = snapshot
        #: The moment of this transaction, by the store's clock.
        self.now = now
        self.connection = connection
        #: Records as this transaction last saw them, so that an update writes only what differs.
        self.known: dict[tuple[str, str], Any] = {}
        self.events = Events(self)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """All that is done within, or nothing of it where an error leaves it; the transaction itself goes on."""
        known, events = dict(self.known), self.events.so_far()
        self.connection.exec_driver_sql("SAVEPOINT whole")
        try:
            yield
        except BaseException:
            self.connection.exec_driver_sql("ROLLBACK TO SAVEPOINT whole")
            self.known = known
            self.events.back_to(events)
            raise
        finally:
            self.connection.exec_driver_sql("RELEASE SAVEPOINT whole")

    @property
    def people(self) -> People:
        return People(self)

    @property
    def products(self) -> Products:
        return Products(self)

    @property
    def backlog(self) -> Backlog:
        return Backlog(self)

    @property
    def dependencies(self) -> Dependencies:
        return Dependencies(self)

    @property
    def docs(self) -> Docs:
        return Docs(self)

    @property
    def ideas(self) -> Ideas:
        return Ideas(self)

    @property
    def chats(self) -> Chats:
        return Chats(self)

    @property
    def jobs(self) -> Jobs:
        return Jobs(self)

    @property
    def attempts(self) -> Attempts:
        return Attempts(self)

    @property
    def questions(self) -> Questions:
        return Questions(self)

    @property
    def imports(self) -> Imports:
        return Imports(self)

    @property
    def todos(self) -> Todos:
        return Todos(self)

    @property
    def sprints(self) -> Sprints:
        return Sprints(self)

    @property
    def schedules(self) -> Schedules:
        return Schedules(self)

    @property
    def deliveries(self) -> Deliveries:
        return Deliveries(self)

    @property
    def forge_actions(self) -> ForgeActions:
        return ForgeActions(self)

    @property
    def pulls(self) -> Pulls:
        return Pulls(self)

    @property
    def notices(self) -> Notices:
        return Notices(self)

    @property
    def queue(self) -> Queue:
        return Queue(self)

    @property
    def claims(self) -> Claims:
        return Claims(self)

    @property
    def past_runs(self) -> PastRuns:
        return PastRuns(self)

    @property
    def spending(self) -> Spending:
        return Spending(self)

    @property
    def workers(self) -> Workers:
        return Workers(self)

    @property
    def quota_history(self) -> QuotaHistory:
        return QuotaHistory(self)

    @property
    def emitted(self) -> list[Event]:
        """The events that this transaction added, in order, with their ids."""
        return self.events.flush()

    @property
    def driver(self) -> Any:
        """The driver's own connection."""
        return self.connection.connection.driver_connection

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.connection.dialect.name

    @property
    def on_postgres(self) -> bool:
        return self.dialect == POSTGRESQL


T = TypeVar("T")
#: A function of one transaction. It may be run more than once, so it touches nothing but the transaction.
Verb: TypeAlias = Callable[[Transaction], T]


def utc_now() -> datetime:
    return datetime.now(UTC)
