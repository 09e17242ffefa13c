"""One transaction as a verb sees it: the moment it began, and the repositories that read and write in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection

from ploeg.domain.occurrence import Event
from ploeg.store.attempts import Attempts
from ploeg.store.backlog import Backlog
from ploeg.store.claims import Claims
from ploeg.store.dialects import POSTGRESQL
from ploeg.store.events import Events
from ploeg.store.jobs import Jobs
from ploeg.store.people import People
from ploeg.store.products import Products
from ploeg.store.workers import Workers


class Transaction:
    """Given to each verb, and of no use after it."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        #: The moment of this transaction, by the store's clock.
        self.now = now
        self.connection = connection
        #: Records as this transaction last saw them, so that an update writes only what differs.
        self.known: dict[tuple[str, str], Any] = {}
        self.people = People(self)
        self.products = Products(self)
        self.backlog = Backlog(self)
        self.jobs = Jobs(self)
        self.attempts = Attempts(self)
        self.claims = Claims(self)
        self.workers = Workers(self)
        self.events = Events(self)

    @property
    def emitted(self) -> list[Event]:
        """The events that this transaction added, in order, with their ids."""
        return self.events.flush()

    @property
    def driver(self) -> Any:
        """The driver's own connection, for the one statement that must not wait for SQLAlchemy."""
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
