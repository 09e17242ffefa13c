"""Receivers that are told of their person's own work alone."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    rebuild: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("notice_receivers", recreate=rebuild) as receivers:
        receivers.add_column(sa.Column("only_mine", sa.Boolean(), nullable=False, server_default=sa.false()))
