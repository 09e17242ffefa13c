"""The fourth phase: exactly the verified commit, from the mirror to the job's branch, by the lease's holder only."""

from __future__ import annotations

from ploeg.domain.attempt import Outcome, Phase
from ploeg.worker.end import End
from ploeg.worker.live import LiveAttempt
from ploeg.workspace.mirror import PushOutcome


async def back_up(live: LiveAttempt, head: str) -> None:
    """Puts finished work of a job that goes on onto its branch: another worker, or the next run, goes on from there.

    A push that does not succeed is noted and no more: the job's end pushes all of it.
    """
    assert live.mirror is not None
    await live.lease.confirm()
    branch = live.assignment.branch
    result = await live.mirror.push(head, branch, within=live.bench.settings.push_minutes * 60)
    live.note("backed_up" if result.pushed else "back_up_refused", branch=branch, head=head, outcome=result.outcome)


async def push(live: LiveAttempt, head: str) -> End:
    """The attempt's end after the push of that commit. Raises `Halted` when the lease is lost or the job cancelled."""
    assert live.mirror is not None
    live.enter(Phase.PUSH)
    # A worker that slept through its lease must hear so before it writes to the remote.
    await live.halt.guard(live.lease.confirm())
    branch = live.assignment.branch
    limit = live.bench.settings.push_minutes * 60
    result = await live.halt.guard(live.mirror.push(head, branch, within=limit))
    live.note("pushed" if result.pushed else "push_refused", branch=branch, head=head, outcome=result.outcome)
    if result.pushed:
        return End(outcome=Outcome.DONE)
    reason = f"push to {branch}: {result.reason}" + (f"; {result.remedy}" if result.remedy else "")
    conflict = result.outcome is PushOutcome.CONFLICT
    return End(outcome=Outcome.PUSH_CONFLICT if conflict else Outcome.PUSH_FAILED, reason=reason)
