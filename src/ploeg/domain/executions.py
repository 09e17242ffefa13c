"""The tasks of a job for a whole sprint run, one after another: when each may begin, when it counts as settled, and
what that makes of the job's `done`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.gate import Coverage, GateResult, PlanCoverage, Settled, VerifyRequired, plan_coverage, skip_reason
from ploeg.domain.sprint_run import Execution, ExecutionStatus

PENDING, RUNNING = ExecutionStatus.PENDING, ExecutionStatus.RUNNING
DONE, FAILED, SKIPPED = ExecutionStatus.DONE, ExecutionStatus.FAILED, ExecutionStatus.SKIPPED
#: What a settled execution is; nothing changes it any more, so the commits of one never get into another's diff.
SETTLED = frozenset({DONE, SKIPPED})


def begin(execution: Execution, all_of_job: Sequence[Execution], now: datetime) -> Execution:
    """The execution under way; `Conflict` unless every one before it is settled. A second call changes nothing."""
    if execution.status is RUNNING:
        return execution
    _refuse_settled(execution)
    waiting = [each for each in all_of_job if each.position < execution.position and each.status not in SETTLED]
    if waiting:
        raise Conflict(f"execution {waiting[0].position} ({waiting[0].id}) comes first and is {waiting[0].status}")
    return execution.evolve(status=RUNNING, started_at=execution.started_at or now, ended_at=None)


def verified(execution: Execution, *, base: str, head: str, coverage: Coverage, summary: str | None) -> Execution:
    """What a comparison of its commits with its plan found; the last one counts."""
    if execution.status is not RUNNING:
        raise Conflict(f"the execution is {execution.status}; set it to RUNNING first, with update_task_execution")
    return execution.evolve(base_sha=base, head_sha=head, coverage=coverage, summary=summary)


def done(execution: Execution, now: datetime) -> Execution:
    """The execution done; `Conflict` unless it was verified and its own rule lets it pass. Twice changes nothing."""
    if execution.status is DONE:
        return execution
    _refuse_settled(execution)
    verdict = gate_of(execution.coverage, execution.verify_only, execution.verify_required, execution.summary)
    if not verdict.passed:
        raise Conflict(f"{verdict.reason}; verify it with verify_sprint_task, which says what is missing")
    return execution.evolve(status=DONE, ended_at=now)


def skip(execution: Execution, reason: str | None, now: datetime) -> Execution:
    """The execution skipped: for a reason, and only if nothing was committed for it. Twice changes nothing."""
    if execution.status is SKIPPED:
        return execution
    _refuse_settled(execution)
    try:
        said = skip_reason(reason)
    except Invalid as refusal:
        raise Invalid("skip_reason", reason, refusal.remedy) from None
    if execution.coverage is not Coverage.EMPTY:
        found = f"was found {execution.coverage}" if execution.coverage is not None else "was not verified"
        raise Conflict(f"only a task for which verify_sprint_task finds nothing changed is skipped; this one {found}")
    return execution.evolve(status=SKIPPED, skip_reason=said, ended_at=now)


def fail(execution: Execution, now: datetime) -> Execution:
    """The execution failed: it may be begun again while its job lasts."""
    _refuse_settled(execution)
    return execution.evolve(status=FAILED, ended_at=now)


def aggregate(executions: Sequence[Settled]) -> GateResult:
    """Whether all tasks of the job are settled as their rules ask; a refusal names every one that is not."""
    blockers = [f"{each.task}: {why}" for each in executions if (why := _blocker(each)) is not None]
    if not executions:
        return GateResult("executions", passed=False, reason="this job has no tasks; report it as skipped")
    if blockers:
        return GateResult("executions", passed=False, reason="; ".join(blockers))
    skipped = sum(each.status == SKIPPED for each in executions)
    return GateResult(
        "executions", passed=True, reason=f"{len(executions) - skipped} tasks are done, {skipped} had nothing to do"
    )


def gate_of(coverage: Coverage | None, verify_only: bool, required: VerifyRequired, summary: str | None) -> GateResult:
    """The rule of one task over what was found."""
    found = PlanCoverage(result=coverage, reasoning="as it was verified") if coverage is not None else None
    return plan_coverage(found, verify_only=verify_only, required=required, summary=summary or "")


def _blocker(each: Settled) -> str | None:
    if each.status == SKIPPED:
        told = each.coverage is Coverage.EMPTY and each.skip_reason
        return None if told else "it is skipped, but something was changed for it, or no reason is given"
    if each.status != DONE:
        return f"it is {each.status}"
    verdict = gate_of(each.coverage, each.verify_only, each.verify_required, each.summary)
    return None if verdict.passed else verdict.reason


def _refuse_settled(execution: Execution) -> None:
    if execution.status in SETTLED:
        raise Conflict(f"the execution is {execution.status}, and that stands")
