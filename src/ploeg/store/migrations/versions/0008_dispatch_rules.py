"""Active hours, limits per runtime and on work in review, schedules, and what a follow-up job needs to know."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TEXT = sa.Text()
MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    rebuild: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("products", recreate=rebuild) as products:
        products.add_column(sa.Column("active_hours", DOCUMENT))
        products.add_column(sa.Column("open_from", MOMENT))
        products.add_column(sa.Column("open_until", MOMENT))
        products.add_column(sa.Column("max_jobs_by_runtime", DOCUMENT))
        products.add_column(sa.Column("max_in_review", sa.Integer()))
    with op.batch_alter_table("attempts", recreate=rebuild) as attempts:
        attempts.add_column(sa.Column("snapshot", TEXT))
    _partial("ix_products_open_until", "products", ["open_until"], "open_until IS NOT NULL")
    _partial("ix_tasks_in_review", "tasks", ["product_id"], "status = 'REVIEW'")
    _partial("ix_pbis_in_review", "pbis", ["product_id"], "pr_url IS NOT NULL AND pr_merged_at IS NULL")
    _partial("ix_jobs_waiting", "jobs", ["product_id"], "status = 'waiting'")
    _schedules()


def _partial(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("task_id", TEXT, nullable=False),
        sa.Column("requested_by", TEXT, nullable=False),
        sa.Column("recurrence", DOCUMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("instruction", TEXT),
        sa.Column("labels", DOCUMENT, nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("overrides", DOCUMENT, nullable=False),
        sa.Column("next_at", MOMENT),
        sa.Column("last_at", MOMENT),
        sa.Column("last_job_id", TEXT),
        sa.Column("note", TEXT),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_schedules_product_id"),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name="fk_schedules_task_id"),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name="fk_schedules_requested_by"),
        sa.ForeignKeyConstraint(["last_job_id"], ["jobs.id"], name="fk_schedules_last_job_id"),
        sa.PrimaryKeyConstraint("id", name="pk_schedules"),
        sa.UniqueConstraint("number", name="uq_schedules_number"),
    )
    op.create_index("ix_schedules_product_id", "schedules", ["product_id"])
    op.create_index("ix_schedules_task_id", "schedules", ["task_id"])
    _partial("ix_schedules_next_at", "schedules", ["next_at"], "next_at IS NOT NULL")
