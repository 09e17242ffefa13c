"""Holding the lease of one attempt: renewed from the moment of the claim, given up before it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from ploeg.domain.attempt import Outcome
from ploeg.domain.errors import PloegError, Unavailable
from ploeg.domain.lease import LeaseTerms
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import HeartbeatReply, StandBy
from ploeg.worker.client import TIMEOUT, WorkClient
from ploeg.worker.clock import Clock, Sleep, passing
from ploeg.worker.halt import Halt
from ploeg.worker.insist import Pauses
from ploeg.worker.progress import Progress

logger = logging.getLogger(__name__)

#: Seconds between two looks at the clock.
STEP = 1.0
#: What an order of the server makes of the attempt.
ORDERS: dict[str, tuple[Outcome, str]] = {
    "cancel": (Outcome.CANCELLED, "cancelled on request"),
    "pause": (Outcome.WAITING, "paused on request"),
    "drain": (Outcome.WORKER_STOPPED, "the server asked for the job back"),
}


#: Given the accounts of this worker that get no jobs for now, when the server has news of them.
Heard = Callable[[Sequence[StandBy]], None]


def unheard(stand_by: Sequence[StandBy]) -> None:
    pass


class Lease:
    """Renews while it is entered; calls `halt` on an order, on a refusal, and when it could not renew in time.

    The lease is counted from the moment a renewal was *sent*, on a clock of this machine that nobody sets and that goes
    on while the machine sleeps. `claimed_at` is when the claim was answered, on the same clock.

    A machine that slept past its lease asks once more, for a short while: the server may have slept as well. Whatever
    is written to the outside waits for its answer (`confirm`).
    """

    def __init__(
        self,
        client: WorkClient,
        assignment: Assignment,
        progress: Progress,
        halt: Halt,
        *,
        claimed_at: float,
        heard: Heard = unheard,
        clock: Clock = passing,
        sleep: Sleep | None = None,
    ) -> None:
        self._client = client
        self._attempt_id = assignment.attempt_id
        self._terms = LeaseTerms(seconds=assignment.lease_seconds, renew_every=assignment.renew_seconds)
        self._progress = progress
        self._halt = halt
        self._heard = heard
        self._clock = clock
        self._sleep = sleep or Sleep()
        self._claimed_at = claimed_at
        self._renewed_at = claimed_at
        self._renewed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        #: The server said that the attempt no longer owns its job: it is told nothing more.
        self.refused = False

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._keep_renewing(), name=f"lease {self._attempt_id}")
        self._task.add_done_callback(self._stopped_renewing)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    @property
    def seconds_left(self) -> float:
        """Until this worker must have stopped; not above zero when it must not write any more."""
        return self._terms.holds_until(self._renewed_at) - self._clock()

    @property
    def grace(self) -> float:
        """Seconds that stopping an agent may take once the lease is given up, so that it is gone before the lease."""
        return (self._terms.seconds - self._terms.holds_until(0.0)) / 2

    async def begun(self) -> None:
        """Return once a renewal that was sent after the claim's answer is acknowledged.

        That answer may have been long under way, so nothing that the lease protects begins before.
        """
        async with self._renewed:
            await self._renewed.wait_for(lambda: self._renewed_at > self._claimed_at)

    async def confirm(self) -> None:
        """Return after a renewal that was sent from now on; until then the lease may be lost (`halt`)."""
        asked = self._clock()
        self._progress.news.set()
        async with self._renewed:
            await self._renewed.wait_for(lambda: self._renewed_at >= asked)

    async def _keep_renewing(self) -> None:
        pauses = Pauses.within(self._terms.renew_every)
        while self._may_ask > 0:
            self._progress.news.clear()
            try:
                await self._renew()
            except Unavailable as error:
                logger.warning("lease not renewed: %s", error, extra={"action": "renew_failed"})
                await asyncio.sleep(min(pauses.next(), max(self._may_ask, 0)))
                continue
            except PloegError as error:
                self.refused = True
                self._halt.call(Outcome.LEASE_LOST, str(error))
                return
            pauses.reset()
            await self._until_due()
        self._halt.call(Outcome.LEASE_LOST, "the lease could not be renewed in time; the server does not answer")

    @property
    def _may_ask(self) -> float:
        """Seconds for the next renewal."""
        left, while_awake = self.seconds_left, self._terms.renew_every
        return while_awake if left <= 0 and self._sleep.woke_within(while_awake) else left

    async def _renew(self) -> None:
        sent_at = self._clock()
        within = min(TIMEOUT, max(self._may_ask, 0.1))
        beat = self._progress.heartbeat()
        reply = await self._client.heartbeat(self._attempt_id, beat, within)
        self._progress.acknowledged(beat)
        async with self._renewed:
            self._terms = LeaseTerms(seconds=reply.lease_seconds, renew_every=self._terms.renew_every)
            self._renewed_at = sent_at
            self._renewed.notify_all()
        if reply.stand_by is not None:
            self._heard(reply.stand_by)
        self._obey(reply)

    def _obey(self, reply: HeartbeatReply) -> None:
        if reply.order in ORDERS:
            self._halt.call(*ORDERS[reply.order])

    def _stopped_renewing(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._halt.call(Outcome.LEASE_LOST, f"renewing the lease failed: {error!r}")

    async def _until_due(self) -> None:
        """In steps: the timers of a machine stand still while it sleeps."""
        due = self._renewed_at + self._terms.renew_every
        while not self._progress.news.is_set() and (left := due - self._clock()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, STEP)):
                    await self._progress.news.wait()
