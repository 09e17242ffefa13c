"""Where forges send their webhooks. They carry no token: each is signed with its repository's secret."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ploeg.api import errors
from ploeg.api.doors import HOOKS
from ploeg.control.intake.hear import Ear
from ploeg.domain.errors import NotFound, PloegError


def hooks_app(ear: Ear | None) -> Starlette:
    """Hears of what happened in the repository that a path names by its host and its path there."""

    async def hear(request: Request) -> Response:
        place = request.path_params["place"]
        try:
            if ear is None:
                raise NotFound("forge", place.partition("/")[0])
            looks = await ear.hear(place, request.headers, await request.body())
        except PloegError as error:
            return errors.answer(error)
        return JSONResponse({"looks": looks}, 202)

    return Starlette(routes=[Route(f"{HOOKS}{{place:path}}", hear, methods=["POST"])])
