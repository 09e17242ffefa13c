"""One attempt from its claim to its report, phase by phase. Every way out leads through the same end."""

from __future__ import annotations

import asyncio
import importlib
import logging
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ploeg.domain.attempt import Outcome, Phase
from ploeg.domain.errors import PloegError
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import FinishReply
from ploeg.worker import late, model_credentials
from ploeg.worker.end import End, classify
from ploeg.worker.failure import end_of
from ploeg.worker.halt import Halted
from ploeg.worker.heartbeat import Heard, unheard
from ploeg.worker.live import LiveAttempt
from ploeg.worker.prepare import open_mirror, prepare
from ploeg.worker.push import push
from ploeg.worker.put_away import clear
from ploeg.worker.report import deliver
from ploeg.worker.share import share, withdraw
from ploeg.worker.statement import Statement
from ploeg.worker.workbench import Workbench
from ploeg.workspace.keep import Kept, NeverKept

if TYPE_CHECKING:
    from ploeg.worker.agent import AgentRun

logger = logging.getLogger(__name__)


class Runner:
    """Runs one attempt, once. Whatever happens becomes an outcome."""

    def __init__(self, bench: Workbench, assignment: Assignment, claimed_at: float, heard: Heard = unheard) -> None:
        self._bench = bench
        self._live = LiveAttempt(bench, assignment, claimed_at, heard)
        self._statement = Statement(self._live)
        #: What the server said to the report, if it took it.
        self.reply: FinishReply | None = None

    def halt(self, outcome: Outcome, reason: str) -> None:
        """End it now; what it did is kept and reported."""
        self._live.halt.call(outcome, reason)

    async def run(self) -> End:
        """How it ended, whether the server took the report or not."""
        live = self._live
        try:
            async with live.lease:
                async with live.shipper:
                    end = self._with_remedy(await self._to_its_end())
                    await self._share(end)
                    live.enter(Phase.REPORT)
                    live.note("ended", outcome=end.outcome, reason=end.reason)
                await self._report(end)
            return end
        finally:
            await self._clear_away()
            live.trace.close()
            live.log.close()

    def _with_remedy(self, end: End) -> End:
        """A sign-in that ran out is told with the commands that mend it."""
        if end.outcome is not Outcome.AUTH_EXPIRED:
            return end
        remedy = model_credentials.how_to_sign_in(self._bench.settings, self._live.seat)
        return replace(end, reason="; ".join(filter(None, (end.reason or "the sign-in was refused", remedy))))

    async def _to_its_end(self) -> End:
        try:
            end = await self._verified_before() or await self._work()
            await self._keep()
            return await self._publish() if end.outcome is Outcome.DONE else end
        except Halted as halted:
            await self._keep()
            return End(outcome=halted.breach.outcome, reason=halted.breach.reason)
        except (PloegError, OSError) as error:
            await self._keep()
            return end_of(error)
        except Exception as error:
            logger.exception("%s failed", self._live.assignment.job_code, extra={"action": "attempt_failed"})
            await self._keep()
            return end_of(error)

    async def _work(self) -> End:
        """Prepare and agent; the gates are asked from within the agent phase."""
        live = self._live
        self._bench.state.save(live.record)
        loading = asyncio.create_task(asyncio.to_thread(importlib.import_module, "ploeg.worker.agent"))
        try:
            resumed = await live.halt.guard(prepare(live))
        finally:
            phase = await loading
        await live.halt.guard(live.lease.begun())
        run: AgentRun = await phase.run_agent(live, resumed=resumed)
        self._statement.heard(run.accepted)
        return classify(
            breach=live.halt.breach,
            accepted=run.accepted,
            refused=run.refused,
            trouble=end_of(run.trouble) if run.trouble is not None else None,
            parked=run.parked,
            ending=run.ending,
        )

    async def _verified_before(self) -> End | None:
        """An earlier attempt's commit passed the gates and only lacks its push: the agent is not run again."""
        live, resume = self._live, self._live.assignment.resume
        if resume is None or not resume.verified or resume.receipt is None or resume.commit is None:
            return None
        mirror = await live.halt.guard(open_mirror(live))
        if not await mirror.has(resume.commit):
            await live.halt.guard(mirror.fetch())
            if not await mirror.has(resume.commit):
                return None
        self._statement.take_over(resume.receipt)
        return End(outcome=Outcome.DONE)

    async def _publish(self) -> End:
        """Push what was verified, unless there is nothing to push."""
        statement = self._statement
        if statement.head is None or statement.head == statement.base:
            return End(outcome=Outcome.DONE)
        with suppress(OSError):  # a full disk: a kill during the push would then cost another run of the agent
            self._bench.state.save_verified(self._live.assignment.job_code, statement.verified())
        try:
            end = await push(self._live, statement)
        except (PloegError, OSError) as error:
            return replace(end_of(error), outcome=Outcome.PUSH_FAILED)
        statement.pushed = end.outcome is Outcome.DONE
        return end

    async def _keep(self) -> None:
        """The last look at the workspace: nothing runs in it any more."""
        if not self._live.works:
            return
        try:
            await self._live.keep()
            self._statement.not_kept = None
        except (PloegError, OSError) as error:
            self._statement.not_kept = str(error)
            self._live.note("keep_failed", reason=str(error))

    async def _share(self, end: End) -> None:
        """What is not done goes to the remote too; what is done leaves no unfinished work there."""
        live, assignment = self._live, self._live.assignment
        if live.mirror is None or end.outcome is Outcome.LEASE_LOST:
            return
        if end.outcome is not Outcome.DONE and isinstance(live.kept, Kept):
            self._statement.wip_branch = await share(self._bench, live.mirror, assignment.job_code, live.kept)
            live.note("shared" if self._statement.wip_branch else "not_shared", branch=self._statement.wip_branch)
        elif self._statement.pushed:
            for job_code in filter(None, (assignment.job_code, assignment.follows)):
                await withdraw(self._bench, live.mirror, job_code)

    async def _report(self, end: End) -> None:
        live = self._live
        if live.lease.refused:
            self._bench.state.forget(live.assignment.attempt_id)
        else:
            report = self._statement.report(end, await self._statement.diff())
            self.reply = await deliver(self._bench, live.record, report)
        await late.deliver_all(self._bench)

    async def _clear_away(self) -> None:
        """The workspace goes once its work is proven kept, and not before."""
        live = self._live
        kept = live.kept if live.works else NeverKept()
        if live.workspace is not None and kept is not None and self._statement.not_kept is None:
            await clear(self._bench, live.workspace, kept)
        for workspace in live.beside.values():
            await clear(self._bench, workspace, NeverKept())
