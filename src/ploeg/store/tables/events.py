"""What happened. Append-only, without foreign keys: history outlives what it speaks of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from ploeg.store.tables.base import metadata
from ploeg.store.tables.types import Document, Prose, Utc

events = Table(
    "events",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Utc, nullable=False),
    Column("type", Prose, nullable=False),
    Column("actor", Prose, nullable=False),
    Column("product_id", Prose),
    Column("job_id", Prose),
    Column("attempt_id", Prose),
    Column("user_id", Prose),
    Column("data", Document(dict[str, Any]), nullable=False),
    Column("story_id", Prose),
    Index(None, "job_id", "id"),
    Index(None, "product_id", "id"),
    sqlite_autoincrement=True,
)

OF_STORY = Index(
    "ix_events_story_id_id",
    events.c.story_id,
    events.c.id,
    sqlite_where=events.c.story_id.is_not(None),
    postgresql_where=events.c.story_id.is_not(None),
)
