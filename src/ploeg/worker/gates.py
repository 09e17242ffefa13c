"""The gates before `done`, as this worker carries them out: on the commits as they lie in the mirror, never on the
agent's word and never on files that it could still change.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from ploeg.domain import gate
from ploeg.domain.attempt import Phase
from ploeg.domain.coverage import classify
from ploeg.domain.gate import CommandResult, GateResult, PlanCoverage, Receipt, VerifyRequired
from ploeg.wire.assignment import TaskOut
from ploeg.worker.live import LiveAttempt
from ploeg.worker.names import verify_checkout
from ploeg.worker.runlog import utc_now
from ploeg.worker.shell import run_command
from ploeg.worker.trailers import trailers_of
from ploeg.workspace.checkout import Workspace
from ploeg.workspace.keep import Kept, KeptElsewhere
from ploeg.workspace.mirror import Diff, Mirror

#: Seconds for each set-up command in the checkout that is verified.
SET_UP_LIMIT = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found in the mirror: the commit at the agent's HEAD and what it changes."""

    base: str
    head: str
    uncommitted: tuple[str, ...]
    diff: Diff
    coverage: PlanCoverage


class Gates:
    """The gates of one attempt, whose mirror is open."""

    def __init__(self, live: LiveAttempt) -> None:
        assert live.mirror is not None
        self._live = live
        self._mirror: Mirror = live.mirror
        self._task: TaskOut = live.assignment.task or TaskOut(id="", code="", title="")
        # All that is on a branch follows no single plan.
        catches_up = live.assignment.catches_up
        self._required = VerifyRequired.ANY if catches_up else VerifyRequired(self._task.verify_required)
        #: The frozen plan, or those of all the job's tasks.
        plans = [each.task.implementation_plan for each in live.assignment.executions]
        self._plan = "\n\n".join(plans) if plans else self._task.implementation_plan

    async def look(self, *, auto_commit: bool = False) -> Look:
        """Take the commits over into the mirror and compare them with the frozen plan.

        `auto_commit`: what is not committed becomes a commit there; the agent's own repository stays as it is.
        """
        kept = await self._live.keep()
        head, uncommitted = kept.head, kept.uncommitted if isinstance(kept, Kept) else ()
        if auto_commit and isinstance(kept, Kept) and kept.snapshot is not None and kept.whole:
            head, uncommitted = await self._mirror.commit_snapshot(kept, self._message()), ()
            self._live.note("auto_committed", head=head, files=list(kept.uncommitted))
        return await self._compared(await self._base(head), head, uncommitted)

    async def _base(self, head: str) -> str:
        """What the commits are compared with: where the work began, or what others pushed once it is on top of that."""
        live = self._live
        assert live.workspace is not None
        onto = live.moved_on_to
        return onto if onto is not None and await self._mirror.leads_back(head, onto) else live.workspace.base

    async def _compared(self, base: str, head: str, uncommitted: tuple[str, ...] = ()) -> Look:
        diff = await self._mirror.diff(base, head)
        return Look(base=base, head=head, uncommitted=uncommitted, diff=diff, coverage=classify(self._plan, diff.files))

    def _message(self) -> str:
        story = self._live.assignment.story
        title = f"{story.code}: {self._task.title}" if story is not None else self._task.title
        trailers = trailers_of(self._live.bench.settings.commit_trailers, self._live.assignment)
        lines = [title, "", "Committed by Ploeg: the agent had left these changes uncommitted.", "", *trailers]
        return "\n".join(lines).rstrip() + "\n"

    def judge(self, coverage: PlanCoverage, summary: str) -> GateResult:
        """Whether the task's rule lets that coverage pass."""
        verify_only = self._task.verify_only
        return gate.plan_coverage(coverage, verify_only=verify_only, required=self._required, summary=summary)

    async def check(self, summary: str) -> Receipt:
        """All gates in order, up to the first that refuses; the receipt of what was checked, on which commit."""
        self._live.enter(Phase.VERIFY)
        return await self._check(await self.look(auto_commit=self._live.assignment.config.auto_commit), summary)

    async def check_commit(self, base: str, head: str, summary: str) -> Receipt:
        """The same for a commit that the mirror has, with what it changes since `base`."""
        self._live.enter(Phase.VERIFY)
        return await self._check(await self._compared(base, head), summary)

    async def _check(self, look: Look, summary: str) -> Receipt:
        gates = await self.found(look, summary)
        commands: tuple[CommandResult, ...] = ()
        if all(result.passed for result in gates):
            commands = await self._verify(look.head)
            gates.append(gate.verify_commands(commands))
        refusal = next((index for index, result in enumerate(gates) if not result.passed), len(gates) - 1)
        receipt = await self._receipt(look, tuple(gates[: refusal + 1]), commands, summary)
        self._tell(receipt)
        return receipt

    async def found(self, look: Look, summary: str) -> list[GateResult]:
        """What the gates say of the commits, before any command is run on them."""
        return [
            gate.committed(look.uncommitted),
            gate.not_empty(look.diff.files, verify_only=self._task.verify_only),
            self.judge(look.coverage, summary),
        ]

    def receipt_extras(self) -> dict[str, Any]:
        """What a receipt of this kind of job says besides."""
        return {"verify_only": self._task.verify_only}

    async def _receipt(
        self, look: Look, gates: tuple[GateResult, ...], commands: tuple[CommandResult, ...], summary: str
    ) -> Receipt:
        assignment = self._live.assignment
        return Receipt(
            job=assignment.job_code,
            attempt=assignment.attempt_number,
            base_sha=look.base,
            head_sha=look.head,
            tree_sha=await self._mirror.tree(look.head),
            verified_at=utc_now(),
            coverage=look.coverage,
            gates=gates,
            commands=commands,
            plan_sha256=hashlib.sha256(self._plan.encode()).hexdigest(),
            files=tuple(look.diff.files),
            summary=summary,
            **self.receipt_extras(),
        )

    async def _verify(self, head: str) -> tuple[CommandResult, ...]:
        """The product's commands on exactly that commit, in a checkout that no agent has touched."""
        config = self._live.assignment.config
        if not config.verify_commands:
            return ()
        results = []
        async with self._fresh_checkout(head) as workspace:
            home = self._live.bench.homes.of(verify_checkout(self._live.assignment.job_code))
            sandbox = self._live.sandbox(workspace, home)
            limits = [(command, SET_UP_LIMIT) for command in config.setup_commands]
            limits += [(command, config.verify_timeout) for command in config.verify_commands]
            for command, limit in limits:
                results.append(await run_command(self._live, sandbox, command, limit))
                if not results[-1].passed:
                    break
        return tuple(results)

    @asynccontextmanager
    async def _fresh_checkout(self, head: str) -> AsyncIterator[Workspace]:
        bench, assignment = self._live.bench, self._live.assignment
        name = verify_checkout(assignment.job_code)
        nothing_of_its_own = KeptElsewhere(where=f"a checkout of {head}")
        left = bench.checkouts.existing(name)
        if left is not None:
            await bench.checkouts.remove(left, nothing_of_its_own)
        workspace = await bench.checkouts.take(
            self._mirror,
            job_code=name,
            attempt=assignment.attempt_number,
            branch=assignment.branch,
            commit=head,
            base=head,
        )
        try:
            yield workspace
        finally:
            await bench.checkouts.remove(workspace, nothing_of_its_own)
            await asyncio.to_thread(bench.homes.remove, name)

    def _tell(self, receipt: Receipt) -> None:
        refusal = receipt.refusal
        self._live.note(
            "verified" if refusal is None else "gate_refused",
            head=receipt.head_sha,
            gates=[{"name": result.name, "passed": result.passed, "reason": result.reason} for result in receipt.gates],
        )
