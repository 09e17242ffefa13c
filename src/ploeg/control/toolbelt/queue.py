"""Tools about the queue and what is queued again and again, for people's own agents."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ploeg.control import find, read
from ploeg.control.queue import queue_order, queue_view, schedules
from ploeg.control.queue.queue_view import Place
from ploeg.control.queue.schedules import ScheduleView
from ploeg.control.queue.submit import Wish
from ploeg.control.toolbelt import showing
from ploeg.control.toolbelt.caller import Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.control.work import budgets
from ploeg.control.work.budgets import BudgetView
from ploeg.store.transaction import Transaction
from ploeg.tools.dispatch import JobStatusShown
from ploeg.tools.queue import (
    BudgetShown,
    BudgetsShown,
    ChangeJob,
    DepthShown,
    ListSchedules,
    PlaceShown,
    RemoveSchedule,
    ScheduleRemoved,
    ScheduleShown,
    SchedulesShown,
    ScheduleTask,
    ShowBudgets,
    ShowQueue,
    WholeQueueShown,
)


def show_queue(tx: Transaction, caller: Caller, arguments: ShowQueue) -> WholeQueueShown:
    seen = queue_view.queue(
        tx, caller.principal, caller.installation, product=arguments.product_id, limit=arguments.limit
    )
    return WholeQueueShown(
        running=[showing.job_line(line) for line in seen.running],
        queued=[_place(place) for place in seen.queued],
        by_need=[DepthShown(**asdict(depth)) for depth in seen.depths],
    )


def show_budgets(tx: Transaction, caller: Caller, arguments: ShowBudgets) -> BudgetsShown:
    views = budgets.listing(tx, caller.principal, caller.installation)
    return BudgetsShown(result=[_budget(view) for view in views])


def change_job(tx: Transaction, caller: Caller, arguments: ChangeJob) -> JobStatusShown:
    said = arguments.model_dump(exclude={"job_id"}, exclude_none=True)
    fields: dict[str, Any] = {name: value for name, value in said.items() if value is not False}
    changed = queue_order.change(tx, caller.principal, arguments.job_id, fields)
    return showing.job(read.view(tx, caller.installation, changed))


def schedule_task(tx: Transaction, caller: Caller, arguments: ScheduleTask) -> ScheduleShown:
    wish = Wish(instruction=arguments.instruction)
    return _schedule(
        schedules.add(tx, caller.principal, arguments.task_id, arguments.recurrence, arguments.time_zone, wish)
    )


def list_schedules(tx: Transaction, caller: Caller, arguments: ListSchedules) -> SchedulesShown:
    found = schedules.listing(tx, caller.principal, arguments.product_id)
    return SchedulesShown(result=[_schedule(view) for view in found])


def remove_schedule(tx: Transaction, caller: Caller, arguments: RemoveSchedule) -> ScheduleRemoved:
    code = find.schedule(tx, caller.principal, arguments.schedule_id).code
    schedules.remove(tx, caller.principal, arguments.schedule_id)
    return ScheduleRemoved(removed=code)


def _budget(view: BudgetView) -> BudgetShown:
    return BudgetShown(
        product=view.product,
        period=view.period,
        max_cost_usd=view.budget.max_cost_usd,
        max_tokens=view.budget.max_tokens,
        cost_usd=view.spent.cost_usd,
        tokens=view.spent.tokens,
        until=view.until,
        reached=view.reached is not None,
    )


def _place(place: Place) -> PlaceShown:
    return PlaceShown(
        job=showing.job_line(place.line),
        waiting_for=place.hold.text if place.hold else None,
        forecast=place.forecast.text if place.forecast else None,
    )


def _schedule(view: ScheduleView) -> ScheduleShown:
    schedule = view.schedule
    return ScheduleShown(
        id=schedule.id,
        code=schedule.code,
        product=view.product,
        task=view.task,
        title=view.title,
        recurrence=schedule.recurrence.text,
        time_zone=schedule.recurrence.time_zone,
        paused=schedule.paused,
        ahead=view.ahead,
        last_job=view.last_job,
        note=schedule.note,
    )


HANDLERS: Handlers = {
    ShowQueue: show_queue,
    ShowBudgets: show_budgets,
    ChangeJob: change_job,
    ScheduleTask: schedule_task,
    ListSchedules: list_schedules,
    RemoveSchedule: remove_schedule,
}
