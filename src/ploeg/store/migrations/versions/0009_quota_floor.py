"""The part of a quota window that a user keeps, and a worker's windows as they were last told."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    rebuild: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("users", recreate=rebuild) as users:
        users.add_column(sa.Column("min_quota_pct", sa.Integer(), nullable=False, server_default="20"))
    with op.batch_alter_table("workers", recreate=rebuild) as workers:
        workers.add_column(sa.Column("quota", DOCUMENT, nullable=False, server_default="[]"))
        workers.add_column(sa.Column("last_quota_pct", sa.Double()))
        workers.add_column(sa.Column("last_quota_check_at", MOMENT))
