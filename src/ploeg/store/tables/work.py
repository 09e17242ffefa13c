"""Jobs, attempts and workers. Indexes that the claim leans on hold live rows only, so finished ones cost it nothing.

A partial index is used where a statement says the index's own condition, so the conditions stand here by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    and_,
    false,
    literal_column,
)

from ploeg.domain.account import Account, AccountPolicy, Purse
from ploeg.domain.attempt import Outcome, Phase, Resume, Usage
from ploeg.domain.disk import DiskUse
from ploeg.domain.job import ACTIVE, TERMINAL, JobStatus
from ploeg.domain.quota import QuotaUse
from ploeg.domain.worker import RuntimeBlock, WorkerState
from ploeg.store.tables.base import metadata
from ploeg.store.tables.types import Document, Prose, Utc, Word

jobs = Table(
    "jobs",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("kind", Prose, nullable=False),
    Column("status", Word(JobStatus), nullable=False),
    Column("product_id", Prose, ForeignKey("products.id"), nullable=False),
    Column("requested_by", Prose, ForeignKey("users.id"), nullable=False),
    Column("runtime", Prose, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("story_id", Prose, ForeignKey("stories.id")),
    Column("task_id", Prose, ForeignKey("tasks.id")),
    Column("labels", Document(tuple[str, ...]), nullable=False),
    Column("lane", Prose),
    Column("sequence", BigInteger),
    Column("branch", Prose),
    Column("rank", BigInteger, nullable=False),
    Column("not_before", Utc),
    Column("overrides", Document(dict[str, Any]), nullable=False),
    Column("instruction", Prose),
    Column("attempt_id", Prose),
    Column("attempts", Integer, nullable=False),
    Column("counted", Integer, nullable=False),
    Column("reminded", Boolean, nullable=False),
    Column("resume", Document(Resume)),
    Column("cancel_requested", Boolean, nullable=False),
    Column("outcome", Word(Outcome)),
    Column("reason", Prose),
    Column("retry_of", Prose, ForeignKey("jobs.id")),
    Column("claimed_at", Utc),
    Column("started_at", Utc),
    Column("ended_at", Utc),
    Column("request_key", Prose),
    Column("follow_up_of", Prose, ForeignKey("jobs.id")),
    Column("sprint_run_id", Prose, ForeignKey("sprint_runs.id")),
    Column("idea_id", Prose, ForeignKey("ideas.id")),
    Column("private_to", Prose, ForeignKey("users.id")),
    Column("pr_url", Prose),
    Column("catches_up", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("requested_by", "request_key"),
    Index(None, "product_id", "number"),
    Index(None, "story_id", "number"),
    Index(None, "task_id", "number"),
    Index(None, "sprint_run_id", "number"),
    Index(None, "idea_id", "number"),
)


def has_status(table: FromClause, statuses: Iterable[JobStatus]) -> ColumnElement[bool]:
    """Written out, not bound: SQLite takes a partial index only for a condition it can read."""
    words: list[ColumnElement[str]] = [literal_column(f"'{status}'") for status in sorted(statuses)]
    status: ColumnElement[str] = table.c.status
    return status == words[0] if len(words) == 1 else status.in_(words)


def queued(table: FromClause) -> ColumnElement[bool]:
    return has_status(table, {JobStatus.QUEUED})


def active(table: FromClause) -> ColumnElement[bool]:
    """An attempt holds the job."""
    return has_status(table, ACTIVE)


def unfinished(table: FromClause) -> ColumnElement[bool]:
    return has_status(table, frozenset(JobStatus) - TERMINAL)


def _partial(name: str, *columns: Column[Any], where: ColumnElement[bool], unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


#: The law of lanes: whatever the code does, one active job in each.
ACTIVE_LANE = _partial(
    "uq_jobs_active_lane", jobs.c.lane, where=and_(jobs.c.lane.is_not(None), active(jobs)), unique=True
)
QUEUE = _partial("ix_jobs_queue", jobs.c.rank, jobs.c.number, where=queued(jobs))
ACTIVE_OF_PRODUCT = _partial("ix_jobs_active_of_product", jobs.c.product_id, where=active(jobs))
LANE = _partial("ix_jobs_lane", jobs.c.lane, jobs.c.sequence, where=and_(jobs.c.lane.is_not(None), unfinished(jobs)))
WAITING = _partial("ix_jobs_waiting", jobs.c.product_id, where=has_status(jobs, {JobStatus.WAITING}))
DELAYED = _partial("ix_jobs_delayed", jobs.c.not_before, where=and_(jobs.c.not_before.is_not(None), queued(jobs)))

workers = Table(
    "workers",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("user_id", Prose, ForeignKey("users.id"), nullable=False),
    Column("token_id", Prose, ForeignKey("tokens.id"), nullable=False),
    Column("instance", Prose, nullable=False),
    Column("hostname", Prose, nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("version", Prose, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("runtimes", Document(tuple[str, ...]), nullable=False),
    Column("labels", Document(tuple[str, ...]), nullable=False),
    Column("sandbox", Prose, nullable=False),
    Column("state", Word(WorkerState), nullable=False),
    Column("reason", Prose),
    Column("until", Utc),
    Column("seen_at", Utc, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("runtime_blocks", Document(dict[str, RuntimeBlock]), nullable=False),
    Column("quota", Document(tuple[QuotaUse, ...]), nullable=False, server_default="[]"),
    Column("last_quota_pct", Double),
    Column("last_quota_check_at", Utc),
    Column("disk", Document(DiskUse)),
    Column("accounts", Document(tuple[Account, ...]), nullable=False, server_default="[]"),
    Column("account_policy", Word(AccountPolicy), nullable=False, server_default=AccountPolicy.IN_ORDER),
    UniqueConstraint("token_id", "instance"),
    Index(None, "user_id"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Prose, primary_key=True),
    Column("job_id", Prose, ForeignKey("jobs.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("worker_id", Prose, ForeignKey("workers.id"), nullable=False),
    Column("runtime", Prose, nullable=False),
    Column("phase", Word(Phase), nullable=False),
    Column("claimed_at", Utc, nullable=False),
    Column("lease_until", Utc),
    Column("frozen", Document(dict[str, Any]), nullable=False),
    Column("claim_key", Prose, nullable=False),
    Column("started_at", Utc),
    Column("ended_at", Utc),
    Column("outcome", Word(Outcome)),
    Column("reason", Prose),
    Column("summary", Prose),
    Column("model", Prose),
    Column("session_id", Prose),
    Column("usage", Document(Usage), nullable=False),
    Column("branch", Prose),
    Column("base_sha", Prose),
    Column("head_sha", Prose),
    Column("pushed_at", Utc),
    Column("kept_ref", Prose),
    Column("receipt", Document(dict[str, Any])),
    Column("next_chunk", BigInteger, nullable=False),
    Column("transcript_bytes", BigInteger, nullable=False),
    Column("snapshot", Prose),
    Column("wip_branch", Prose),
    Column("account", Prose, nullable=False, server_default=""),
    Column("purse", Word(Purse)),
    UniqueConstraint("job_id", "number"),
)

#: The law of owners: one live attempt for each job.
ACTIVE_ATTEMPT = _partial("uq_attempts_active_job", attempts.c.job_id, where=attempts.c.ended_at.is_(None), unique=True)
HELD_BY_WORKER = _partial("ix_attempts_held_by_worker", attempts.c.worker_id, where=attempts.c.ended_at.is_(None))
LEASES = _partial("ix_attempts_lease", attempts.c.lease_until, where=attempts.c.ended_at.is_(None))
CLAIM_KEYS = _partial(
    "uq_attempts_claim_key",
    attempts.c.worker_id,
    attempts.c.claim_key,
    where=attempts.c.claim_key != literal_column("''"),
    unique=True,
)
