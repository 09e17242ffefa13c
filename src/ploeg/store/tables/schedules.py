"""What is queued again and again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table

from ploeg.domain.schedule import Recurrence
from ploeg.store.tables.base import metadata
from ploeg.store.tables.types import Document, Prose, Utc

schedules = Table(
    "schedules",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    Column("task_id", Prose, ForeignKey("tasks.id"), nullable=False),
    Column("requested_by", Prose, ForeignKey("users.id"), nullable=False),
    Column("recurrence", Document(Recurrence), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("instruction", Prose),
    Column("labels", Document(tuple[str, ...]), nullable=False),
    Column("rank", BigInteger, nullable=False),
    Column("overrides", Document(dict[str, Any]), nullable=False),
    Column("next_at", Utc),
    Column("last_at", Utc),
    Column("last_job_id", Prose, ForeignKey("jobs.id")),
    Column("note", Prose),
    Index(None, "product_id"),
    Index(None, "task_id"),
)

_PLANNED = schedules.c.next_at.is_not(None)
DUE = Index("ix_schedules_next_at", schedules.c.next_at, sqlite_where=_PLANNED, postgresql_where=_PLANNED)
