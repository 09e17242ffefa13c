"""The worker protocol: what a worker and the server say to each other, under `/api/v1/work`.

msgspec and not pydantic: these are the hot routes, and an idle worker should stay small. Times are RFC 3339 in UTC,
durations are seconds. Every message about an attempt goes to that attempt's own URL, and the store refuses an attempt
that no longer owns its job.

    POST /work/claims                               ClaimRequest -> Assignment (200) or nothing to do (204)
    POST /work/handback                             Handback -> HandbackReply   (a worker that restarts)
    PUT  /work/presence                             Presence -> PresenceReply
    POST /work/attempts/{attempt_id}/heartbeat      Heartbeat -> HeartbeatReply
    POST /work/attempts/{attempt_id}/events         EventChunk -> EventReply
    POST /work/attempts/{attempt_id}/calls          ToolCall -> ToolReply
    POST /work/attempts/{attempt_id}/answers        AnswerRequest -> ToolReply   (held until there is an answer)
    POST /work/attempts/{attempt_id}/executions     ExecutionsRequest -> ExecutionsReply   (of a job for a sprint's run)
    POST /work/attempts/{attempt_id}/finish         FinishReport -> FinishReply
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import field

from ploeg.wire.assignment import ExecutionOut
from ploeg.wire.message import Message


class AccountInfo(Message, kw_only=True):
    """An account that a worker has a sign-in for; a runtime's only one has no name."""

    runtime: str
    name: str = ""
    #: A `domain.account.Purse`.
    purse: str | None = None


class WorkerInfo(Message, kw_only=True):
    """Who is asking for work, and what it offers."""

    #: Stable over restarts, unique per token.
    instance: str
    hostname: str
    pid: int
    version: str
    slots: int = 1
    runtimes: list[str]
    labels: list[str] = field(default_factory=list)
    #: `bubblewrap` or `none`.
    sandbox: str = "none"
    accounts: list[AccountInfo] = field(default_factory=list)
    #: A `domain.account.AccountPolicy`.
    account_policy: str = "in_order"


class ClaimRequest(Message, kw_only=True):
    worker: WorkerInfo
    #: Made anew for each wish for a job; the same key again gets the same attempt (a reply may be lost).
    claim_key: str
    #: How long the server may hold the request; 0 to 60.
    wait_seconds: float = 30.0


Order = Literal["continue", "cancel", "pause", "drain"]


class UsageOut(Message, kw_only=True):
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    turns: int = 0
    cost_usd: float | None = None


class QuotaWindow(Message, kw_only=True):
    """One quota window of a runtime's account, as its structured events told it."""

    runtime: str
    window: str
    status: str
    utilization: float | None = None
    resets_at: datetime | None = None
    #: How much further it is used than when the attempt first heard of it.
    risen: float | None = None


class Heartbeat(Message, kw_only=True):
    """Renews the lease. All but `phase` is optional and only ever adds to what the server knows."""

    #: A `domain.attempt.Phase`.
    phase: str
    #: The agent's process is up: the job is running.
    agent_started: bool = False
    session_id: str | None = None
    model: str | None = None
    base_sha: str | None = None
    usage: UsageOut | None = None
    #: A `domain.account.Purse`.
    purse: str | None = None
    #: The windows that stand otherwise than last told.
    quota: list[QuotaWindow] = field(default_factory=list)


class StandBy(Message, kw_only=True):
    """An account of a runtime of the worker that is given no job before that moment."""

    runtime: str
    account: str = ""
    until: datetime
    reason: str


class HeartbeatReply(Message, kw_only=True):
    order: Order
    lease_seconds: float
    #: As it stands after the windows that were told; None where none were.
    stand_by: list[StandBy] | None = None


class EventChunk(Message, kw_only=True):
    """A numbered piece of the transcript; a repeated number is acknowledged and not stored twice."""

    chunk: int
    #: Normalised events (`domain.event` with a `type`), redacted, one JSON object each.
    events: list[dict[str, Any]]
    #: What the server could not be told before; it takes that of an attempt that has ended as well, for some hours.
    late: bool = False


