"""The gates of a job for a whole sprint run: each task on its own commits, then all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ploeg.domain import executions, gate
from ploeg.domain.coverage import classify
from ploeg.domain.errors import Conflict, NotFound
from ploeg.domain.executions import DONE
from ploeg.domain.gate import Coverage, GateResult, PlanCoverage, Settled, VerifyRequired
from ploeg.domain.sprint_run import ExecutionStatus
from ploeg.tools.execution import ExecutionVerified, VerifySprintTask
from ploeg.wire.assignment import ExecutionOut
from ploeg.wire.work import ExecutionsRequest, Verification
from ploeg.worker.gates import Gates, Look
from ploeg.worker.insist import insist
from ploeg.worker.live import LiveAttempt

#: Seconds that a call waits for a server that is away.
PATIENCE = 120.0


class SprintGates(Gates):
    """The server keeps how the tasks stand; the commits are this worker's own, never the agent's word."""

    def __init__(self, live: LiveAttempt) -> None:
        super().__init__(live)
        self._settled: tuple[Settled, ...] = ()

    async def verify(self, asked: VerifySprintTask) -> ExecutionVerified:
        """What was committed for one task, since the one before it, compared with its plan and told to the server."""
        all_of_job = await self._executions()
        named = asked.execution_id
        execution = next((each for each in all_of_job if named == each.id or named.upper() == each.task.code), None)
        if execution is None:
            raise NotFound("execution", asked.execution_id)
        coverage, base, head = await self._compare(execution, all_of_job)
        verified = Verification(
            execution_id=execution.id,
            base_sha=base,
            head_sha=head,
            coverage=coverage.result,
            summary=self._live.redactor.redact_text(asked.summary) if asked.summary else None,
        )
        await self._executions(verified)
        task = execution.task
        required = VerifyRequired(task.verify_required)
        verdict = gate.plan_coverage(
            coverage, verify_only=task.verify_only, required=required, summary=asked.summary or ""
        )
        self._live.note("execution_verified", task=task.code, result=coverage.result, base=base, head=head)
        return ExecutionVerified(
            execution_id=execution.id,
            result=coverage.result,
            reasoning=coverage.reasoning,
            verify_only=task.verify_only,
            base_sha=base,
            head_sha=head,
            allowed_for_done=verdict.passed,
            reason=verdict.reason,
            planned_paths=list(coverage.planned_paths),
            missing_paths=list(coverage.missing_paths),
            changed_paths=list(coverage.changed_paths),
        )

    async def look(self, *, auto_commit: bool = False) -> Look:
        """As for one task, but nothing is committed for the agent: each commit belongs to one of several tasks."""
        return await super().look()

    async def found(self, look: Look, summary: str) -> list[GateResult]:
        all_of_job = await self._executions()
        only_checks = bool(all_of_job) and all(_changes_nothing(each) for each in all_of_job)
        self._settled = tuple(_settled(each) for each in all_of_job)
        return [
            gate.committed(look.uncommitted),
            gate.not_empty(look.diff.files, verify_only=only_checks),
            await self._aggregate(look.head, all_of_job),
        ]

    def receipt_extras(self) -> dict[str, Any]:
        return {"executions": self._settled}

    async def _compare(
        self, execution: ExecutionOut, all_of_job: Sequence[ExecutionOut]
    ) -> tuple[PlanCoverage, str, str]:
        look = await self.look()
        committed = gate.committed(look.uncommitted)
        if not committed.passed:
            raise Conflict(committed.reason)
        base = self._base_of(execution, all_of_job)
        if not await self._leads_back(look.head, base):
            raise Conflict(
                f"the branch no longer holds {base[:12]}, where the task before ended; bring that commit back"
            )
        diff = await self._mirror.diff(base, look.head)
        return classify(execution.task.implementation_plan, diff.files), base, look.head

    def _base_of(self, execution: ExecutionOut, all_of_job: Sequence[ExecutionOut]) -> str:
        """Where the last task before it ended, else where the job began."""
        before = [each for each in all_of_job if each.position < execution.position and each.status == DONE]
        return (before[-1].head_sha if before else None) or str(self._live.progress.base_sha)

    async def _aggregate(self, head: str, all_of_job: Sequence[ExecutionOut]) -> GateResult:
        for each in all_of_job:
            if each.status == DONE and each.head_sha and not await self._leads_back(head, each.head_sha):
                reason = f"the branch no longer holds {each.head_sha[:12]}, the work on {each.task.code}; bring it back"
                return GateResult("executions", passed=False, reason=reason)
        return executions.aggregate(self._settled)

    async def _leads_back(self, head: str, commit: str) -> bool:
        return await self._mirror.has(commit) and await self._mirror.merge_base(commit, head) == commit

    async def _executions(self, verified: Verification | None = None) -> list[ExecutionOut]:
        live = self._live
        request = ExecutionsRequest(verified=verified)
        ask = live.bench.client.executions
        return (await insist(lambda: ask(live.assignment.attempt_id, request), seconds=PATIENCE)).executions


def _settled(each: ExecutionOut) -> Settled:
    return Settled(
        task=each.task.code,
        status=each.status,
        verify_required=VerifyRequired(each.task.verify_required),
        verify_only=each.task.verify_only,
        base_sha=each.base_sha,
        head_sha=each.head_sha,
        coverage=Coverage(each.coverage) if each.coverage else None,
        summary=each.summary,
        skip_reason=each.skip_reason,
    )


def _changes_nothing(each: ExecutionOut) -> bool:
    """It only checks, or had nothing to do: its own rule has judged that."""
    return each.task.verify_only or each.status == ExecutionStatus.SKIPPED
