"""Pull requests that Ploeg owes to forges, and the one that a job's work is in."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TEXT = sa.Text()
NUMBER = sa.Integer()
MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    rebuild: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("jobs", recreate=rebuild) as jobs:
        jobs.add_column(sa.Column("pr_url", TEXT))
    op.create_table(
        "deliveries",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("repo_url", TEXT, nullable=False),
        sa.Column("branch", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("job_id", TEXT, nullable=False),
        sa.Column("head_sha", TEXT, nullable=False),
        sa.Column("story_id", TEXT),
        sa.Column("sprint_run_id", TEXT),
        sa.Column("due_at", MOMENT),
        sa.Column("held_until", MOMENT),
        sa.Column("asked", NUMBER, nullable=False),
        sa.Column("taken", NUMBER, nullable=False),
        sa.Column("tries", NUMBER, nullable=False),
        sa.Column("trouble", TEXT),
        sa.Column("reason", TEXT),
        sa.Column("pr_url", TEXT),
        sa.Column("delivered_sha", TEXT),
        sa.Column("delivered_at", MOMENT),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_deliveries_product_id"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_deliveries_job_id"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_deliveries_story_id"),
        sa.ForeignKeyConstraint(["sprint_run_id"], ["sprint_runs.id"], name="fk_deliveries_sprint_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("product_id", "repo_url", "branch", name="uq_deliveries_product_id_repo_url_branch"),
    )
    op.create_index("ix_deliveries_story_id", "deliveries", ["story_id"])
    op.create_index("ix_deliveries_sprint_run_id", "deliveries", ["sprint_run_id"])
    owed = sa.text("due_at IS NOT NULL")
    op.create_index("ix_deliveries_due_at", "deliveries", ["due_at"], sqlite_where=owed, postgresql_where=owed)
