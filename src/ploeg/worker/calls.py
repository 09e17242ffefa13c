"""Carrying out what the attempt's agent calls: here what needs the workspace, on the server what needs the database."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any

from ploeg.domain import codes
from ploeg.domain.attempt import Phase, Usage
from ploeg.domain.codes import CodeKind
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound, PloegError, Unavailable
from ploeg.domain.gate import GateResult, Receipt
from ploeg.domain.kinds import Subject, kind_named
from ploeg.tools.declaration import Arguments, Result, Side, Tool
from ploeg.tools.execution import UpdateTaskExecution, VerifySprintTask
from ploeg.tools.job import JobStatusUpdated, UpdateJobStatus
from ploeg.tools.pull_review import PostPrReview
from ploeg.tools.question import AskUserQuestion
from ploeg.tools.task import TaskVerified, VerifyTaskAgainstPlan
from ploeg.wire.assignment import IdeaOut, StoryOut, TaskOut
from ploeg.wire.work import ToolCall
from ploeg.worker.closing import check_closing, check_review
from ploeg.worker.end import Accepted
from ploeg.worker.gates import Gates
from ploeg.worker.insist import insist
from ploeg.worker.live import LiveAttempt
from ploeg.worker.push import back_up
from ploeg.worker.questions import Questions
from ploeg.worker.sprint_gates import SprintGates
from ploeg.worker.watch import Watch

#: Seconds that a call waits for a server that is away.
PATIENCE = 120.0


class Calls:
    """The calls of one attempt. The first terminal report that is accepted stands."""

    def __init__(self, live: LiveAttempt, watch: Watch) -> None:
        self._live = live
        self._watch = watch
        self._kind = kind_named(live.assignment.kind)
        self._gates = SprintGates(live) if self._kind.subject is Subject.SPRINT_RUN else Gates(live)
        #: The tool that saves the kind's result has done so.
        self._delivered = False
        self._one_at_a_time = asyncio.Lock()
        self.accepted: Accepted | None = None
        #: Set with `accepted`.
        self.reported = asyncio.Event()
        #: The gate that refused the last `done`.
        self.refused: GateResult | None = None
        #: What kept the last `done` from being checked at all.
        self.trouble: Exception | None = None
        self.questions = Questions(live)
        self._under_way: set[asyncio.Task[dict[str, Any]]] = set()

    async def carry_out(self, tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The tool's structured result; a refusal is one of `domain.errors`, its text is for the agent."""
        checked = tool.check(arguments)
        self._of_this_attempt(checked)
        self.questions.refuse_when_parked()
        task = asyncio.create_task(self._live.halt.guard(self._carried_out(tool, checked)), name=tool.name)
        self._under_way.add(task)
        try:
            waiting = tool.side is Side.WORKER or isinstance(checked, AskUserQuestion)
            with self._watch.serving(waiting=waiting), self._live.trace.step(f"tool {tool.name}"):
                return await task
        finally:
            self._under_way.discard(task)

    async def close(self) -> None:
        """The agent is gone: nobody waits for what it called."""
        for task in self._under_way:
            task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _carried_out(self, tool: Tool, checked: Arguments) -> dict[str, Any]:
        if tool.side is Side.SERVER:
            if isinstance(checked, PostPrReview):
                check_review(checked, self._live.diff.files if self._live.diff is not None else ())
            result = await self._forward(tool, checked)
            if tool.name == self._kind.delivers and result.get("ok", True):
                self._delivered = True
            if isinstance(checked, UpdateTaskExecution) and checked.status == "DONE" and result.get("head_sha"):
                await back_up(self._live, result["head_sha"])
            if isinstance(checked, AskUserQuestion):
                return await self.questions.answered(result, checked.wait_seconds)
            return result
        async with self._one_at_a_time:
            done = await self._here(checked)
        return done.model_dump(mode="json", exclude_none=True)

    async def _here(self, checked: Arguments) -> Result:
        match checked:
            case UpdateJobStatus():
                return await self._report(checked)
            case VerifyTaskAgainstPlan():
                return await self._compare()
            case VerifySprintTask() if isinstance(self._gates, SprintGates):
                return await self._gates.verify(checked)
            case _:
                raise Denied(f"{type(checked).__name__} cannot be carried out by the worker")

    def _of_this_attempt(self, checked: Arguments) -> None:
        """An agent may speak of its own job, tasks, stories and idea only, by id or by code."""
        assignment = self._live.assignment
        in_run = assignment.executions
        own: dict[str, tuple[CodeKind, dict[str, str]]] = {
            "job_id": (CodeKind.JOB, {assignment.job_id: assignment.job_code}),
            "task_id": (CodeKind.TASK, _codes(assignment.task, *(each.task for each in in_run))),
            "story_id": (CodeKind.STORY, _codes(assignment.story, *(each.story for each in in_run))),
            "idea_id": (CodeKind.IDEA, _codes(assignment.idea)),
        }
        for field, (kind, known) in own.items():
            given = getattr(checked, field, None)
            if given is not None and given not in known and codes.expect(kind, given) not in known.values():
                raise NotFound(kind.noun, given)

    async def _forward(self, tool: Tool, checked: Arguments) -> dict[str, Any]:
        attempt_id = self._live.assignment.attempt_id
        arguments = checked.model_dump(mode="json", exclude_none=True)
        call = ToolCall(call_id=uuid.uuid4().hex, tool=tool.name, arguments=arguments)
        reply = await insist(lambda: self._live.bench.client.call(attempt_id, call), seconds=PATIENCE)
        if reply.error is not None:
            raise Conflict(reply.error)
        return reply.result or {}

    async def _report(self, report: UpdateJobStatus) -> JobStatusUpdated:
        if self.accepted is not None:
            raise Conflict(
                f"this job was reported as {self.accepted.status} before, and that report stands; end the session now"
            )
        if report.status == "running":
            return self._answer(report)
        self._check_branch(report)
        check_closing(self._kind, report, delivered=self._delivered)
        if report.status != "done" or not self._kind.gated:
            return self._accept(report)
        receipt = await self._checked(report.summary or "")
        refusal = receipt.refusal
        if refusal is not None:
            self.refused, self.trouble = refusal, None
            self._live.enter(Phase.AGENT)
            raise Conflict(f"done is refused by the gate «{refusal.name}»: {refusal.reason}\nThen report done again.")
        return self._accept(report, receipt)

    async def _checked(self, summary: str) -> Receipt:
        try:
            return await self._gates.check(summary)
        except (PloegError, OSError) as error:
            self.trouble = error
            self._live.enter(Phase.AGENT)
            raise Unavailable(f"done could not be checked: {error}; wait a little and report it again") from None

    def _check_branch(self, report: UpdateJobStatus) -> None:
        branch = self._live.assignment.branch or None
        if report.branch not in {None, branch}:
            raise Invalid("branch", report.branch, f"this job's branch is {branch or 'none'}; leave the argument out")

    def _accept(self, report: UpdateJobStatus, receipt: Receipt | None = None) -> JobStatusUpdated:
        self.refused = None
        self.trouble = None
        self.accepted = Accepted(status=report.status, summary=report.summary, error=report.error, receipt=receipt)
        self._fill_in(report)
        self.reported.set()
        self._live.note("reported", status=report.status)
        return self._answer(report, receipt)

    def _fill_in(self, report: UpdateJobStatus) -> None:
        """The agent's own word on its model and usage counts where its program says nothing."""
        progress = self._live.progress
        progress.model = progress.model or report.model_id
        if progress.usage == Usage():
            progress.usage = Usage(
                input_tokens=report.input_tokens or 0,
                output_tokens=report.output_tokens or 0,
                cache_read_tokens=report.cache_read_tokens or 0,
                cache_write_tokens=report.cache_write_tokens or 0,
            )

    def _answer(self, report: UpdateJobStatus, receipt: Receipt | None = None) -> JobStatusUpdated:
        return JobStatusUpdated(
            job_id=self._live.assignment.job_id,
            status=report.status,
            branch=self._live.assignment.branch or None,
            head_sha=receipt.head_sha if receipt else None,
            verify_result=receipt.coverage.result if receipt else None,
            summary=report.summary,
            error=report.error,
            next_action="continue" if report.status == "running" else "stop",
        )

    async def _compare(self) -> TaskVerified:
        look = await self._gates.look()
        verdict = self._gates.judge(look.coverage, "")
        task = self._live.assignment.task
        return TaskVerified(
            job_id=self._live.assignment.job_id,
            result=look.coverage.result,
            reasoning=look.coverage.reasoning,
            verify_only=task is not None and task.verify_only,
            allowed_for_done=verdict.passed,
            reason=verdict.reason,
            planned_paths=list(look.coverage.planned_paths),
            missing_paths=list(look.coverage.missing_paths),
            changed_paths=list(look.coverage.changed_paths),
        )


def _codes(*items: TaskOut | StoryOut | IdeaOut | None) -> dict[str, str]:
    return {item.id: item.code for item in items if item is not None}
