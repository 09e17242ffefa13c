"""The server itself: whether it is well, what runs, and which workers it knows."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ploeg import __version__
from ploeg.api.access import Caller, Plane
from ploeg.control import installation_view
from ploeg.control.installation_view import WorkerView
from ploeg.control.plane import ControlPlane
from ploeg.domain.errors import Unavailable
from ploeg.wire.base import Items
from ploeg.wire.installation import DatabaseOut, HealthOut, QuotaWindowOut, RuntimeBlockOut, ServerOut, WorkerOut

router = APIRouter(tags=["installation"])
open_router = APIRouter(tags=["installation"])


@open_router.get("/health", responses={503: {"model": HealthOut, "description": "The database does not answer"}})
async def health(request: Request) -> Response:
    """Whether the server works; needs no token."""
    plane: ControlPlane = request.app.state.plane
    database = await _database(plane)
    stopping = plane.watch.stopping
    well = database == "ok" and not stopping
    status = "ok" if well else "stopping" if stopping else "unhealthy"
    body = HealthOut(status=status, version=__version__, database=database)
    return JSONResponse(body.model_dump(), 200 if well else 503)


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


async def _database(plane: ControlPlane) -> str:
    try:
        await plane.read(lambda tx: tx.events.last_id())
    except Unavailable as error:
        return str(error)
    return "ok"


def _worker(view: WorkerView) -> WorkerOut:
    worker = view.worker
    blocks = {name: RuntimeBlockOut.model_validate(block) for name, block in view.blocks.items()}
    of_the_view = {"online", "jobs", "runtime_blocks", "runtimes", "labels", "quota", "min_quota_pct"}
    shown = set(WorkerOut.model_fields) - of_the_view
    return WorkerOut(
        **{name: getattr(worker, name) for name in shown},
        runtimes=list(worker.runtimes),
        labels=list(worker.labels),
        online=view.online,
        jobs=view.jobs,
        runtime_blocks=blocks,
        quota=[QuotaWindowOut.model_validate(use) for use in worker.quota],
        min_quota_pct=view.min_quota_pct,
    )
