"""What is asked of forges beyond pull requests: one row for each deed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint, false

from ploeg.domain.delivery import Trouble
from ploeg.domain.forge_action import Deed
from ploeg.store.tables.base import metadata
from ploeg.store.tables.types import Document, Prose, Utc, Word

forge_actions = Table(
    "forge_actions",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    Column("repo_url", Prose, nullable=False),
    Column("deed", Word(Deed), nullable=False),
    Column("key", Prose, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("actor", Prose, nullable=False),
    Column("number", Integer),
    Column("branch", Prose),
    Column("sha", Prose),
    Column("content", Document(dict[str, Any]), nullable=False),
    Column("job_id", Prose, ForeignKey("jobs.id")),
    Column("story_id", Prose, ForeignKey("stories.id")),
    Column("sprint_run_id", Prose, ForeignKey("sprint_runs.id")),
    Column("due_at", Utc),
    Column("held_until", Utc),
    Column("taken", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("looks", Integer, nullable=False),
    Column("trouble", Word(Trouble)),
    Column("reason", Prose),
    Column("scheduled", Boolean, nullable=False),
    Column("result", Prose),
    Column("done_at", Utc),
    Column("aside", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("product_id", "key"),
    Index(None, "story_id"),
)

_OWED = forge_actions.c.due_at.is_not(None)
DUE = Index("ix_forge_actions_due_at", forge_actions.c.due_at, sqlite_where=_OWED, postgresql_where=_OWED)
