"""The pull request of a backlog item."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    rebuild: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("pbis", recreate=rebuild) as pbis:
        pbis.add_column(sa.Column("pr_url", sa.Text()))
        pbis.add_column(sa.Column("pr_merged_at", MOMENT))
