"""Sprints, their runs, and the frozen tasks of runs that are one job."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.Text()
MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    _sprints()
    _runs()
    _executions()
    rebuild: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("products", recreate=rebuild) as products:
        products.add_column(sa.Column("pr_strategy", TEXT, nullable=False, server_default="SPRINT_BATCH"))
        products.add_column(sa.Column("auto_pr", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("stories", recreate=rebuild) as stories:
        stories.add_column(sa.Column("sprint_id", TEXT))
        stories.create_foreign_key("fk_stories_sprint_id", "sprints", ["sprint_id"], ["id"])
        stories.create_index("ix_stories_sprint_id", ["sprint_id"])
    with op.batch_alter_table("jobs", recreate=rebuild) as jobs:
        jobs.add_column(sa.Column("follow_up_of", TEXT))
        jobs.add_column(sa.Column("sprint_run_id", TEXT))
        jobs.create_foreign_key("fk_jobs_follow_up_of", "jobs", ["follow_up_of"], ["id"])
        jobs.create_foreign_key("fk_jobs_sprint_run_id", "sprint_runs", ["sprint_run_id"], ["id"])
        jobs.create_index("ix_jobs_sprint_run_id_number", ["sprint_run_id", "number"])


def _sprints() -> None:
    op.create_table(
        "sprints",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("goal", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("start_date", sa.Date()),
        sa.Column("end_date", sa.Date()),
        sa.Column("completed_at", MOMENT),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_sprints_product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sprints"),
        sa.UniqueConstraint("product_id", "code", name="uq_sprints_product_id_code"),
    )


def _runs() -> None:
    op.create_table(
        "sprint_runs",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("sprint_id", TEXT, nullable=False),
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("started_by", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("pr_strategy", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("branch", TEXT),
        sa.Column("pr_url", TEXT),
        sa.Column("started_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("failure_reason", TEXT),
        sa.Column("failed_task_id", TEXT),
        sa.Column("pause", DOCUMENT),
        sa.Column("previous_run_id", TEXT),
        sa.ForeignKeyConstraint(["sprint_id"], ["sprints.id"], name="fk_sprint_runs_sprint_id"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_sprint_runs_product_id"),
        sa.ForeignKeyConstraint(["started_by"], ["users.id"], name="fk_sprint_runs_started_by"),
        sa.ForeignKeyConstraint(["failed_task_id"], ["tasks.id"], name="fk_sprint_runs_failed_task_id"),
        sa.ForeignKeyConstraint(["previous_run_id"], ["sprint_runs.id"], name="fk_sprint_runs_previous_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sprint_runs"),
        sa.UniqueConstraint("previous_run_id", name="uq_sprint_runs_previous_run_id"),
    )
    unended = sa.text("status IN ('PAUSED', 'QUEUED', 'RUNNING')")
    op.create_index(
        "uq_sprint_runs_unended",
        "sprint_runs",
        ["sprint_id"],
        unique=True,
        sqlite_where=unended,
        postgresql_where=unended,
    )
    op.create_index("ix_sprint_runs_sprint_id", "sprint_runs", ["sprint_id"])
    paused = sa.text("status = 'PAUSED'")
    op.create_index("ix_sprint_runs_paused", "sprint_runs", ["sprint_id"], sqlite_where=paused, postgresql_where=paused)


def _executions() -> None:
    op.create_table(
        "executions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("job_id", TEXT, nullable=False),
        sa.Column("task_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("plan", TEXT, nullable=False),
        sa.Column("verify_required", TEXT, nullable=False),
        sa.Column("verify_only", sa.Boolean(), nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("base_sha", TEXT),
        sa.Column("head_sha", TEXT),
        sa.Column("coverage", TEXT),
        sa.Column("summary", TEXT),
        sa.Column("skip_reason", TEXT),
        sa.Column("started_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_executions_job_id"),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name="fk_executions_task_id"),
        sa.PrimaryKeyConstraint("id", name="pk_executions"),
        sa.UniqueConstraint("job_id", "task_id", name="uq_executions_job_id_task_id"),
    )
    op.create_index("ix_executions_task_id", "executions", ["task_id"])
