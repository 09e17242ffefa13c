"""Several accounts for a runtime, the course of their quota, what was spent when, and what past jobs took."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TEXT = sa.Text()
MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    rebuild: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("workers", recreate=rebuild) as workers:
        workers.add_column(sa.Column("accounts", DOCUMENT, nullable=False, server_default="[]"))
        workers.add_column(sa.Column("account_policy", TEXT, nullable=False, server_default="in_order"))
    with op.batch_alter_table("attempts", recreate=rebuild) as attempts:
        attempts.add_column(sa.Column("account", TEXT, nullable=False, server_default=""))
        attempts.add_column(sa.Column("purse", TEXT))
    with op.batch_alter_table("products", recreate=rebuild) as products:
        products.add_column(sa.Column("max_cost_usd_per_month", sa.Double()))
        products.add_column(sa.Column("max_tokens_per_month", sa.BigInteger()))
    op.create_table(
        "quota_history",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("worker_id", TEXT, nullable=False),
        sa.Column("runtime", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("utilization", sa.Double()),
        sa.Column("resets_at", MOMENT),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.id"], name="fk_quota_history_worker_id"),
        sa.PrimaryKeyConstraint("id", name="pk_quota_history"),
    )
    op.create_index("ix_quota_history_worker_id_seen_at", "quota_history", ["worker_id", "seen_at"])
    op.create_index("ix_quota_history_seen_at", "quota_history", ["seen_at"])
    op.create_table(
        "spending",
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("period", TEXT, nullable=False),
        sa.Column("micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("reached_at", MOMENT),
        sa.PrimaryKeyConstraint("scope", "period", name="pk_spending"),
    )
    op.create_table(
        "past_runs",
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("runtime", TEXT, nullable=False),
        sa.Column("runs", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_past_runs_product_id"),
        sa.PrimaryKeyConstraint("product_id", "kind", "runtime", name="pk_past_runs"),
    )
