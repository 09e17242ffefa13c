"""Sprints, their runs, and the frozen tasks of runs that are one job."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, Table, UniqueConstraint, literal_column

from ploeg.domain.gate import Coverage, VerifyRequired
from ploeg.domain.sprint import PrStrategy, SprintStatus
from ploeg.domain.sprint_run import ExecutionStatus, Pause, RunStatus
from ploeg.store.tables.base import metadata
from ploeg.store.tables.types import Document, Prose, Utc, Word

sprints = Table(
    "sprints",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    Column("code", Prose, nullable=False),
    Column("goal", Prose, nullable=False),
    Column("status", Word(SprintStatus), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("start_date", Date),
    Column("end_date", Date),
    Column("completed_at", Utc),
    UniqueConstraint("product_id", "code"),
)

sprint_runs = Table(
    "sprint_runs",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("sprint_id", Prose, ForeignKey("sprints.id"), nullable=False),
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    Column("started_by", Prose, ForeignKey("users.id"), nullable=False),
    Column("status", Word(RunStatus), nullable=False),
    Column("pr_strategy", Word(PrStrategy), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("branch", Prose),
    Column("pr_url", Prose),
    Column("started_at", Utc),
    Column("ended_at", Utc),
    Column("failure_reason", Prose),
    Column("failed_task_id", Prose, ForeignKey("tasks.id")),
    Column("pause", Document(Pause)),
    Column("previous_run_id", Prose, ForeignKey("sprint_runs.id"), unique=True),
    Index(None, "sprint_id"),
)

PAUSED = sprint_runs.c.status == literal_column("'PAUSED'")
UNENDED = sprint_runs.c.status.in_([literal_column(f"'{status}'") for status in ("PAUSED", "QUEUED", "RUNNING")])

#: The law of runs: one that has not ended for each sprint.
UNENDED_RUN = Index(
    "uq_sprint_runs_unended", sprint_runs.c.sprint_id, unique=True, sqlite_where=UNENDED, postgresql_where=UNENDED
)

#: For the chore that lets runs go on.
PAUSED_RUN = Index("ix_sprint_runs_paused", sprint_runs.c.sprint_id, sqlite_where=PAUSED, postgresql_where=PAUSED)

executions = Table(
    "executions",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("job_id", Prose, ForeignKey("jobs.id"), nullable=False),
    Column("task_id", Prose, ForeignKey("tasks.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("plan", Prose, nullable=False),
    Column("verify_required", Word(VerifyRequired), nullable=False),
    Column("verify_only", Boolean, nullable=False),
    Column("status", Word(ExecutionStatus), nullable=False),
    Column("base_sha", Prose),
    Column("head_sha", Prose),
    Column("coverage", Word(Coverage)),
    Column("summary", Prose),
    Column("skip_reason", Prose),
    Column("started_at", Utc),
    Column("ended_at", Utc),
    UniqueConstraint("job_id", "task_id"),
    Index(None, "task_id"),
)
