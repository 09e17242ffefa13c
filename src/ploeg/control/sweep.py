"""Chores that time brings: leases that ran out, and queued jobs whose moment has come."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from ploeg.control import report, settle
from ploeg.control.plane import ControlPlane
from ploeg.domain.attempt import Outcome
from ploeg.domain.errors import PloegError, Superseded
from ploeg.domain.lease import expired
from ploeg.domain.occurrence import Event
from ploeg.store.transaction import Transaction

#: However far away the next due moment is, look again after this long.
LONGEST_REST = timedelta(seconds=30)
#: Between two tries while the database does not answer.
AFTER_A_FAULT = timedelta(seconds=5)

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


def next_due(tx: Transaction) -> tuple[datetime, datetime | None]:
    """Now, and when the next lease ends or the next delayed job may go."""
    return tx.now, tx.claims.next_due(tx.now)


class Sweeper:
    """Runs beside the server. It leaves leases alone until every worker had time to renew after the server's start."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._earlier = asyncio.Event()
        self._wakes_at: datetime | None = None

    def hear(self, event: Event) -> None:
        """A job was put off: if it is due before the next look, look earlier."""
        due = event.data.get("not_before") if event.type == "job.queued" else None
        if isinstance(due, datetime) and (self._wakes_at is None or due < self._wakes_at):
            self._earlier.set()

    async def run(self) -> None:
        await self._rest(timedelta(seconds=self._plane.installation.lease.renew_every))
        while True:
            await self._rest(await self.look())

    async def look(self) -> timedelta:
        """Does what is due; how long to rest after it."""
        try:
            reaped = await self._plane.write(reap)
            now, due = await self._plane.read(next_due)
        except PloegError as error:
            log.warning("the sweep could not reach the database", error=str(error))
            return AFTER_A_FAULT
        if reaped:
            log.info("attempts lost their worker", count=reaped)
        self._plane.watch.wake_each_kind()
        rest = min(LONGEST_REST, due - now if due is not None else LONGEST_REST)
        self._wakes_at = now + rest
        return max(rest, timedelta())

    async def _rest(self, duration: timedelta) -> None:
        self._earlier.clear()
        try:
            async with asyncio.timeout(duration.total_seconds()):
                await self._earlier.wait()
        except TimeoutError:
            pass
