"""Products, who belongs to them, and the counters that codes come from."""

from __future__ import annotations

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
    false,
    true,
)

from ploeg.domain.access import Role
from ploeg.domain.config import ConfigLayer
from ploeg.domain.doc import Folder
from ploeg.domain.forge import MergeMethod
from ploeg.domain.hours import ActiveHours
from ploeg.domain.remark import FollowUps
from ploeg.domain.sprint import PrStrategy
from ploeg.store.tables.base import metadata
from ploeg.store.tables.types import Document, Prose, Utc, Word

products = Table(
    "products",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("owner_id", Prose, ForeignKey("users.id"), nullable=False),
    Column("name", Prose, nullable=False),
    Column("code", Prose, nullable=False, unique=True),
    Column("repo_url", Prose),
    Column("definition_of_done", Prose, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("description", Prose),
    Column("max_concurrent_jobs", Integer),
    Column("config", Document(ConfigLayer), nullable=False),
    Column("archived_at", Utc),
    Column("enabled_doc_folders", Document(tuple[Folder, ...])),
    Column("pr_strategy", Word(PrStrategy), nullable=False, server_default=PrStrategy.SPRINT_BATCH),
    Column("auto_pr", Boolean, nullable=False, server_default=false()),
    Column("active_hours", Document(ActiveHours)),
    Column("open_from", Utc),
    Column("open_until", Utc),
    Column("max_jobs_by_runtime", Document(dict[str, int])),
    Column("max_in_review", Integer),
    Column("auto_merge", Boolean, nullable=False, server_default=false()),
    Column("merge_method", Word(MergeMethod), nullable=False, server_default=MergeMethod.SQUASH),
    Column("delete_merged_branches", Boolean, nullable=False, server_default=false()),
    Column("failure_cascade", Boolean, nullable=False, server_default=true()),
    Column("promote_workflow", Prose),
    Column("max_cost_usd_per_month", Double),
    Column("max_tokens_per_month", BigInteger),
    Column("follow_ups", Word(FollowUps), nullable=False, server_default=FollowUps.ASK),
    Column("merge_train", Boolean, nullable=False, server_default=false()),
    Index(None, "owner_id"),
)

_HAS_HOURS = products.c.open_until.is_not(None)
OPENING = Index("ix_products_open_until", products.c.open_until, sqlite_where=_HAS_HOURS, postgresql_where=_HAS_HOURS)

members = Table(
    "members",
    metadata,
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    Column("user_id", Prose, ForeignKey("users.id"), nullable=False),
    Column("role", Word(Role), nullable=False),
    PrimaryKeyConstraint("product_id", "user_id"),
    Index(None, "user_id"),
)

#: One row for each series of codes: `scope` is a product's id, or `installation`.
counters = Table(
    "counters",
    metadata,
    Column("scope", Prose, nullable=False),
    Column("series", Prose, nullable=False),
    Column("value", BigInteger, nullable=False),
    PrimaryKeyConstraint("scope", "series"),
)
