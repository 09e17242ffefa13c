"""Products that merge one branch at a time, and jobs that only bring a branch up to date."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    rebuild: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("products", recreate=rebuild) as products:
        products.add_column(sa.Column("merge_train", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("jobs", recreate=rebuild) as jobs:
        jobs.add_column(sa.Column("catches_up", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("forge_actions", recreate=rebuild) as forge_actions:
        forge_actions.add_column(sa.Column("aside", sa.Boolean(), nullable=False, server_default=sa.false()))
