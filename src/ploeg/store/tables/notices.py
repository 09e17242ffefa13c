"""Notices on their way, where they go, and up to which event they were made."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint, false

from ploeg.domain.delivery import Trouble
from ploeg.domain.notice import NoticeState, ReceiverKind, Topic, Urgency
from ploeg.store.tables.base import metadata
from ploeg.store.tables.types import Document, Grade, Prose, Utc, Word

notice_receivers = Table(
    "notice_receivers",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("user_id", Prose, ForeignKey("users.id")),
    Column("name", Prose, nullable=False),
    Column("kind", Word(ReceiverKind), nullable=False),
    Column("shown", Prose, nullable=False),
    Column("topics", Document(tuple[str, ...]), nullable=False),
    Column("quiet", Prose),
    Column("time_zone", Prose, nullable=False),
    Column("digest_minutes", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("due_at", Utc),
    Column("held_until", Utc),
    Column("taken", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("trouble", Word(Trouble)),
    Column("reason", Prose),
    Column("sent_at", Utc),
    Column("only_mine", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("user_id", "name"),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("receiver_id", Prose, ForeignKey("notice_receivers.id", ondelete="CASCADE"), nullable=False),
    Column("topic", Word(Topic), nullable=False),
    Column("subject", Prose, nullable=False),
    Column("title", Prose, nullable=False),
    Column("text", Prose, nullable=False),
    Column("link", Prose),
    Column("urgency", Grade(Urgency), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("state", Word(NoticeState), nullable=False),
    Column("settled_at", Utc),
    Index(None, "receiver_id", "subject", "id"),
    Index(None, "settled_at"),
)

#: One row: the last event that notices were made of.
notice_cursor = Table(
    "notice_cursor",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("event_id", BigInteger, nullable=False),
)

PENDING = notices.c.settled_at.is_(None)
WAITING = Index(
    "ix_notices_receiver_id_due_at",
    notices.c.receiver_id,
    notices.c.due_at,
    sqlite_where=PENDING,
    postgresql_where=PENDING,
)
_OWED = notice_receivers.c.due_at.is_not(None)
DUE = Index("ix_notice_receivers_due_at", notice_receivers.c.due_at, sqlite_where=_OWED, postgresql_where=_OWED)
