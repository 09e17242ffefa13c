"""Where forges send their webhooks. They carry no token: each is signed with its repository's secret."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ploeg.control.intake.hear import Ear
from ploeg.domain.errors import NotFound


async def hear(request: Request) -> Response:
    """Something happened in the repository that the path names by its host and path there."""
    ear, place = request.app.state.ear, request.path_params["place"]
    if not isinstance(ear, Ear):
        raise NotFound("forge", place.partition("/")[0])
    return JSONResponse({"looks": await ear.hear(place, request.headers, await request.body())}, 202)
