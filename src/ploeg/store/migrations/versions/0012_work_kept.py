"""Where on the remote the work of an attempt lies that did not end as done."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    rebuild: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("attempts", recreate=rebuild) as attempts:
        attempts.add_column(sa.Column("wip_branch", sa.Text()))
