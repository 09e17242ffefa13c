"""The server itself, and the workers that it knows."""

from __future__ import annotations

from datetime import datetime

from ploeg.domain.worker import WorkerState
from ploeg.wire.base import Reply


class RuntimeBlockOut(Reply):
    reason: str
    until: datetime | None
    sign_in: bool


class WorkerOut(Reply):
    id: str
    hostname: str
    pid: int
    version: str
    slots: int
    runtimes: list[str]
    labels: list[str]
    sandbox: str
    state: WorkerState
    reason: str | None
    until: datetime | None
    seen_at: datetime
    online: bool
    runtime_blocks: dict[str, RuntimeBlockOut]
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
    database: str
