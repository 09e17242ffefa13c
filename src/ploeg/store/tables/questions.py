"""Questions of agents to people. The indexes that the sweep and a parked job lean on hold undecided ones only."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, literal_column

from ploeg.domain.question import OnExpiry, QuestionStatus
from ploeg.store.tables.base import metadata
from ploeg.store.tables.types import Document, Prose, Utc, Word

questions = Table(
    "questions",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    Column("story_id", Prose, ForeignKey("stories.id")),
    Column("idea_id", Prose, ForeignKey("ideas.id")),
    Column("task_id", Prose, ForeignKey("tasks.id")),
    Column("job_id", Prose, ForeignKey("jobs.id"), nullable=False),
    Column("attempt_id", Prose, ForeignKey("attempts.id"), nullable=False),
    Column("question", Prose, nullable=False),
    Column("options", Document(tuple[str, ...]), nullable=False),
    Column("recommended", Integer),
    Column("on_expiry", Word(OnExpiry), nullable=False),
    Column("status", Word(QuestionStatus), nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("answer", Prose),
    Column("answered_by", Prose, ForeignKey("users.id")),
    Column("answered_at", Utc),
    Index(None, "product_id", "number"),
    Index(None, "job_id", "number"),
)

#: Written out, not bound: SQLite takes a partial index only for a condition it can read.
IS_OPEN = questions.c.status == literal_column(f"'{QuestionStatus.OPEN}'")

DEADLINES = Index("ix_questions_deadline", questions.c.expires_at, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)
