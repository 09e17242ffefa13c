"""Backlog items, stories, tasks, and a story's activity log."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Table, UniqueConstraint

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
    UniqueConstraint("product_id", "code"),
)

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
    UniqueConstraint("product_id", "code"),
    Index(None, "story_id"),
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