class EventReply(Message, kw_only=True):
    next_chunk: int


class ToolCall(Message, kw_only=True):
    """A call by the attempt's agent of a tool that the server carries out."""

    #: The same id again has no second effect.
    call_id: str
    tool: str
    arguments: dict[str, Any]


class ToolReply(Message, kw_only=True):
    """`error` is set when the tool refused; its text is for the agent."""

    result: dict[str, Any] | None = None
    error: str | None = None


class AnswerRequest(Message, kw_only=True):
    """Waits for the answer to a question of this attempt's job; the reply is as `get_question_answer` gives it."""

    question_id: str
    #: How long the server may hold the request; 0 to 60. What is still open then is told as open.
    wait_seconds: float = 30.0


class Verification(Message, kw_only=True):
    """What a comparison of one execution's commits with its plan found; the worker read the commits itself."""

    execution_id: str
    base_sha: str
    head_sha: str
    #: A `domain.gate.Coverage`.
    coverage: str
    #: The agent's own words about what it did.
    summary: str | None = None


class ExecutionsRequest(Message, kw_only=True):
    """Asks how the tasks of a job for a whole run stand, after noting what was verified."""

    verified: Verification | None = None


class ExecutionsReply(Message, kw_only=True):
    #: In their order.
    executions: list[ExecutionOut]


class FinishReport(Message, kw_only=True):
    """How an attempt ended. Sent until it is acknowledged; the same report again changes nothing."""

    #: A `domain.attempt.Outcome`.
    outcome: str
    reason: str | None = None
    #: The agent's own words about what it did.
    summary: str | None = None
    phase: str
    session_id: str | None = None
    model: str | None = None
    usage: UsageOut = field(default_factory=UsageOut)
    purse: str | None = None
    base_sha: str | None = None
    head_sha: str | None = None
    #: The remote holds `head_sha` on the assignment's branch.
    pushed: bool = False
    kept_ref: str | None = None
    snapshot: str | None = None
    #: The branch of the remote that holds both as well, of an attempt that did not end as done.
    wip_branch: str | None = None
    #: `head_sha` passed the gates; a later attempt only pushes.
    verified: bool = False
    receipt: dict[str, Any] | None = None
    #: The unified text diff from base to head, redacted and cut to what people can read.
    diff: str | None = None
    #: When the quota wall that ended it opens again.
    reset_at: datetime | None = None
    quota: list[QuotaWindow] = field(default_factory=list)


class FinishReply(Message, kw_only=True):
    #: The job's status now, and when it may run again if it is queued.
    job_status: str
    not_before: datetime | None = None
    stand_by: list[StandBy] = field(default_factory=list)


class Handback(Message, kw_only=True):
    """Sent by a worker that starts: every attempt of this instance that is not listed is lost and goes back."""

    worker: WorkerInfo
    still_held: list[str] = field(default_factory=list)
    #: The accounts that somebody signed in to anew, as `runtime` or `runtime/account`; None: all may have been.
    signed_in: list[str] | None = None


class HandbackReply(Message, kw_only=True):
    worker_id: str
    handed_back: list[str]


class DiskOut(Message, kw_only=True):
    """How the worker's disk stands; sizes are bytes."""

    free: int
    size: int
    #: What its home holds, by part.
    parts: dict[str, int] = field(default_factory=dict)
    budget: int | None = None
    full_at: datetime | None = None
    #: Why it takes no more jobs; None while there is room.
    low: str | None = None


class Presence(Message, kw_only=True):
    """The worker's state, for people to see."""

    worker: WorkerInfo
    #: `idle`, `working`, `stand_by`, `sign_in_needed`, `unhealthy`, `draining` or `offline`.
    state: str
    reason: str | None = None
    until: datetime | None = None
    #: As it last weighed it.
    disk: DiskOut | None = None


class PresenceReply(Message, kw_only=True):
    order: Order
    stand_by: list[StandBy] = field(default_factory=list)
    #: Of the server's program.
    version: str | None = None
