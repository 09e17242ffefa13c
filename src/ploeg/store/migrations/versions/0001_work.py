"""Jobs, workers, attempts and events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = "0000"
branch_labels = None
depends_on = None

TEXT = sa.Text()
MOMENT = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    make_jobs()
    make_workers()
    make_attempts()
    make_events()


def partial(name: str, table: str, columns: list[str], where: str, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def make_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("product_id", TEXT, nullable=False),
        sa.Column("requested_by", TEXT, nullable=False),
        sa.Column("runtime", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("story_id", TEXT),
        sa.Column("task_id", TEXT),
        sa.Column("labels", DOCUMENT, nullable=False),
        sa.Column("lane", TEXT),
        sa.Column("sequence", sa.BigInteger()),
        sa.Column("branch", TEXT),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("not_before", MOMENT),
        sa.Column("overrides", DOCUMENT, nullable=False),
        sa.Column("instruction", TEXT),
        sa.Column("attempt_id", TEXT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("reminded", sa.Boolean(), nullable=False),
        sa.Column("resume", DOCUMENT),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("outcome", TEXT),
        sa.Column("reason", TEXT),
        sa.Column("retry_of", TEXT),
        sa.Column("claimed_at", MOMENT),
        sa.Column("started_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("request_key", TEXT),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_jobs_product_id"),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name="fk_jobs_requested_by"),
        sa.ForeignKeyConstraint(["retry_of"], ["jobs.id"], name="fk_jobs_retry_of"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_jobs_story_id"),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name="fk_jobs_task_id"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("number", name="uq_jobs_number"),
        sa.UniqueConstraint("requested_by", "request_key", name="uq_jobs_requested_by_request_key"),
    )
    partial("ix_jobs_active_of_product", "jobs", ["product_id"], "status IN ('claimed', 'running')")
    partial("ix_jobs_delayed", "jobs", ["not_before"], "not_before IS NOT NULL AND status = 'queued'")
    partial(
        "ix_jobs_lane",
        "jobs",
        ["lane", "sequence"],
        "lane IS NOT NULL AND status IN ('claimed', 'queued', 'running', 'waiting')",
    )
    op.create_index("ix_jobs_product_id_number", "jobs", ["product_id", "number"])
    partial("ix_jobs_queue", "jobs", ["rank", "number"], "status = 'queued'")
    op.create_index("ix_jobs_story_id_number", "jobs", ["story_id", "number"])
    op.create_index("ix_jobs_task_id_number", "jobs", ["task_id", "number"])
    partial(
        "uq_jobs_active_lane", "jobs", ["lane"], "lane IS NOT NULL AND status IN ('claimed', 'running')", unique=True
    )


def make_workers() -> None:
    op.create_table(
        "workers",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("token_id", TEXT, nullable=False),
        sa.Column("instance", TEXT, nullable=False),
        sa.Column("hostname", TEXT, nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("runtimes", DOCUMENT, nullable=False),
        sa.Column("labels", DOCUMENT, nullable=False),
        sa.Column("sandbox", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reason", TEXT),
        sa.Column("until", MOMENT),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("runtime_blocks", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["tokens.id"], name="fk_workers_token_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_workers_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
        sa.UniqueConstraint("token_id", "instance", name="uq_workers_token_id_instance"),
    )
    op.create_index("ix_workers_user_id", "workers", ["user_id"])


def make_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("job_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("worker_id", TEXT, nullable=False),
        sa.Column("runtime", TEXT, nullable=False),
        sa.Column("phase", TEXT, nullable=False),
        sa.Column("claimed_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT),
        sa.Column("frozen", DOCUMENT, nullable=False),
        sa.Column("claim_key", TEXT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("outcome", TEXT),
        sa.Column("reason", TEXT),
        sa.Column("summary", TEXT),
        sa.Column("model", TEXT),
        sa.Column("session_id", TEXT),
        sa.Column("usage", DOCUMENT, nullable=False),
        sa.Column("branch", TEXT),
        sa.Column("base_sha", TEXT),
        sa.Column("head_sha", TEXT),
        sa.Column("pushed_at", MOMENT),
        sa.Column("kept_ref", TEXT),
        sa.Column("receipt", DOCUMENT),
        sa.Column("next_chunk", sa.BigInteger(), nullable=False),
        sa.Column("transcript_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_attempts_job_id"),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.id"], name="fk_attempts_worker_id"),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.UniqueConstraint("job_id", "number", name="uq_attempts_job_id_number"),
    )
    partial("ix_attempts_held_by_worker", "attempts", ["worker_id"], "ended_at IS NULL")
    partial("ix_attempts_lease", "attempts", ["lease_until"], "ended_at IS NULL")
    partial("uq_attempts_active_job", "attempts", ["job_id"], "ended_at IS NULL", unique=True)
    partial("uq_attempts_claim_key", "attempts", ["worker_id", "claim_key"], "claim_key != ''", unique=True)


def make_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("product_id", TEXT),
        sa.Column("job_id", TEXT),
        sa.Column("attempt_id", TEXT),
        sa.Column("user_id", TEXT),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_job_id_id", "events", ["job_id", "id"])
    op.create_index("ix_events_product_id_id", "events", ["product_id", "id"])
