"""Ideas, the further products that they touch, their logs, and what is said about them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from ploeg.domain.chat import Channel
from ploeg.domain.course import Course
from ploeg.domain.idea import IdeaLogType
from ploeg.domain.idea_step import IdeaStatus
from ploeg.store.tables.base import metadata
from ploeg.store.tables.types import Document, Prose, Utc, Word

ideas = Table(
    "ideas",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("user_id", Prose, ForeignKey("users.id"), nullable=False),
    Column("code", Prose, nullable=False),
    Column("title", Prose, nullable=False),
    Column("status", Word(IdeaStatus), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("product_id", Prose, ForeignKey("products.id")),
    Column("description", Prose),
    Column("grill_md", Prose),
    Column("plan_md", Prose),
    Column("grill_doc_id", Prose, ForeignKey("product_docs.id", ondelete="SET NULL")),
    Column("plan_doc_id", Prose, ForeignKey("product_docs.id", ondelete="SET NULL")),
    Column("review_log", Document(dict[str, Any])),
    Column("reviewed_at", Utc),
    Column("pbi_id", Prose, ForeignKey("pbis.id"), unique=True),
    Column("shared", Boolean, nullable=False),
    Column("archived_at", Utc),
    Column("was", Word(IdeaStatus)),
    Column("course", Document(Course)),
    UniqueConstraint("user_id", "code"),
    Index(None, "product_id"),
)

idea_products = Table(
    "idea_products",
    metadata,
    Column("idea_id", Prose, ForeignKey("ideas.id"), nullable=False),
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    PrimaryKeyConstraint("idea_id", "product_id"),
)

idea_logs = Table(
    "idea_logs",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("idea_id", Prose, ForeignKey("ideas.id"), nullable=False),
    Column("type", Word(IdeaLogType), nullable=False),
    Column("content", Prose, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("actor", Prose, nullable=False),
    Column("metadata", Document(dict[str, Any])),
    Column("call_id", Prose, unique=True),
    Index(None, "idea_id"),
)

idea_messages = Table(
    "idea_messages",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("idea_id", Prose, ForeignKey("ideas.id"), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("channel", Word(Channel), nullable=False),
    Column("user_id", Prose, ForeignKey("users.id")),
    Column("text", Prose, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("job_id", Prose, ForeignKey("jobs.id")),
    UniqueConstraint("idea_id", "number"),
    Index(None, "job_id"),
)
