"""For what watches over the server: whether it is well, and its numbers."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ploeg import __version__
from ploeg.api.access import REFUSALS, Plane
from ploeg.control import metrics
from ploeg.control.health import health
from ploeg.control.plane import ControlPlane
from ploeg.domain.access import Principal
from ploeg.domain.errors import NotFound
from ploeg.domain.health import Health
from ploeg.wire.installation import HealthOut
from ploeg.wire.metrics import MEDIA_TYPE, text

router = APIRouter(tags=["installation"])

_NOT_WELL = {"model": HealthOut, "description": "Not well; `reasons` says why"}


@router.get("/health", response_model=HealthOut, responses={503: _NOT_WELL})
async def show_health(plane: Plane) -> Response:
    """Whether the server works; needs no token."""
    found = await health(plane)
    return _answer(found, found.well)


@router.get("/health/live", response_model=HealthOut, responses={503: _NOT_WELL})
async def show_live(plane: Plane) -> Response:
    """Whether the server runs at all; with 503 only a new start helps. Needs no token."""
    found = await health(plane)
    return _answer(found, found.live)


@router.get("/health/ready", response_model=HealthOut, responses={503: _NOT_WELL})
async def show_ready(plane: Plane) -> Response:
    """Whether the server takes requests; needs no token."""
    found = await health(plane)
    return _answer(found, found.ready)


@router.get("/metrics", response_class=Response, responses=REFUSALS)
async def show_metrics(plane: Plane, request: Request) -> Response:
    """The server's numbers as Prometheus reads them; for an administrator's token unless the settings say otherwise."""
    _let_in(plane, request)
    return Response(text(await metrics.readings(plane)), media_type=MEDIA_TYPE)


def _let_in(plane: ControlPlane, request: Request) -> None:
    match plane.installation.metrics:
        case "off":
            raise NotFound("address", request.url.path)
        case "token":
            caller: Principal = request.scope["ploeg.caller"]
            metrics.may_read(caller)
        case "open":
            pass


def _answer(found: Health, well: bool) -> Response:
    body = HealthOut(
        status=found.status,
        version=__version__,
        live=found.live,
        ready=found.ready,
        reasons=list(found.reasons),
    )
    return JSONResponse(body.model_dump(), 200 if well else 503)
