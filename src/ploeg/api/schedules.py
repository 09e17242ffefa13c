"""Schedules: made, looked at, paused and taken away."""

from __future__ import annotations

from fastapi import APIRouter

from ploeg.api.access import Caller, Plane
from ploeg.control.queue import schedules
from ploeg.control.queue.schedules import ScheduleView
from ploeg.control.queue.submit import Wish
from ploeg.wire.base import Items
from ploeg.wire.schedules import ScheduleIn, ScheduleOut

router = APIRouter(prefix="/schedules", tags=["jobs"])


@router.get("")
async def list_schedules(plane: Plane, caller: Caller, product: str | None = None) -> Items[ScheduleOut]:
    """The schedules of a product, or of all that the caller may see."""
    return Items(items=[_out(view) for view in await plane.read(schedules.listing, caller, product)])


@router.post("", status_code=201)
async def add_schedule(plane: Plane, caller: Caller, wish: ScheduleIn) -> ScheduleOut:
    """A task that is queued again and again, in the caller's name."""
    wanted = Wish(
        instruction=wish.instruction,
        labels=tuple(wish.labels),
        rank=wish.rank,
        config=wish.config.said() if wish.config is not None else {},
    )
    return _out(await plane.write(schedules.add, caller, wish.task, wish.recurrence, wish.time_zone, wanted))


@router.get("/{schedule}")
async def show_schedule(plane: Plane, caller: Caller, schedule: str) -> ScheduleOut:
    """One schedule, by code or id."""
    return _out(await plane.read(schedules.show, caller, schedule))


@router.delete("/{schedule}", status_code=204)
async def remove_schedule(plane: Plane, caller: Caller, schedule: str) -> None:
    """Takes it away; the jobs that it queued stay."""
    await plane.write(schedules.remove, caller, schedule)


@router.put("/{schedule}/pause")
async def pause_schedule(plane: Plane, caller: Caller, schedule: str) -> ScheduleOut:
    """It queues nothing until it is resumed."""
    return _out(await plane.write(schedules.pause, caller, schedule))


@router.delete("/{schedule}/pause")
async def resume_schedule(plane: Plane, caller: Caller, schedule: str) -> ScheduleOut:
    """It goes on with its next moment."""
    return _out(await plane.write(schedules.resume, caller, schedule))


def _out(view: ScheduleView) -> ScheduleOut:
    schedule = view.schedule
    same = "id code instruction rank paused last_at note created_at"
    return ScheduleOut(
        **{name: getattr(schedule, name) for name in same.split()},
        product=view.product,
        task=view.task,
        title=view.title,
        recurrence=schedule.recurrence.text,
        cron=schedule.recurrence.cron,
        time_zone=schedule.recurrence.time_zone,
        labels=list(schedule.labels),
        config=schedule.overrides,
        requested_by=view.requested_by,
        ahead=view.ahead,
        last_job=view.last_job,
    )
