"""Schedules as people keep them: a task that is queued again and again, paused and taken away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ploeg.control import find
from ploeg.control.docs.text import optional_prose
from ploeg.control.find import Need
from ploeg.control.products import layers
from ploeg.control.queue import recurrence
from ploeg.control.queue.submit import Wish, checked_rank
from ploeg.domain.access import Principal, Scope
from ploeg.domain.ids import ScheduleId
from ploeg.domain.schedule import Schedule
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

#: Moments that a view shows.
AHEAD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleView:
    """A schedule with codes for people, and when it is due next; `ahead` is empty while it is paused."""

    schedule: Schedule
    product: str
    task: str
    title: str
    requested_by: str
    last_job: str | None
    ahead: list[datetime]


def add(tx: Transaction, actor: Principal, task: str, text: str, time_zone: str, wish: Wish) -> ScheduleView:
    """A new schedule. Its jobs are queued in the caller's name, as `wish` says."""
    of = find.task(tx, actor, task, Need.CHANGE)
    of.ready_to_go_on()
    wanted = recurrence.checked(text, time_zone, tx.now)
    schedule = Schedule(
        id=ScheduleId(new_id("sch")),
        number=tx.schedules.next_number(),
        product_id=of.product_id,
        task_id=of.id,
        requested_by=actor.user.id,
        recurrence=wanted,
        created_at=tx.now,
        instruction=optional_prose("instruction", wish.instruction),
        labels=layers.labels("labels", wish.labels),
        rank=checked_rank(wish.rank),
        overrides=layers.checked(wish.config).as_dict(),
        next_at=recurrence.following(wanted, tx.now, 1)[0],
    )
    tx.schedules.add(schedule)
    tell(tx, schedule, actor.name, "added")
    return _view(tx, schedule)


def listing(tx: Transaction, actor: Principal, product: str | None = None) -> list[ScheduleView]:
    actor.require(Scope.READ)
    products = [find.product(tx, actor, product)] if product is not None else find.visible_products(tx, actor)
    return [_view(tx, schedule) for schedule in tx.schedules.of_products([visible.id for visible in products])]


def show(tx: Transaction, actor: Principal, reference: str) -> ScheduleView:
    return _view(tx, find.schedule(tx, actor, reference))


def pause(tx: Transaction, actor: Principal, reference: str) -> ScheduleView:
    """It queues nothing until it is resumed. Again: no change."""
    schedule = find.schedule(tx, actor, reference, Need.CHANGE)
    return _view(tx, schedule if schedule.paused else _set_next(tx, actor, schedule, None, "paused"))


def resume(tx: Transaction, actor: Principal, reference: str) -> ScheduleView:
    """It goes on with its next moment; those that passed meanwhile are not made up for. Again: no change."""
    schedule = find.schedule(tx, actor, reference, Need.CHANGE)
    if schedule.paused:
        following = recurrence.following(schedule.recurrence, tx.now, 1)[0]
        schedule = _set_next(tx, actor, schedule, following, "resumed")
    return _view(tx, schedule)


def remove(tx: Transaction, actor: Principal, reference: str) -> None:
    """Takes it away; the jobs that it queued stay."""
    schedule = find.schedule(tx, actor, reference, Need.CHANGE)
    tx.schedules.remove(schedule.id)
    tell(tx, schedule.evolve(next_at=None), actor.name, "removed")


def tell(tx: Transaction, schedule: Schedule, actor: str, change: str, **more: Any) -> None:
    data = {"code": schedule.code, "change": change, "next_at": schedule.next_at, **more}
    tx.events.add("schedule.changed", product_id=schedule.product_id, actor=actor, data=data)


def _set_next(tx: Transaction, actor: Principal, schedule: Schedule, moment: datetime | None, change: str) -> Schedule:
    changed = schedule.evolve(next_at=moment)
    tx.schedules.update(changed)
    tell(tx, changed, actor.name, change)
    return changed


def _view(tx: Transaction, schedule: Schedule) -> ScheduleView:
    product, task = tx.products.get(schedule.product_id), tx.backlog.task(schedule.task_id)
    user = tx.people.user(schedule.requested_by)
    last = tx.jobs.get(schedule.last_job_id) if schedule.last_job_id is not None else None
    assert product is not None, "a foreign key keeps the product of every schedule"
    assert task is not None, "a foreign key keeps the task of every schedule"
    return ScheduleView(
        schedule=schedule,
        product=product.code,
        task=task.code,
        title=task.title,
        requested_by=user.username if user is not None else "",
        last_job=last.code if last is not None else None,
        ahead=_ahead(schedule),
    )


def _ahead(schedule: Schedule) -> list[datetime]:
    if schedule.next_at is None:
        return []
    return [schedule.next_at, *recurrence.following(schedule.recurrence, schedule.next_at, AHEAD - 1)]
