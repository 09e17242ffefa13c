"""The server itself, and the workers that it knows."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ploeg.domain.account import AccountPolicy, Purse
from ploeg.domain.worker import WorkerState
from ploeg.wire.base import Reply


class RuntimeBlockOut(Reply):
    reason: str
    until: datetime | None
    sign_in: bool


class AccountOut(Reply):
    """An account that a worker has a sign-in for, by its own word."""

    runtime: str
    name: str = Field(description="Empty for a runtime's only one.")
    purse: Purse | None = Field(description="What pays for its jobs; null: nobody can say.")


class QuotaWindowOut(Reply):
    """As the runtime's own events last told it."""

    runtime: str
    account: str = Field(description="Empty for a runtime's only one.")
    window: str
    status: str
    utilization: float | None = Field(description="0 to 1; null when it was not said.")
    resets_at: datetime | None
    seen_at: datetime


class DiskOut(Reply):
    """A worker's disk as it last weighed it; sizes are bytes."""

    at: datetime
    free: int
    size: int
    used: int = Field(description="By all parts of the worker's home.")
    parts: dict[str, int]
    budget: int | None
    full_at: datetime | None = Field(description="When it is full, as it fills now; null if it does not.")
    low: str | None = Field(description="Why it takes no more jobs.")


class WorkerOut(Reply):
    id: str
    hostname: str
    pid: int
    version: str
    version_note: str | None = Field(description="What to update, where its version is not the server's.")
    slots: int
    runtimes: list[str]
    labels: list[str]
    sandbox: str
    state: WorkerState
    reason: str | None
    until: datetime | None
    seen_at: datetime
    online: bool
    runtime_blocks: dict[str, RuntimeBlockOut] = Field(
        description="What keeps its accounts from jobs now, by `runtime` or `runtime/account`."
    )
    accounts: list[AccountOut]
    account_policy: AccountPolicy = Field(description="Which of the open accounts takes the next job.")
    quota: list[QuotaWindowOut]
    unfit: list[str] = Field(
        description="Jobs that may not fit into what is left of its quota, by what such jobs took, for people."
    )
    min_quota_pct: int = Field(description="Per cent of every quota window that its owner keeps.")
    last_quota_pct: float | None = Field(description="What an agent said is left of the quota; nothing goes by it.")
    last_quota_check_at: datetime | None
    disk: DiskOut | None
    jobs: list[str]


class DatabaseOut(Reply):
    dialect: str
    version: str
    warnings: list[str]


class ServerOut(Reply):
    version: str
    database: DatabaseOut
    workers: int
    started_at: datetime


class HealthOut(Reply):
    status: str
    version: str
    live: bool = Field(description="It runs; if not, start it anew.")
    ready: bool = Field(description="It does what it is there for.")
    reasons: list[str] = Field(description="What to look at, the gravest first.")
