"""The checks that stand before `done`, as rules over what was found; who finds it is the worker.

The gates, in order: `committed`, `not_empty`, `plan_coverage`, `verify_commands`. The first refusal goes to the agent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ploeg.domain.errors import Invalid

#: Characters of a summary that justify changes which do not simply follow the plan.
SUMMARY_MIN = 20
#: Characters of the reason for skipping a job.
SKIP_REASON_MIN = 10
#: Paths that a refusal lists.
LISTED = 10


class Coverage(StrEnum):
    """How the changes lie against the frozen plan."""

    EMPTY = "EMPTY"
    PARTIAL = "PARTIAL"
    ALIGNED = "ALIGNED"
    DIVERGENT = "DIVERGENT"


class VerifyRequired(StrEnum):
    """How closely a task's changes must follow its plan."""

    ALIGNED = "ALIGNED"
    ALIGNED_OR_PARTIAL = "ALIGNED_OR_PARTIAL"
    ANY = "ANY"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One path of a diff: a deletion is a change like any other. A binary file counts no lines."""

    path: str
    added: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCoverage:
    """The verdict on a diff, with what led to it."""

    result: Coverage
    reasoning: str
    planned_paths: tuple[str, ...] = ()
    missing_paths: tuple[str, ...] = ()
    changed_paths: tuple[str, ...] = ()
    changed_lines: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """A verify command as the worker ran it."""

    command: str
    #: None when it was stopped by its limit.
    exit_code: int | None
    seconds: float
    #: The last lines of its output, redacted.
    tail: str

    @property
    def passed(self) -> bool:
        return self.exit_code == 0


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate's answer. `reason` says what to mend when it refused."""

    name: str
    passed: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How one task of a job for a whole sprint run stands when the job is to be done."""

    #: The task's code.
    task: str
    #: A `domain.sprint_run.ExecutionStatus`.
    status: str
    verify_required: VerifyRequired
    verify_only: bool
    base_sha: str | None = None
    head_sha: str | None = None
    coverage: Coverage | None = None
    summary: str | None = None
    skip_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was verified, on which commit. `done` is this and nothing else."""

    job: str
    attempt: int
    base_sha: str
    head_sha: str
    #: The tree that the verify commands saw.
    tree_sha: str
    verified_at: datetime
    coverage: PlanCoverage
    gates: tuple[GateResult, ...]
    commands: tuple[CommandResult, ...]
    #: SHA-256 of the frozen plan's text.
    plan_sha256: str
    files: tuple[FileChange, ...] = ()
    verify_only: bool = False
    summary: str = ""
    #: Of a job for a whole sprint run: its tasks.
    executions: tuple[Settled, ...] = ()

    @property
    def passed(self) -> bool:
        return all(gate.passed for gate in self.gates)

    @property
    def refusal(self) -> GateResult | None:
        return next((gate for gate in self.gates if not gate.passed), None)


def committed(leftovers: Sequence[str]) -> GateResult:
    """Everything is committed; `leftovers` are the paths that are not."""
    if not leftovers:
        return GateResult("committed", passed=True, reason="everything is committed")
    listed = ", ".join(leftovers[:LISTED]) + (", …" if len(leftovers) > LISTED else "")
    return GateResult("committed", passed=False, reason=f"commit or remove what is left in the working tree: {listed}")


def not_empty(changes: Sequence[FileChange], *, verify_only: bool) -> GateResult:
    """Something is changed, unless the task only checks."""
    if changes or verify_only:
        return GateResult("not_empty", passed=True, reason=f"{len(changes)} paths are changed")
    return GateResult(
        "not_empty",
        passed=False,
        reason="no commit changes anything; commit the work, or report skipped with the reason if there is none",
    )


def plan_coverage(
    coverage: PlanCoverage | None, *, verify_only: bool, required: VerifyRequired, summary: str
) -> GateResult:
    """The changes follow the plan as closely as the task asks; `summary` is the agent's own, for what does not."""
    if coverage is None:
        return _coverage(False, "the changes were not compared with the plan")
    said = f"{coverage.result}: {coverage.reasoning}"
    if coverage.result is Coverage.EMPTY:
        return _coverage(verify_only, said)
    if coverage.result is Coverage.ALIGNED or required is VerifyRequired.ANY:
        return _coverage(True, said)
    if required is VerifyRequired.ALIGNED:
        return _coverage(False, f"{said}; this task must follow its plan")
    if len(summary.strip()) >= SUMMARY_MIN:
        return _coverage(True, said)
    return _coverage(False, f"{said}; follow the plan, or say why not in a summary of {SUMMARY_MIN} characters or more")


def verify_commands(results: Sequence[CommandResult]) -> GateResult:
    """Every command of the product passed; they are run in order, up to the first that fails."""
    for result in results:
        if not result.passed:
            how = "was stopped by its limit" if result.exit_code is None else f"ended with {result.exit_code}"
            reason = f"`{result.command}` {how} after {result.seconds:.0f} s:\n{result.tail}"
            return GateResult("verify_commands", passed=False, reason=reason)
    return GateResult("verify_commands", passed=True, reason=f"{len(results)} commands passed")


def skip_reason(reason: str | None) -> str:
    """The reason for skipping a job; `Invalid` if it says too little."""
    given = (reason or "").strip()
    if len(given) < SKIP_REASON_MIN:
        raise Invalid("error", given, f"say in {SKIP_REASON_MIN} characters or more why nothing has to be done")
    return given


def _coverage(passed: bool, reason: str) -> GateResult:
    return GateResult("plan_coverage", passed=passed, reason=reason)
