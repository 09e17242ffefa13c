"""Schedules whose moment has come: each queues its job, once however many servers look."""

from __future__ import annotations

from datetime import datetime

from ploeg.control.backlog import rollup
from ploeg.control.installation import Installation
from ploeg.control.plane import ControlPlane
from ploeg.control.queue import recurrence, schedules, submit
from ploeg.control.queue.submit import Wish
from ploeg.domain.access import Principal, Scope, TokenKind
from ploeg.domain.backlog import TaskStatus
from ploeg.domain.errors import Conflict, PloegError, Unavailable
from ploeg.domain.ids import ScheduleId, TokenId
from ploeg.domain.job import Job
from ploeg.domain.schedule import Schedule
from ploeg.store.transaction import Transaction

NOTE_MAX = 1000


async def run_due(plane: ControlPlane) -> None:
    """Queues what is due. A schedule whose job is refused says why, and goes on with its next moment."""
    for schedule in await plane.read(_due):
        assert schedule.next_at is not None, "only what has a moment is due"
        try:
            await plane.write(queue, plane.installation, schedule.id, schedule.next_at)
        except Unavailable:
            raise
        except PloegError as refusal:
            await plane.write(skip, schedule.id, schedule.next_at, str(refusal)[:NOTE_MAX])


def queue(tx: Transaction, installation: Installation, schedule_id: ScheduleId, moment: datetime) -> Job | None:
    """The job of that moment; None when another server was first. Moments that were missed are made up for by one.

    Raises what queueing the task raises: an unfinished job of it among others, so that there are never two at once.
    """
    schedule = _at(tx, schedule_id, moment)
    if schedule is None:
        return None
    actor = _requester(tx, schedule)
    task = tx.backlog.task(schedule.task_id)
    if task is not None and task.status is TaskStatus.DONE:
        rollup.move_task(tx, task, TaskStatus.TO_DO, f"schedule:{schedule.code}")
    wish = Wish(
        instruction=schedule.instruction,
        labels=schedule.labels,
        rank=schedule.rank,
        config=schedule.overrides,
        key=f"schedule {schedule.id} {moment.isoformat()}",
    )
    job = submit.run_task(tx, actor, installation, schedule.task_id, wish).job
    _move_on(tx, schedule.evolve(last_job_id=job.id, note=None), moment, "queued", job=job.code)
    return job


def skip(tx: Transaction, schedule_id: ScheduleId, moment: datetime, why: str) -> None:
    """Nothing is queued for that moment; the schedule keeps the reason."""
    schedule = _at(tx, schedule_id, moment)
    if schedule is not None:
        _move_on(tx, schedule.evolve(note=why), moment, "skipped", reason=why)


def _due(tx: Transaction) -> list[Schedule]:
    return tx.schedules.due(tx.now)


def _at(tx: Transaction, schedule_id: ScheduleId, moment: datetime) -> Schedule | None:
    """The schedule, held until this transaction ends, if that moment is still its next one."""
    schedule = tx.schedules.get(schedule_id, lock=True)
    return schedule if schedule is not None and schedule.next_at == moment else None


def _requester(tx: Transaction, schedule: Schedule) -> Principal:
    """Whoever made the schedule, with what they may do now."""
    user = tx.people.user(schedule.requested_by)
    if user is None:
        raise Conflict("whoever made this schedule is not there any more")
    scopes = frozenset({Scope.READ, Scope.WRITE})
    return Principal(user=user, token_id=TokenId(""), token_kind=TokenKind.PERSONAL, scopes=scopes)


def _move_on(tx: Transaction, schedule: Schedule, moment: datetime, change: str, **more: str) -> None:
    following = recurrence.following(schedule.recurrence, tx.now, 1)
    moved = schedule.evolve(last_at=moment, next_at=following[0] if following else None)
    tx.schedules.update(moved)
    schedules.tell(tx, moved, "server", change, **more)
