"""What is asked of forges beyond pull requests, and what a product allows of it."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TEXT = sa.Text()
NUMBER = sa.Integer()
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    rebuild: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("products", recreate=rebuild) as products:
        products.add_column(sa.Column("auto_merge", sa.Boolean(), nullable=False, server_default=sa.false()))
        products.add_column(sa.Column("merge_method", TEXT, nullable=False, server_default="squash"))
        products.add_column(
            sa.Column("delete_merged_branches", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        products.add_column(sa.Column("failure_cascade", sa.Boolean(), nullable=False, server_default=sa.true()))
        products.add_column(sa.Column("promote_workflow", TEXT))
    op.create_table(
        "forge_actions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("repo_url", TEXT, nullable=False),
        sa.Column("deed", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("number", NUMBER),
        sa.Column("branch", TEXT),
        sa.Column("sha", TEXT),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("job_id", TEXT),
        sa.Column("story_id", TEXT),
        sa.Column("sprint_run_id", TEXT),
        sa.Column("due_at", MOMENT),
        sa.Column("held_until", MOMENT),
        sa.Column("taken", NUMBER, nullable=False),
        sa.Column("tries", NUMBER, nullable=False),
        sa.Column("looks", NUMBER, nullable=False),
        sa.Column("trouble", TEXT),
        sa.Column("reason", TEXT),
        sa.Column("scheduled", sa.Boolean(), nullable=False),
        sa.Column("result", TEXT),
        sa.Column("done_at", MOMENT),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_forge_actions_product_id"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_forge_actions_job_id"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_forge_actions_story_id"),
        sa.ForeignKeyConstraint(["sprint_run_id"], ["sprint_runs.id"], name="fk_forge_actions_sprint_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_forge_actions"),
        sa.UniqueConstraint("product_id", "key", name="uq_forge_actions_product_id_key"),
    )
    op.create_index("ix_forge_actions_story_id", "forge_actions", ["story_id"])
    owed = sa.text("due_at IS NOT NULL")
    op.create_index("ix_forge_actions_due_at", "forge_actions", ["due_at"], sqlite_where=owed, postgresql_where=owed)
