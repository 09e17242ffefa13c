"""The branch has moved on since the work was verified: the work is put on top of that and verified anew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from ploeg.domain.attempt import Outcome
from ploeg.domain.kinds import Subject, kind_named
from ploeg.worker.end import End
from ploeg.worker.gates import Gates
from ploeg.worker.live import LiveAttempt
from ploeg.worker.names import rebase_checkout
from ploeg.worker.sprint_gates import SprintGates
from ploeg.worker.statement import Statement
from ploeg.workspace.checkout import Workspace
from ploeg.workspace.keep import KeptElsewhere
from ploeg.workspace.rebase import Conflicting, bring_onto
from ploeg.workspace.repository import KEPT


async def catch_up(live: LiveAttempt, statement: Statement) -> End | None:
    """None: the statement's commit is now one that the branch can take. Else the attempt's end, which is done where
    the branch has it already."""
    assert live.mirror is not None
    mirror, branch = live.mirror, live.assignment.branch
    await mirror.fetch()
    tip = await mirror.branch_tip(branch)
    head, base = statement.head, statement.base
    if tip is None or head is None or base is None or await mirror.leads_back(head, tip):
        return None
    if await mirror.leads_back(tip, head):
        return End(outcome=Outcome.DONE)  # it is there, with more on top
    # The commits of a run's tasks are on record one by one, and must stay the same.
    merging = kind_named(live.assignment.kind).subject is Subject.SPRINT_RUN
    return await _bring_onto(live, statement, branch, tip, merging=merging)


async def catch_up_with_base(live: LiveAttempt, statement: Statement) -> End | None:
    """The same for what the default branch has become. The branch's own commits stay as they are, since people may have
    looked at them; the receipt is anew in any case, for all that is on the branch.
    """
    assert live.mirror is not None
    await live.mirror.fetch()
    branch = await live.mirror.default_branch()
    tip = await live.mirror.branch_tip(branch)
    if tip is None or statement.head is None:
        return End(outcome=Outcome.WORKSPACE_IMPOSSIBLE, reason=f"the repository has no branch {branch}")
    return await _bring_onto(live, statement, branch, tip, merging=True)


async def _bring_onto(live: LiveAttempt, statement: Statement, branch: str, tip: str, *, merging: bool) -> End | None:
    mirror, head, base = live.mirror, str(statement.head), str(statement.base)
    assert mirror is not None
    for_run = kind_named(live.assignment.kind).subject is Subject.SPRINT_RUN
    moved = head
    try:
        if not await mirror.leads_back(head, tip):
            async with _untouched(live, head) as workspace:
                moved = await bring_onto(mirror, workspace, base=base, tip=tip, merging=merging)
    except Conflicting as conflict:
        live.note("conflict", branch=branch, onto=tip, files=conflict.files)
        return End(outcome=Outcome.PUSH_CONFLICT, reason=f"{branch} has moved on to {tip[:12]}, and {conflict}")
    await mirror.also_keep(f"{KEPT}/{live.assignment.job_code}/{live.assignment.attempt_number}-rebased", moved)
    live.note("rebased", branch=branch, onto=tip, head=moved)
    gates = SprintGates(live) if for_run else Gates(live)
    receipt = await gates.check_commit(tip, moved, statement.said)
    if receipt.refusal is not None:
        reason = (
            f"{branch} has moved on to {tip[:12]}; on top of that the gate «{receipt.refusal.name}» refuses the work"
        )
        return End(outcome=Outcome.PUSH_CONFLICT, reason=f"{reason}: {receipt.refusal.reason}")
    statement.take_over(msgspec.to_builtins(receipt))
    return None


@asynccontextmanager
async def _untouched(live: LiveAttempt, commit: str) -> AsyncIterator[Workspace]:
    assert live.mirror is not None
    checkouts, assignment = live.bench.checkouts, live.assignment
    name, nothing_of_its_own = rebase_checkout(assignment.job_code), KeptElsewhere(where="no agent worked here")
    left = checkouts.existing(name)
    if left is not None:
        await checkouts.remove(left, nothing_of_its_own)
    workspace = await checkouts.take(
        live.mirror, job_code=name, attempt=assignment.attempt_number, branch=None, commit=commit
    )
    try:
        yield workspace
    finally:
        await checkouts.remove(workspace, nothing_of_its_own)
