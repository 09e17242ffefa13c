"""Tools about the worker that a job runs on, and about what its owner keeps of the quota."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, Field

from ploeg.tools.declaration import Arguments, Result, Side, Tool


class GetWorkerSettings(Arguments):
    pass


class WorkerSettingsShown(Result):
    #: Per cent of every quota window that is kept for the workers' owner.
    min_quota_pct: int


class WorkerHeartbeat(Arguments):
    last_quota_pct: float = Field(ge=0, le=100, description="What is left of the quota, in per cent.")
    last_quota_check_at: AwareDatetime | None = Field(
        default=None, description="When you looked, with its offset from UTC; left out: now."
    )


class WorkerHeard(Result):
    last_quota_pct: float
    last_quota_check_at: datetime


GET_WORKER_SETTINGS = Tool(
    name="get_worker_settings",
    description=(
        "How much of every quota window the owner of the workers keeps. Once less than that is left of one, a worker "
        "takes no more jobs until its reset; you need not watch it."
    ),
    arguments=GetWorkerSettings,
    result=WorkerSettingsShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)

WORKER_HEARTBEAT = Tool(
    name="worker_heartbeat",
    description=(
        "Tell how much of the quota is left, if you know. People see it as your word on the worker; it steers nothing: "
        "the worker reads its quota from the runtime's own events, and keeps the job's lease by itself."
    ),
    arguments=WorkerHeartbeat,
    result=WorkerHeard,
    side=Side.SERVER,
)
