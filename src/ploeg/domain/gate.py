"""The checks that stand before `done`, as rules over what was found; who finds it is the worker.

Plan coverage follows the classifier that Ploeg's predecessor used, with its counting mended: only added and removed
lines count, headers do not, and a deletion is a change like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
    """One path of a diff. A rename is a deletion and an addition; a binary file counts no lines."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """One gate's answer. `reason` says what to mend when it refused."""

    name: str
    passed: bool
    reason: str


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

    @property
    def passed(self) -> bool:
        return all(gate.passed for gate in self.gates)

    @property
    def refusal(self) -> GateResult | None:
        return next((gate for gate in self.gates if not gate.passed), None)
