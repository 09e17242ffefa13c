"""The fourth phase: exactly the verified commit, from the mirror to the job's branch, by the lease's holder only."""

from __future__ import annotations

from ploeg.domain.attempt import Outcome, Phase
from ploeg.worker.end import End
from ploeg.worker.live import LiveAttempt
from ploeg.worker.statement import Statement
from ploeg.workspace.mirror import PushOutcome, PushResult

#: Pushes of one attempt, each on top of what others had pushed by then.
MOST_CATCHES_UP = 4


async def back_up(live: LiveAttempt, head: str) -> None:
    """Puts finished work of a job that goes on onto its branch: another worker, or the next run, goes on from there.

    A push that does not succeed is noted and no more: the job's end pushes all of it.
    """
    assert live.mirror is not None
    await live.lease.confirm()
    branch = live.assignment.branch
    result = await live.mirror.push(head, branch, within=live.bench.settings.push_minutes * 60)
    live.note("backed_up" if result.pushed else "back_up_refused", branch=branch, head=head, outcome=result.outcome)


async def push(live: LiveAttempt, statement: Statement) -> End:
    """The attempt's end after the push of the verified commit, put on top of what others pushed where that is needed.

    Raises `Halted` when the lease is lost or the job cancelled.
    """
    # With the gates; a worker that is idle does without them.
    from ploeg.worker.catch_up import catch_up, catch_up_with_base

    if live.assignment.catches_up:
        end = await live.halt.guard(catch_up_with_base(live, statement))
        if end is not None:
            return end
    for _ in range(MOST_CATCHES_UP):
        result = await _push(live, str(statement.head))
        if result.outcome is not PushOutcome.CONFLICT:
            break
        end = await live.halt.guard(catch_up(live, statement))
        if end is not None:
            return end
    return _end(live.assignment.branch, result)


async def _push(live: LiveAttempt, head: str) -> PushResult:
    assert live.mirror is not None
    live.enter(Phase.PUSH)
    # A worker that slept through its lease must hear so before it writes to the remote.
    await live.halt.guard(live.lease.confirm())
    branch = live.assignment.branch
    limit = live.bench.settings.push_minutes * 60
    result = await live.halt.guard(live.mirror.push(head, branch, within=limit))
    live.note("pushed" if result.pushed else "push_refused", branch=branch, head=head, outcome=result.outcome)
    return result


def _end(branch: str, result: PushResult) -> End:
    if result.pushed:
        return End(outcome=Outcome.DONE)
    reason = f"push to {branch} ({result.outcome}): {result.reason}" + (f"; {result.remedy}" if result.remedy else "")
    conflict = result.outcome is PushOutcome.CONFLICT
    return End(outcome=Outcome.PUSH_CONFLICT if conflict else Outcome.PUSH_FAILED, reason=reason)
