"""What is owed to forges: one row for each branch that has, or should have, a pull request."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, UniqueConstraint

from ploeg.domain.delivery import Trouble
from ploeg.store.tables.base import metadata
from ploeg.store.tables.types import Prose, Utc, Word

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    Column("repo_url", Prose, nullable=False),
    Column("branch", Prose, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("job_id", Prose, ForeignKey("jobs.id"), nullable=False),
    Column("head_sha", Prose, nullable=False),
    Column("story_id", Prose, ForeignKey("stories.id")),
    Column("sprint_run_id", Prose, ForeignKey("sprint_runs.id")),
    Column("due_at", Utc),
    Column("held_until", Utc),
    Column("asked", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("trouble", Word(Trouble)),
    Column("reason", Prose),
    Column("pr_url", Prose),
    Column("delivered_sha", Prose),
    Column("delivered_at", Utc),
    UniqueConstraint("product_id", "repo_url", "branch"),
    Index(None, "story_id"),
    Index(None, "sprint_run_id"),
)

_OWED = deliveries.c.due_at.is_not(None)
DUE = Index("ix_deliveries_due_at", deliveries.c.due_at, sqlite_where=_OWED, postgresql_where=_OWED)
