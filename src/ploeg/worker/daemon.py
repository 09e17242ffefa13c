"""The worker: slots that claim and run jobs, until it is told to leave."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from ploeg.domain.account import Seat
from ploeg.domain.attempt import Outcome
from ploeg.domain.disk import DiskUse
from ploeg.domain.errors import Conflict, PloegError, Unavailable
from ploeg.domain.worker import WorkerState
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import ClaimRequest, DiskOut, Handback, PresenceReply, StandBy, WorkerInfo
from ploeg.worker import model_credentials
from ploeg.worker.availability import Availability, seats_of
from ploeg.worker.clock import passing
from ploeg.worker.end import End
from ploeg.worker.fitness import Fitness
from ploeg.worker.insist import Pauses, insist
from ploeg.worker.leftovers import clear_up
from ploeg.worker.presence import Face
from ploeg.worker.runlog import utc_now
from ploeg.worker.runner import Runner
from ploeg.worker.subject import about
from ploeg.worker.vitals import Vitals
from ploeg.worker.workbench import Workbench

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: Seconds that the server may hold a request for a job.
LONG_POLL = 50.0
#: Seconds between two looks whether a closed runtime is open again.
LOOK_AGAIN = 5.0
#: Seconds that `once` waits for a server that is away.
ONCE_PATIENCE = 10.0
#: Seconds for the last words to the server.
GOODBYE = 5.0


class Stopped(Exception):
    """The worker was told to leave while it waited."""


class Daemon:
    """One worker process. Setting `stop` drains it."""

    def __init__(
        self, bench: Workbench, info: WorkerInfo, stop: asyncio.Event, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._bench = bench
        self._info = info
        self._stop = stop
        self._now = now
        self._face = Face(bench.client, info, self._heard)
        self.vitals = Vitals(info.slots, lambda: self._face.shown, now())
        self._available = Availability(
            seats_of(info), lambda seat: model_credentials.for_seat(bench.settings, seat), bench.hours
        )
        self._available.lift(now())
        self._running: dict[str, Runner] = {}
        self._fitness = Fitness(bench.settings.unhealthy_after)
        self._warming: asyncio.Task[None] | None = None
        #: A claim was cut off; the server may have given a job that nobody knows of.
        self._claim_cut = False

    async def run(self) -> int:
        """Works until it is stopped. Raises `PloegError` when the server wants nothing to do with it."""
        slots: list[asyncio.Task[None]] = []
        showing = asyncio.create_task(self._face.keep_showing())
        try:
            await self._until_stopped(clear_up(self._bench, self._info))
            self._show()
            slots += [asyncio.create_task(self._work(), name=f"slot {n}") for n in range(self._info.slots)]
            await self._until_stopped(_first_failure(slots))
        except Stopped:
            logger.info("leaving: no new jobs", extra={"action": "draining"})
        finally:
            self._stop.set()
            await self._drain(slots)
            showing.cancel()
            await self._say_goodbye()
        return 0

    async def once(self) -> int:
        """At most one job: 0 handled or nothing to do, 1 the server is away, 3 somebody must sign in."""
        if self._available.stand_by is not None:
            logger.info("no job is taken: %s", self._available.stand_by[1], extra={"action": "stand_by"})
            return 0
        try:
            await asyncio.wait_for(clear_up(self._bench, self._info), ONCE_PATIENCE)
            request = self._request(0.0, uuid.uuid4().hex)
            assignment = await insist(lambda: self._bench.client.claim(request), seconds=ONCE_PATIENCE)
        except (TimeoutError, Unavailable) as error:
            logger.error("no server: %s", error or "it does not answer", extra={"action": "server_away"})
            return 1
        end: End | None = None
        if assignment is not None:
            job = asyncio.create_task(self._run(assignment))
            with suppress(Stopped):
                await self._until_stopped(_first_failure([job]))
            await self._drain([job])
            end = job.result()
        with suppress(PloegError):
            await self._face.tell()
        await self._bench.checkouts.close()
        return 3 if end is not None and end.outcome is Outcome.AUTH_EXPIRED else 0

    async def _work(self) -> None:
        """One slot."""
        pauses = Pauses(first=0.5, most=30.0)
        key = uuid.uuid4().hex
        with suppress(Stopped):
            while True:
                await self._until_something_is_open()
                try:
                    assignment = await self._claim(key)
                except Unavailable as error:
                    logger.info("no job for now: %s", error, extra={"action": "server_away"})
                    self.vitals.server_away = str(error)
                    await self._rest(pauses.next())
                    continue
                pauses.reset()
                self.vitals.server_away = None
                key = uuid.uuid4().hex
                if assignment is None:
                    self._face.repeat()
                    continue
                await self._run(assignment)
                self._warm_up(assignment.repo_url)

    async def _claim(self, key: str) -> Assignment | None:
        """A job; the same key gets the same one again when an answer was lost."""
        try:
            wait = self._available.seconds_open(self._now(), LONG_POLL)
            return await self._until_stopped(self._bench.client.claim(self._request(wait, key)))
        except Stopped:
            self._claim_cut = True
            raise
        except Conflict as error:
            logger.info("this claim is over: %s", error, extra={"action": "claim_over"})
            return None

    async def _run(self, assignment: Assignment) -> End:
        logger.info("%s: claimed", assignment.job_code, extra={"action": "claimed", "attempt": assignment.attempt_id})
        runner = Runner(self._bench, assignment, passing(), self._told)
        self._running[assignment.attempt_id] = runner
        self.vitals.running = len(self._running)
        self._show()
        try:
            with about(assignment):
                end = await runner.run()
        finally:
            del self._running[assignment.attempt_id]
            self.vitals.running = len(self._running)
        self._available.note(Seat(assignment.config.runtime, assignment.account), end, self._now())
        if runner.reply is not None:
            self._available.told(runner.reply.stand_by, self._now())
        self._fitness.note(assignment.job_code, end)
        self.vitals.ended(end.outcome, self._fitness.failures)
        self._show()
        return end

    async def _until_something_is_open(self) -> None:
        while True:
            if signed_in := self._available.lift(self._now()):
                await self._until_stopped(insist(lambda: self._tell_of(signed_in)))
            if self._available.open and not self._fitness.rest:
                return
            self._show()
            self._face.repeat()
            await self._rest(self._until_a_look())

    def weighed(self, disk: DiskUse) -> None:
        """How its disk stands: without room on it no job is taken."""
        self._face.weighed(DiskOut(**{name: getattr(disk, name) for name in DiskOut.__struct_fields__}))
        if self._fitness.full != disk.low:
            self._fitness.full = disk.low
            self._show()

    def _told(self, stand_by: Sequence[StandBy]) -> None:
        self._available.told(stand_by, self._now())

    def _heard(self, reply: PresenceReply) -> None:
        self._available.told(reply.stand_by, self._now())
        self._show()

    def _until_a_look(self) -> float:
        standing_by = self._available.stand_by
        left = (standing_by[0] - self._now()).total_seconds() if standing_by is not None else LOOK_AGAIN
        if self._available.open:
            left = self._fitness.rest
        return min(LOOK_AGAIN, max(left, 0.0) + 0.01)

    async def _tell_of(self, signed_in: list[Seat]) -> None:
        """The server closed the accounts as well; it opens them for a worker that says what it holds."""
        seats = [str(seat) for seat in signed_in]
        handback = Handback(worker=self._info, still_held=list(self._running), signed_in=seats)
        await self._bench.client.hand_back(handback)

    def _warm_up(self, repo_url: str) -> None:
        """While no job runs, make the next workspace of that repository ready, and tidy its mirror."""
        idle = not self._running and not self._stop.is_set()
        if idle and (self._warming is None or self._warming.done()):
            self._warming = asyncio.create_task(self._make_ready(repo_url), name="warm up")

    async def _make_ready(self, repo_url: str) -> None:
        try:
            mirror = await self._bench.mirrors.open(repo_url)
            await self._bench.checkouts.warm_up(mirror)
            await mirror.tidy()
        except (PloegError, OSError) as error:
            logger.info("nothing was made ready ahead: %s", error, extra={"action": "warm_up_failed"})

    def _show(self) -> None:
        signing_in, standing_by = self._available.sign_in_needed, self._available.stand_by
        if self._stop.is_set():
            self._face.show(WorkerState.DRAINING)
        elif signing_in is not None:
            self._face.show(WorkerState.SIGN_IN_NEEDED, signing_in)
        elif standing_by is not None and not self._running:
            self._face.show(WorkerState.STAND_BY, standing_by[1], standing_by[0])
        elif self._fitness.unwell is not None:
            self._face.show(WorkerState.UNHEALTHY, self._fitness.unwell)
        else:
            self._face.show(WorkerState.WORKING if self._running else WorkerState.IDLE)

    async def _drain(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        """Jobs may end within their grace; then their agents are stopped and they are handed back."""
        if self._stop.is_set():
            self._show()
        if tasks:
            await asyncio.wait(tasks, timeout=self._bench.settings.drain_grace)
        for runner in self._running.values():
            runner.halt(Outcome.WORKER_STOPPED, "the worker was stopped")
        self._bench.leaving.set()
        if tasks:
            await asyncio.wait(tasks)

    async def _say_goodbye(self) -> None:
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait({self._warming})
        self._face.show(WorkerState.OFFLINE)
        with suppress(PloegError, TimeoutError):
            async with asyncio.timeout(GOODBYE):
                if self._claim_cut:
                    held = [record.assignment.attempt_id for record in self._bench.state.records()]
                    await self._bench.client.hand_back(Handback(worker=self._info, still_held=held))
                await self._face.tell()
        await self._bench.checkouts.close()

    def _request(self, wait_seconds: float, key: str) -> ClaimRequest:
        return ClaimRequest(worker=self._info, claim_key=key, wait_seconds=wait_seconds)

    async def _rest(self, seconds: float) -> None:
        await self._until_stopped(asyncio.sleep(seconds))

    async def _until_stopped(self, work: Coroutine[Any, Any, T]) -> T:
        """What the work gives; `Stopped`, with the work cancelled, when the worker is told to leave first."""
        if self._stop.is_set():
            work.close()
            raise Stopped
        task = asyncio.ensure_future(work)
        stopped = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise Stopped
        finally:
            stopped.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait({task})


async def _first_failure(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Until all have ended, or one has failed, which is raised."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()
