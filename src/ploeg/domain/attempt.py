"""One claim of a job by one worker: its phases, what it used, and every way it can end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from ploeg.domain.account import Purse, Seat
from ploeg.domain.errors import Superseded
from ploeg.domain.ids import AttemptId, JobId, WorkerId


class Phase(StrEnum):
    """The five phases of an attempt, in order."""

    PREPARE = "prepare"
    AGENT = "agent"
    VERIFY = "verify"
    PUSH = "push"
    REPORT = "report"


class Outcome(StrEnum):
    """Every way an attempt can end. What the job does then is `domain/retry.py`."""

    DONE = "done"
    REPORTED_FAILED = "reported_failed"
    SKIPPED = "skipped"
    GATE_REFUSED = "gate_refused"
    NO_REPORT = "no_report"
    AGENT_CRASHED = "agent_crashed"
    WORKSPACE_FAILED = "workspace_failed"
    WORKSPACE_IMPOSSIBLE = "workspace_impossible"
    TIMED_OUT = "timed_out"
    SILENT = "silent"
    OVER_BUDGET = "over_budget"
    TOO_MANY_TURNS = "too_many_turns"
    RUNAWAY = "runaway"
    QUOTA_EXHAUSTED = "quota_exhausted"
    AUTH_EXPIRED = "auth_expired"
    WAITING = "waiting"
    PUSH_CONFLICT = "push_conflict"
    PUSH_FAILED = "push_failed"
    LEASE_LOST = "lease_lost"
    WORKER_LOST = "worker_lost"
    WORKER_STOPPED = "worker_stopped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens by kind, turns, and money in US dollars, as the runtime's own events report them."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    turns: int = 0
    #: None when the runtime does not say: unknown is not free.
    cost_usd: float | None = None

    @property
    def tokens(self) -> int:
        """Of every kind."""
        return self.input_tokens + self.output_tokens + self.cache_read_tokens + self.cache_write_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Where an earlier attempt of the job, or of the one that it follows up, stopped, to go on from there."""

    attempt_id: AttemptId
    #: The agent's conversation; None where there is none to go on with.
    session_id: str | None
    #: The worker that holds the conversation and the kept work.
    worker_id: WorkerId
    #: Tip of the commits that the earlier attempt made.
    commit: str | None = None
    #: A commit that holds the files it had not committed.
    snapshot: str | None = None
    #: The commit that was verified and only lacks its push; the agent is not run again.
    verified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One claim of a job by one worker."""

    id: AttemptId
    job_id: JobId
    #: 1 for the job's first attempt.
    number: int
    worker_id: WorkerId
    runtime: str
    phase: Phase
    claimed_at: datetime
    #: None once the attempt has ended.
    lease_until: datetime | None
    #: What the claim froze: the resolved config and the plan (`wire.work.Assignment` as JSON).
    frozen: dict[str, Any] = field(default_factory=dict)
    #: The claim request this attempt answers; the same request again gets the same attempt.
    claim_key: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    summary: str | None = None
    model: str | None = None
    session_id: str | None = None
    usage: Usage = field(default_factory=Usage)
    branch: str | None = None
    base_sha: str | None = None
    head_sha: str | None = None
    #: Set when the remote is known to hold `head_sha` on `branch`.
    pushed_at: datetime | None = None
    #: The ref in the worker's mirror that keeps the work, e.g. `refs/ploeg/J-12/1`.
    kept_ref: str | None = None
    receipt: dict[str, Any] | None = None
    #: A commit that holds the files it had not committed at its end.
    snapshot: str | None = None
    #: The branch on the remote that holds all of its work as well, if it did not end as done.
    wip_branch: str | None = None
    #: The account that it runs on; its runtime's only one has no name.
    account: str = ""
    #: What pays for it; None while nobody can say.
    purse: Purse | None = None
    #: Number of the next transcript chunk expected, and the bytes stored before it.
    next_chunk: int = 0
    transcript_bytes: int = 0

    @property
    def active(self) -> bool:
        return self.ended_at is None

    @property
    def seat(self) -> Seat:
        return Seat(self.runtime, self.account)

    @property
    def files(self) -> list[dict[str, Any]]:
        """`{path, added, removed}` of each file that it changed, as far as its receipt tells; a worker made that."""
        told = (self.receipt or {}).get("files")
        known = [file for file in told if isinstance(file, dict)] if isinstance(told, list) else []
        return [_changed(file) for file in known if isinstance(file.get("path"), str)]

    def left_off(self, runtime: str) -> Resume:
        """Where a follow-up job with that runtime goes on from here; a conversation is its own runtime's only.

        What was pushed is found on the branch, with all that others did there since; the rest only where it is kept.
        """
        pushed = self.pushed_at is not None
        return Resume(
            attempt_id=self.id,
            session_id=self.session_id if runtime == self.runtime else None,
            worker_id=self.worker_id,
            commit=None if pushed else self.head_sha,
            snapshot=None if pushed else self.snapshot,
        )

    def done(self) -> Resume:
        """Where a job goes on that has nothing to do but what comes after the work: that is verified and pushed."""
        return Resume(
            attempt_id=self.id, session_id=None, worker_id=self.worker_id, commit=self.head_sha, verified=True
        )

    def held_by(self, worker_id: WorkerId) -> Self:
        """This attempt, if that worker may still write for it; else `Superseded`."""
        if self.worker_id != worker_id:
            raise Superseded(self.id, "it belongs to another worker")
        if not self.active:
            raise Superseded(self.id, f"it ended as {self.outcome}")
        return self

    def renew(self, until: datetime) -> Self:
        """A renewal never shortens a lease."""
        current = self.lease_until
        return replace(self, lease_until=until if current is None else max(current, until))

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)


def _changed(file: dict[str, Any]) -> dict[str, Any]:
    counts = {name: file.get(name) for name in ("added", "removed")}
    return {"path": file["path"], **{name: count if isinstance(count, int) else 0 for name, count in counts.items()}}
