"""Backlog items, stories and tasks."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ploeg.api.access import Caller, Plane
from ploeg.control import backlog
from ploeg.control.backlog_view import View
from ploeg.control.placing import Place
from ploeg.domain.backlog import Pbi, Story, Task
from ploeg.wire.backlog import (
    LogOut,
    PbiEdit,
    PbiIn,
    PbiOut,
    PlaceIn,
    StoryEdit,
    StoryIn,
    StoryOut,
    TaskEdit,
    TaskIn,
    TaskOut,
)
from ploeg.wire.base import Items, Request

router = APIRouter(tags=["backlog"])


@router.get("/products/{product}/pbis")
async def list_pbis(plane: Plane, caller: Caller, product: str) -> Items[PbiOut]:
    """A product's backlog items, in order."""
    return Items(items=[_pbi(view) for view in await plane.read(backlog.pbis, caller, product)])


@router.post("/products/{product}/pbis", status_code=201)
async def add_pbi(plane: Plane, caller: Caller, product: str, wish: PbiIn) -> PbiOut:
    """A new backlog item, behind the others."""
    return _pbi(await plane.write(backlog.add_pbi, caller, product, wish.title, _fields(wish)))


@router.get("/pbis/{pbi}")
async def show_pbi(plane: Plane, caller: Caller, pbi: str) -> PbiOut:
    """One backlog item, by code or id."""
    return _pbi(await plane.read(backlog.show_pbi, caller, pbi))


@router.patch("/pbis/{pbi}")
async def edit_pbi(plane: Plane, caller: Caller, pbi: str, wish: PbiEdit) -> PbiOut:
    """Changes the fields that are given, and its place."""
    return _pbi(await plane.write(backlog.edit_pbi, caller, pbi, _changes(wish), _place(wish)))


@router.get("/products/{product}/stories")
async def list_stories(plane: Plane, caller: Caller, product: str, pbi: str | None = None) -> Items[StoryOut]:
    """A product's stories, or those of one backlog item."""
    return Items(items=[_story(view) for view in await plane.read(backlog.stories, caller, product, pbi)])


@router.post("/pbis/{pbi}/stories", status_code=201)
async def add_story(plane: Plane, caller: Caller, pbi: str, wish: StoryIn) -> StoryOut:
    """A new story, behind the others of its backlog item."""
    return _story(await plane.write(backlog.add_story, caller, pbi, wish.title, _fields(wish)))


@router.get("/stories/{story}")
async def show_story(plane: Plane, caller: Caller, story: str) -> StoryOut:
    """One story, by code or id."""
    return _story(await plane.read(backlog.show_story, caller, story))


@router.patch("/stories/{story}")
async def edit_story(plane: Plane, caller: Caller, story: str, wish: StoryEdit) -> StoryOut:
    """Changes the fields that are given, and its place."""
    return _story(await plane.write(backlog.edit_story, caller, story, _changes(wish), _place(wish)))


@router.get("/stories/{story}/log")
async def story_log(plane: Plane, caller: Caller, story: str) -> Items[LogOut]:
    """What agents logged for the story, oldest first."""
    return Items(items=[LogOut.model_validate(log) for log in await plane.read(backlog.story_log, caller, story)])


@router.get("/products/{product}/tasks")
async def list_tasks(plane: Plane, caller: Caller, product: str, story: str | None = None) -> Items[TaskOut]:
    """A product's tasks, or those of one story."""
    return Items(items=[_task(view) for view in await plane.read(backlog.tasks, caller, product, story)])


@router.post("/stories/{story}/tasks", status_code=201)
async def add_task(plane: Plane, caller: Caller, story: str, wish: TaskIn) -> TaskOut:
    """A new task, behind the others of its story."""
    return _task(await plane.write(backlog.add_task, caller, story, wish.title, _fields(wish)))


@router.get("/tasks/{task}")
async def show_task(plane: Plane, caller: Caller, task: str) -> TaskOut:
    """One task, by code or id."""
    return _task(await plane.read(backlog.show_task, caller, task))


@router.patch("/tasks/{task}")
async def edit_task(plane: Plane, caller: Caller, task: str, wish: TaskEdit) -> TaskOut:
    """Changes the fields that are given, and its place; story and backlog item follow a new status."""
    return _task(await plane.write(backlog.edit_task, caller, task, _changes(wish), _place(wish)))


def _fields(wish: Request) -> dict[str, Any]:
    return wish.model_dump(exclude_unset=True, exclude={"title"})


def _changes(wish: PlaceIn) -> dict[str, Any]:
    return wish.model_dump(exclude_unset=True, exclude={"after", "before"})


def _place(wish: PlaceIn) -> Place:
    return Place(after=wish.after, before=wish.before)


def _shared(view: View) -> dict[str, Any]:
    item = view.item
    names = ("id", "code", "product_id", "title", "description", "priority", "sort_order", "status", "created_at")
    return {"product": view.product, **{name: getattr(item, name) for name in names}}


def _pbi(view: View) -> PbiOut:
    pbi = view.item
    assert isinstance(pbi, Pbi)
    return PbiOut(**_shared(view), pr_url=pbi.pr_url, pr_merged_at=pbi.pr_merged_at)


def _story(view: View) -> StoryOut:
    story = view.item
    assert isinstance(story, Story)
    return StoryOut(
        **_shared(view), pbi=view.parent, pbi_id=story.pbi_id, acceptance_criteria=story.acceptance_criteria
    )


def _task(view: View) -> TaskOut:
    task = view.item
    assert isinstance(task, Task)
    return TaskOut(
        **_shared(view),
        story=view.parent,
        story_id=task.story_id,
        implementation_plan=task.implementation_plan,
        verify_only=task.verify_only,
        verify_required=task.verify_required,
        repo_url=task.repo_url,
        config=task.config.as_dict(),
    )
