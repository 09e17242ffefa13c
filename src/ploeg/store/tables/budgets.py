"""How quota windows went, what was spent in which period, and what past jobs took."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, PrimaryKeyConstraint, Table

from ploeg.domain.forecast import PastRun
from ploeg.store.tables.base import metadata
from ploeg.store.tables.types import Document, Prose, Utc

quota_history = Table(
    "quota_history",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("worker_id", Prose, ForeignKey("workers.id"), nullable=False),
    Column("runtime", Prose, nullable=False),
    Column("account", Prose, nullable=False),
    #: The window's.
    Column("name", Prose, nullable=False),
    Column("status", Prose, nullable=False),
    Column("utilization", Double),
    Column("resets_at", Utc),
    Column("seen_at", Utc, nullable=False),
    Index(None, "worker_id", "seen_at"),
    Index(None, "seen_at"),
)

#: One row for each period in which a scope spent anything: `scope` is a product's id, or `installation`.
spending = Table(
    "spending",
    metadata,
    Column("scope", Prose, nullable=False),
    Column("period", Prose, nullable=False),
    Column("micro_usd", BigInteger, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    #: When its budget was first seen to be used up.
    Column("reached_at", Utc),
    PrimaryKeyConstraint("scope", "period"),
)

past_runs = Table(
    "past_runs",
    metadata,
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    Column("kind", Prose, nullable=False),
    Column("runtime", Prose, nullable=False),
    Column("runs", Document(tuple[PastRun, ...]), nullable=False),
    PrimaryKeyConstraint("product_id", "kind", "runtime"),
)
