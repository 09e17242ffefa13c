"""Sprints: what is planned in them, and their runs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from ploeg.api import sprint_pages
from ploeg.api.access import Caller, Plane
from ploeg.control.plane import ControlPlane, Transaction
from ploeg.control.queue.submit import Wish
from ploeg.control.sprints import sprint_runs, sprint_view, sprints
from ploeg.control.sprints.sprint_view import RunLine, SprintLine
from ploeg.domain.access import Principal
from ploeg.domain.sprint import Sprint
from ploeg.domain.sprint_run import SprintRun
from ploeg.wire.base import Items
from ploeg.wire.sprints import (
    PreflightOut,
    ReasonIn,
    RunIn,
    RunOut,
    SprintEdit,
    SprintIn,
    SprintOut,
    SprintPageOut,
    StoriesIn,
)

router = APIRouter(tags=["sprints"])


@router.get("/products/{product}/sprints")
async def list_sprints(
    plane: Plane, caller: Caller, product: str, status: Annotated[list[str] | None, Query()] = None
) -> Items[SprintOut]:
    """A product's sprints, the newest first."""
    lines = await plane.read(_listed, caller, product, tuple(status or ()))
    return Items(items=[sprint_pages.line(line) for line in lines])


@router.post("/products/{product}/sprints", status_code=201)
async def add_sprint(plane: Plane, caller: Caller, product: str, wish: SprintIn) -> SprintPageOut:
    """A new sprint, with the stories that are given planned in it."""
    return await _shown(plane, await plane.write(_add, caller, product, wish))


@router.get("/sprints/{sprint}")
async def show_sprint(plane: Plane, caller: Caller, sprint: str) -> SprintPageOut:
    """A sprint with its stories, tasks and jobs, its newest run, why it stands still, and what to do next."""
    return sprint_pages.page(await plane.read(sprint_view.page, caller, plane.installation, sprint))


@router.patch("/sprints/{sprint}")
async def edit_sprint(plane: Plane, caller: Caller, sprint: str, wish: SprintEdit) -> SprintPageOut:
    """Changes the fields that are given. Closing or archiving sends what is not done back to the backlog."""
    changed = await plane.write(sprints.edit, caller, sprint, wish.model_dump(exclude_unset=True))
    return await _shown(plane, changed)


@router.post("/sprints/{sprint}/stories")
async def plan_stories(plane: Plane, caller: Caller, sprint: str, wish: StoriesIn) -> SprintPageOut:
    """Plans stories into it: all of them, or none."""
    return await _shown(plane, await plane.write(sprints.plan, caller, sprint, wish.stories))


@router.delete("/sprints/{sprint}/stories/{story}")
async def take_story_out(plane: Plane, caller: Caller, sprint: str, story: str) -> SprintPageOut:
    """Takes a story out, back to the backlog."""
    return await _shown(plane, await plane.write(sprints.unplan, caller, sprint, story))


@router.get("/sprints/{sprint}/preflight")
async def check_sprint(plane: Plane, caller: Caller, sprint: str, pr_strategy: str | None = None) -> PreflightOut:
    """Whether a run could start now, and all that stands in its way."""
    return sprint_pages.preflight(await plane.read(sprint_runs.check, caller, plane.installation, sprint, pr_strategy))


@router.get("/sprints/{sprint}/runs")
async def list_runs(plane: Plane, caller: Caller, sprint: str) -> Items[RunOut]:
    """All runs of a sprint, the newest first."""
    lines = await plane.read(_runs, caller, sprint)
    return Items(items=[sprint_pages.run(line) for line in lines])


@router.post("/sprints/{sprint}/runs", status_code=201)
async def start_run(plane: Plane, caller: Caller, sprint: str, wish: RunIn | None = None) -> RunOut:
    """Starts a run: its jobs are queued. Refused with all that stands in the way."""
    wish = wish or RunIn()
    config = wish.config.said() if wish.config is not None else {}
    asked = Wish(labels=tuple(wish.labels), rank=wish.rank, config=config)
    run = await plane.write(sprint_runs.start, caller, plane.installation, sprint, wish.pr_strategy, asked)
    return await _shown_run(plane, run)


@router.post("/sprints/{sprint}/pause")
async def pause_run(plane: Plane, caller: Caller, sprint: str, wish: ReasonIn | None = None) -> RunOut:
    """No further job of its run is given out until it is resumed; what runs goes on."""
    reason = wish.reason if wish is not None else None
    return await _shown_run(plane, await plane.write(sprint_runs.pause, caller, sprint, reason))


@router.post("/sprints/{sprint}/resumption")
async def resume_run(plane: Plane, caller: Caller, sprint: str) -> RunOut:
    """Lets a paused run go on; one that failed or was cancelled is followed by a new one on the same branch."""
    return await _shown_run(plane, await plane.write(sprint_runs.resume, caller, plane.installation, sprint))


@router.post("/sprints/{sprint}/cancellation")
async def cancel_run(plane: Plane, caller: Caller, sprint: str, wish: ReasonIn | None = None) -> RunOut:
    """Ends its run, and cancels the jobs of it that have not ended."""
    reason = wish.reason if wish is not None else None
    return await _shown_run(plane, await plane.write(sprint_runs.cancel, caller, sprint, reason))


def _add(tx: Transaction, caller: Principal, product: str, wish: SprintIn) -> Sprint:
    fields = {"start_date": wish.start_date, "end_date": wish.end_date}
    sprint = sprints.add(tx, caller, product, wish.goal, wish.code, fields)
    return sprints.plan(tx, caller, sprint.id, wish.stories) if wish.stories else sprint


def _listed(tx: Transaction, caller: Principal, product: str, statuses: tuple[str, ...]) -> list[SprintLine]:
    return [sprint_view.line(tx, sprint) for sprint in sprints.listed(tx, caller, product, statuses)]


def _runs(tx: Transaction, caller: Principal, sprint: str) -> list[RunLine]:
    return [sprint_view.run_line(tx, run) for run in sprint_runs.listed(tx, caller, sprint)]


async def _shown(plane: ControlPlane, sprint: Sprint) -> SprintPageOut:
    """Shows a sprint to whoever just changed it."""
    return sprint_pages.page(await plane.read(sprint_view.view, plane.installation, sprint.id))


async def _shown_run(plane: ControlPlane, run: SprintRun) -> RunOut:
    return sprint_pages.run(await plane.read(sprint_view.run_now, run.id))
