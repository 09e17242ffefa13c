"""What people want to remember, each their own."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, UniqueConstraint

from ploeg.store.tables.base import metadata
from ploeg.store.tables.types import Prose, Utc

todos = Table(
    "todos",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("user_id", Prose, ForeignKey("users.id"), nullable=False),
    Column("code", Prose, nullable=False),
    Column("title", Prose, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("description", Prose),
    Column("product_id", Prose, ForeignKey("products.id")),
    Column("done_at", Utc),
    Column("archived_at", Utc),
    UniqueConstraint("user_id", "code"),
)
