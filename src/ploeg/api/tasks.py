"""Tasks: what an agent implements."""

from __future__ import annotations

from fastapi import APIRouter

from ploeg.api.access import Caller, Plane
from ploeg.api.backlog_out import changes_of, dependencies_out, fields_of, place_of, task_out
from ploeg.control.backlog import archive, backlog, dependencies
from ploeg.domain.codes import CodeKind
from ploeg.wire.backlog import DependenciesOut, TaskEdit, TaskIn, TaskOut
from ploeg.wire.base import Items

router = APIRouter(tags=["backlog"])


@router.get("/products/{product}/tasks")
async def list_tasks(
    plane: Plane, caller: Caller, product: str, story: str | None = None, archived: bool = False
) -> Items[TaskOut]:
    """A product's tasks, or those of one story; archived ones only if wanted."""
    found = await plane.read(backlog.tasks, caller, product, story, archived=archived)
    return Items(items=[task_out(view) for view in found])


@router.post("/stories/{story}/tasks", status_code=201)
async def add_task(plane: Plane, caller: Caller, story: str, wish: TaskIn) -> TaskOut:
    """A new task, behind the others of its story."""
    return task_out(await plane.write(backlog.add_task, caller, story, wish.title, fields_of(wish)))


@router.get("/tasks/{task}")
async def show_task(plane: Plane, caller: Caller, task: str) -> TaskOut:
    """One task, by code or id."""
    return task_out(await plane.read(backlog.show_task, caller, task))


@router.patch("/tasks/{task}")
async def edit_task(plane: Plane, caller: Caller, task: str, wish: TaskEdit) -> TaskOut:
    """Changes the fields that are given, and its place; another story as well. What stands above it follows."""
    return task_out(await plane.write(backlog.edit_task, caller, task, changes_of(wish), place_of(wish)))


@router.put("/tasks/{task}/archival")
async def archive_task(plane: Plane, caller: Caller, task: str) -> TaskOut:
    """Takes it out of the backlog; nothing is deleted."""
    return task_out(await plane.write(archive.archive_task, caller, task))


@router.delete("/tasks/{task}/archival")
async def restore_task(plane: Plane, caller: Caller, task: str) -> TaskOut:
    """Brings it back."""
    return task_out(await plane.write(archive.restore_task, caller, task))


@router.get("/tasks/{task}/dependencies")
async def task_dependencies(plane: Plane, caller: Caller, task: str) -> DependenciesOut:
    """The tasks that must be done before its job begins, and those that wait for it."""
    return dependencies_out(await plane.read(dependencies.show, caller, CodeKind.TASK, task))


@router.put("/tasks/{task}/dependencies/{prerequisite}")
async def add_task_dependency(plane: Plane, caller: Caller, task: str, prerequisite: str) -> DependenciesOut:
    """No job of the task begins before that other one is done. A circle is refused, and shown."""
    return dependencies_out(await plane.write(dependencies.add, caller, CodeKind.TASK, task, prerequisite))


@router.delete("/tasks/{task}/dependencies/{prerequisite}")
async def remove_task_dependency(plane: Plane, caller: Caller, task: str, prerequisite: str) -> DependenciesOut:
    """It waits for that other one no longer."""
    return dependencies_out(await plane.write(dependencies.remove, caller, CodeKind.TASK, task, prerequisite))
