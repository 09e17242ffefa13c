"""The server's one ASGI application."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from starlette.types import ASGIApp

from ploeg import __version__
from ploeg.api import (
    backlog_search,
    budgets,
    docs,
    errors,
    export,
    forge_actions,
    idea_messages,
    ideas,
    imports,
    installation,
    jobs,
    monitoring,
    notices,
    pages,
    pbis,
    people,
    products,
    pulls,
    questions,
    queue,
    schedules,
    sprints,
    stories,
    stream,
    tasks,
    todos,
)
from ploeg.api.access import REFUSALS
from ploeg.api.doors import ROOT, Doors
from ploeg.api.hooks import hooks_app
from ploeg.api.work import work_app
from ploeg.control.intake.hear import Ear
from ploeg.control.plane import ControlPlane

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    plane: ControlPlane, lifespan: Lifespan | None = None, mcp: ASGIApp | None = None, ear: Ear | None = None
) -> Doors:
    """Everything that answers HTTP, behind its doors; without `mcp` there is no `/mcp`, without `ear` no webhook."""
    return Doors(plane, people_app(plane, lifespan, ear), work_app(plane), mcp, hooks_app(ear))


def people_app(plane: ControlPlane, lifespan: Lifespan | None = None, ear: Ear | None = None) -> FastAPI:
    app = FastAPI(
        title="Ploeg",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.plane = plane
    app.state.ear = ear
    errors.install(app)
    app.add_route("/", pages.front, methods=["GET"], include_in_schema=False)
    app.add_route(f"{ROOT}/openapi.json", pages.openapi, methods=["GET"], include_in_schema=False)
    app.add_route(f"{ROOT}/docs", pages.operations, methods=["GET"], include_in_schema=False)
    app.include_router(monitoring.router)
    for room in (
        people,
        products,
        pbis,
        stories,
        tasks,
        backlog_search,
        imports,
        export,
        forge_actions,
        todos,
        sprints,
        docs,
        ideas,
        idea_messages,
        jobs,
        pulls,
        queue,
        budgets,
        schedules,
        questions,
        notices,
        installation,
        stream,
    ):
        app.include_router(room.router, prefix=ROOT, responses=REFUSALS)
    return app
