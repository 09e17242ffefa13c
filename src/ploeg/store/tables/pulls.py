"""Pull requests that are followed, and what was said about them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint, literal_column

from ploeg.domain.delivery import Trouble
from ploeg.domain.forge import ChecksState, PullStatus, Verdict
from ploeg.domain.remark import RemarkKind, RemarkState
from ploeg.store.tables.base import metadata
from ploeg.store.tables.types import Prose, Utc, Word

pulls = Table(
    "pulls",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    Column("repo_url", Prose, nullable=False),
    Column("number", Integer, nullable=False),
    Column("url", Prose, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("delivery_id", Prose, ForeignKey("deliveries.id")),
    Column("title", Prose, nullable=False),
    Column("author", Prose, nullable=False),
    Column("branch", Prose, nullable=False),
    Column("head_sha", Prose, nullable=False),
    Column("base", Prose, nullable=False),
    Column("status", Word(PullStatus)),
    Column("draft", Boolean, nullable=False),
    Column("mergeable", Boolean),
    Column("checks", Word(ChecksState), nullable=False),
    Column("merged_sha", Prose),
    Column("looked_at", Utc),
    Column("changed_at", Utc),
    Column("look_at", Utc),
    Column("held_until", Utc),
    Column("asked", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("trouble", Word(Trouble)),
    Column("reason", Prose),
    Column("rounds", Integer, nullable=False),
    Column("waits", Prose),
    UniqueConstraint("product_id", "repo_url", "number"),
    Index(None, "delivery_id"),
)

_DUE = pulls.c.look_at.is_not(None)
TO_LOOK_AT = Index("ix_pulls_look_at", pulls.c.look_at, sqlite_where=_DUE, postgresql_where=_DUE)

remarks = Table(
    "remarks",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("pull_id", Prose, ForeignKey("pulls.id"), nullable=False),
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    Column("kind", Word(RemarkKind), nullable=False),
    Column("key", Prose, nullable=False),
    Column("state", Word(RemarkState), nullable=False),
    Column("said_at", Utc, nullable=False),
    Column("noted_at", Utc, nullable=False),
    Column("author", Prose, nullable=False),
    Column("trusted", Boolean, nullable=False),
    Column("verdict", Word(Verdict)),
    Column("text", Prose, nullable=False),
    Column("url", Prose, nullable=False),
    Column("path", Prose),
    Column("line", Integer),
    Column("sha", Prose),
    Column("job_id", Prose, ForeignKey("jobs.id")),
    UniqueConstraint("pull_id", "key"),
    Index(None, "job_id"),
)

OPEN = remarks.c.state == literal_column(f"'{RemarkState.OPEN}'")
REMARKS_OPEN = Index("ix_remarks_open", remarks.c.product_id, sqlite_where=OPEN, postgresql_where=OPEN)
