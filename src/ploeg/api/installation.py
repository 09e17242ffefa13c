"""The server itself: what runs, and which workers it knows."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from ploeg import __version__
from ploeg.api.access import Caller, Plane
from ploeg.control import installation_view
from ploeg.control.installation_view import WorkerView
from ploeg.domain.version import behind
from ploeg.wire.base import Items
from ploeg.wire.installation import (
    AccountOut,
    DatabaseOut,
    DiskOut,
    QuotaWindowOut,
    RuntimeBlockOut,
    ServerOut,
    WorkerOut,
)

router = APIRouter(tags=["installation"])


@router.get("/server")
async def show_server(plane: Plane, caller: Caller) -> ServerOut:
    """Versions, the database in use with its warnings, and how many workers are there."""
    workers = await plane.read(installation_view.workers, caller)
    info = plane.engine_info()
    return ServerOut(
        version=__version__,
        database=DatabaseOut(dialect=info.dialect, version=info.version, warnings=list(info.warnings)),
        workers=sum(view.online for view in workers),
        started_at=plane.started_at,
    )


@router.get("/workers")
async def list_workers(plane: Plane, caller: Caller) -> Items[WorkerOut]:
    """The caller's workers; all of them for administrators."""
    return Items(items=[_worker(view) for view in await plane.read(installation_view.workers, caller)])


@router.get("/workers/{worker}/quota")
async def show_quota(
    plane: Plane,
    caller: Caller,
    worker: str,
    hours: Annotated[float, Query(gt=0, le=24 * 90, description="How far to look back.")] = 24,
) -> Items[QuotaWindowOut]:
    """How the quota windows of a worker's accounts went, the newest first; where they stood still there is nothing."""
    course = await plane.read(installation_view.course, caller, worker, timedelta(hours=hours))
    return Items(items=[QuotaWindowOut.model_validate(use) for use in course])


def _worker(view: WorkerView) -> WorkerOut:
    worker = view.worker
    blocks = {str(seat): RuntimeBlockOut.model_validate(block) for seat, block in view.blocks.items()}
    of_the_view = {
        "online",
        "jobs",
        "runtime_blocks",
        "runtimes",
        "labels",
        "accounts",
        "quota",
        "unfit",
        "min_quota_pct",
        "disk",
    }
    shown = set(WorkerOut.model_fields) - of_the_view - {"version_note"}
    return WorkerOut(
        **{name: getattr(worker, name) for name in shown},
        version_note=behind(worker.version, __version__),
        runtimes=list(worker.runtimes),
        labels=list(worker.labels),
        online=view.online,
        jobs=view.jobs,
        runtime_blocks=blocks,
        accounts=[AccountOut.model_validate(account) for account in worker.accounts],
        quota=[QuotaWindowOut.model_validate(use) for use in worker.quota],
        unfit=view.unfit,
        min_quota_pct=view.min_quota_pct,
        disk=DiskOut.model_validate(worker.disk) if worker.disk is not None else None,
    )
