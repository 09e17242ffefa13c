"""Backlog items, stories and tasks, what they need done first, a story's activity log, and where imports came from."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    and_,
    literal_column,
)

from ploeg.domain.backlog import LogType, PbiStatus, Priority, StoryStatus, TaskStatus
from ploeg.domain.config import ConfigLayer
from ploeg.domain.gate import VerifyRequired
from ploeg.store.tables.base import metadata
from ploeg.store.tables.types import Document, Grade, Prose, Utc, Word

pbis = Table(
    "pbis",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    Column("code", Prose, nullable=False),
    Column("title", Prose, nullable=False),
    Column("description", Prose),
    Column("priority", Grade(Priority), nullable=False),
    Column("sort_order", Double, nullable=False),
    Column("status", Word(PbiStatus), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("pr_url", Prose),
    Column("pr_merged_at", Utc),
    Column("archived_at", Utc),
    UniqueConstraint("product_id", "code"),
)

#: A pull request that nobody has merged yet.
AWAITS_MERGE = and_(pbis.c.pr_url.is_not(None), pbis.c.pr_merged_at.is_(None))
PBISIN_REVIEW = Index("ix_pbis_in_review", pbis.c.product_id, sqlite_where=AWAITS_MERGE, postgresql_where=AWAITS_MERGE)

stories = Table(
    "stories",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("pbi_id", Prose, ForeignKey("pbis.id"), nullable=False),
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    Column("code", Prose, nullable=False),
    Column("title", Prose, nullable=False),
    Column("description", Prose),
    Column("acceptance_criteria", Prose),
    Column("priority", Grade(Priority), nullable=False),
    Column("sort_order", Double, nullable=False),
    Column("status", Word(StoryStatus), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("sprint_id", Prose, ForeignKey("sprints.id")),
    Column("assignee_id", Prose, ForeignKey("users.id")),
    Column("estimate", Double),
    Column("archived_at", Utc),
    UniqueConstraint("product_id", "code"),
    Index(None, "pbi_id"),
    Index(None, "sprint_id"),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("story_id", Prose, ForeignKey("stories.id"), nullable=False),
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    Column("code", Prose, nullable=False),
    Column("title", Prose, nullable=False),
    Column("description", Prose),
    Column("implementation_plan", Prose),
    Column("priority", Grade(Priority), nullable=False),
    Column("sort_order", Double, nullable=False),
    Column("status", Word(TaskStatus), nullable=False),
    Column("verify_only", Boolean, nullable=False),
    Column("verify_required", Word(VerifyRequired), nullable=False),
    Column("repo_url", Prose),
    Column("config", Document(ConfigLayer), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("estimate", Double),
    Column("archived_at", Utc),
    UniqueConstraint("product_id", "code"),
    Index(None, "story_id"),
)

IN_REVIEW = tasks.c.status == literal_column(f"'{TaskStatus.REVIEW}'")
TASKSIN_REVIEW = Index("ix_tasks_in_review", tasks.c.product_id, sqlite_where=IN_REVIEW, postgresql_where=IN_REVIEW)

task_dependencies = Table(
    "task_dependencies",
    metadata,
    Column("task_id", Prose, ForeignKey("tasks.id"), nullable=False),
    Column("prerequisite_id", Prose, ForeignKey("tasks.id"), nullable=False),
    PrimaryKeyConstraint("task_id", "prerequisite_id"),
    Index(None, "prerequisite_id"),
)

story_dependencies = Table(
    "story_dependencies",
    metadata,
    Column("story_id", Prose, ForeignKey("stories.id"), nullable=False),
    Column("prerequisite_id", Prose, ForeignKey("stories.id"), nullable=False),
    PrimaryKeyConstraint("story_id", "prerequisite_id"),
    Index(None, "prerequisite_id"),
)

story_logs = Table(
    "story_logs",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("story_id", Prose, ForeignKey("stories.id"), nullable=False),
    Column("type", Word(LogType), nullable=False),
    Column("content", Prose, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("status", Prose),
    Column("commit_hash", Prose),
    Column("commit_message", Prose),
    Column("metadata", Document(dict[str, Any])),
    Column("call_id", Prose, unique=True),
    Index(None, "story_id"),
)

#: The key of each item in the full-text index, which takes whole numbers only.
backlog_search_items = Table(
    "backlog_search_items",
    metadata,
    Column("key", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("item_id", Prose, nullable=False, unique=True),
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
)

imports = Table(
    "imports",
    metadata,
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    Column("source", Prose, nullable=False),
    Column("item_id", Prose, nullable=False),
    Column("content_hash", Prose, nullable=False),
    Column("imported_at", Utc, nullable=False),
    PrimaryKeyConstraint("product_id", "source"),
)
