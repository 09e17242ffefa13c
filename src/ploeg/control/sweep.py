"""Chores that time brings: leases that ran out, jobs and runs whose moment has come, overdue questions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from ploeg.control.leap import Leap
from ploeg.control.plane import ControlPlane
from ploeg.control.questions import questions
from ploeg.control.queue import hours, scheduled
from ploeg.control.sprints import run_state
from ploeg.control.watch import Subscription
from ploeg.control.work import presence, quota, report, settle
from ploeg.domain.attempt import Outcome
from ploeg.domain.errors import PloegError, Superseded
from ploeg.domain.lease import expired
from ploeg.domain.occurrence import Event
from ploeg.store.transaction import Transaction

#: However far away the next due moment is, look again after this long.
LONGEST_REST = timedelta(seconds=30)
#: Between two tries while the database does not answer.
AFTER_A_FAULT = timedelta(seconds=5)

#: Events that make something due, and which of their facts says when.
_DUE = {
    "job.claimed": "lease_until",
    "job.queued": "not_before",
    "job.changed": "not_before",
    "question.asked": "expires_at",
    "product.changed": "due",
    "schedule.changed": "next_at",
}
_NEVER = datetime.max.replace(tzinfo=UTC)

log = structlog.get_logger("ploeg.sweep")


def reap(tx: Transaction) -> int:
    """Ends attempts whose lease ran out; their jobs go the way of `worker_lost`. How many there were."""
    end = settle.End(outcome=Outcome.WORKER_LOST, reason="the worker was not heard of until the end of its lease")
    reaped = 0
    for found in tx.claims.expired(tx.now):
        attempt = tx.attempts.get(found.id, lock=True)
        if attempt is None or not attempt.active or not expired(attempt.lease_until, tx.now):
            continue
        try:
            settle.end_attempt(tx, report.owned_job(tx, attempt), attempt, end, "server")
        except Superseded:
            tx.attempts.update(attempt.evolve(ended_at=tx.now, lease_until=None, outcome=Outcome.LEASE_LOST))
        reaped += 1
    return reaped


def overdue(tx: Transaction) -> bool:
    return bool(tx.questions.due(tx.now, limit=1))


def may_go_on(tx: Transaction) -> bool:
    """There are runs that stood before a quota wall which is open again."""
    resets_at = run_state.next_reset(tx)
    return resets_at is not None and resets_at <= tx.now


def next_due(tx: Transaction) -> tuple[datetime, datetime | None]:
    """Now, and when the next lease ends, job, run or schedule may go, question expires, or product opens or closes."""
    moments = (
        tx.claims.next_due(tx.now),
        tx.questions.next_due(),
        run_state.next_reset(tx),
        tx.products.next_due(tx.now),
        tx.schedules.next_due(),
    )
    return tx.now, min((moment for moment in moments if moment is not None), default=None)


#: Whether there is something to do, asked without taking the writer, and what does it.
CHORES: tuple[tuple[Callable[[Transaction], object], Callable[[Transaction], object]], ...] = (
    (overdue, questions.expire),
    (may_go_on, run_state.lift),
    (hours.over, hours.move_on),
    (quota.outlived, quota.forget),
    (presence.vanished, presence.note_vanished),
)


def _chores_due(tx: Transaction) -> list[Callable[[Transaction], object]]:
    return [chore for due_now, chore in CHORES if due_now(tx)]


class Sweeper:
    """Runs beside the server. After the server's start, and after its machine slept or had its clock set forward, it
    waits until every worker had time to renew.
    """

    def __init__(self, plane: ControlPlane, leap: Leap | None = None) -> None:
        self._plane = plane
        self._leap = leap or Leap()

    async def run(self) -> None:
        with self._plane.watch.subscribed() as subscription:
            await self.rest(subscription, self._a_renewal, until=None)
            while not self._plane.watch.stopping:
                rest, until = await self.look()
                await self.rest(subscription, rest, until)

    async def look(self) -> tuple[timedelta, datetime | None]:
        """Does what is due; how long to rest after it, and until when by the store's clock."""
        if self._leap.within(self._a_renewal.total_seconds()):
            log.warning("time has leapt: every worker may renew first")
            return self._a_renewal, None
        try:
            reaped = await self._plane.write(reap)
            for chore in await self._plane.read(_chores_due):
                await self._plane.write(chore)
            await scheduled.run_due(self._plane)
            now, due = await self._plane.read(next_due)
        except PloegError as error:
            log.warning("the sweep could not reach the database", error=str(error))
            return AFTER_A_FAULT, None
        if reaped:
            log.info("attempts lost their worker", count=reaped)
        self._plane.watch.wake_each_kind()
        rest = min(LONGEST_REST, max(due - now, timedelta()) if due is not None else LONGEST_REST)
        return rest, now + rest

    @property
    def _a_renewal(self) -> timedelta:
        return timedelta(seconds=self._plane.installation.lease.renew_every)

    async def rest(self, subscription: Subscription, duration: timedelta, until: datetime | None) -> None:
        """That long, or until something turns up that is due before `until`."""
        loop = asyncio.get_running_loop()
        end = loop.time() + duration.total_seconds()
        while (left := end - loop.time()) > 0 and not self._plane.watch.stopping:
            happened = await subscription.take(left)
            if until is not None and any(_due(event) < until for event in happened):
                return


def _due(event: Event) -> datetime:
    """When the event makes something due; far away if it does not."""
    due = event.data.get(_DUE.get(event.type, ""))
    return due if isinstance(due, datetime) else _NEVER
