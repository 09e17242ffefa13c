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
    POST /work/attempts/{attempt_id}/finish         FinishReport -> FinishReply
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, field


class Message(Struct, kw_only=True, omit_defaults=True):
    """Unknown fields are ignored, so that server and workers can be upgraded one after the other."""


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


class ClaimRequest(Message, kw_only=True):
    worker: WorkerInfo
    #: Made anew for each wish for a job; the same key again gets the same attempt (a reply may be lost).
    claim_key: str
    #: How long the server may hold the request; 0 to 60.
    wait_seconds: float = 30.0


class LimitsOut(Message, kw_only=True):
    max_minutes: float | None = None
    max_silence_minutes: float | None = None
    max_turns: int | None = None
    max_cost_usd: float | None = None


class ConfigOut(Message, kw_only=True):
    """`domain.config.JobConfig`, as the claim froze it."""

    runtime: str
    model: str | None = None
    effort: str | None = None
    permission_mode: str
    limits: LimitsOut
    agent_tools: list[str]
    tools: list[str]
    verify_commands: list[str] = field(default_factory=list)
    verify_timeout: float = 600.0
    setup_commands: list[str] = field(default_factory=list)
    #: Field -> layer.
    source: dict[str, str] = field(default_factory=dict)


class ProductOut(Message, kw_only=True):
    id: str
    code: str
    name: str
    definition_of_done: str = ""


class PbiOut(Message, kw_only=True):
    id: str
    code: str
    title: str


class StoryOut(Message, kw_only=True):
    id: str
    code: str
    title: str
    description: str | None = None
    acceptance_criteria: str | None = None


class TaskOut(Message, kw_only=True):
    id: str
    code: str
    title: str
    description: str | None = None
    #: The frozen plan.
    implementation_plan: str = ""
    verify_only: bool = False
    verify_required: str = "ALIGNED_OR_PARTIAL"


class ResumeOut(Message, kw_only=True):
    """`domain.attempt.Resume`: where to go on, if this worker still has it."""

    attempt_id: str
    worker_id: str
    session_id: str | None = None
    commit: str | None = None
    snapshot: str | None = None
    verified: bool = False
    #: With `verified`: the receipt of that commit. Whoever has the commit pushes it; no agent is run again.
    receipt: dict[str, Any] | None = None
    #: What the agent last said there, for whoever does not have the conversation itself.
    last_words: str | None = None


class AskedOut(Message, kw_only=True):
    """A question that the job asked and that is decided, for the agent to go on with."""

    code: str
    question: str
    #: `answered`, `cancelled` or `expired`.
    status: str
    answer: str | None = None


class Assignment(Message, kw_only=True):
    """One claimed job: everything that its attempt needs, frozen."""

    attempt_id: str
    #: 1 for the job's first attempt.
    attempt_number: int
    #: The worker's own id, as the server knows it.
    worker_id: str
    job_id: str
    job_code: str
    kind: str
    repo_url: str
    #: The branch to push to. Its tip on the remote is the base, if it exists there; else the default branch's.
    branch: str
    #: Where the job's earlier attempts began. While the branch still leads back to it, the changes are compared with
    #: it: what an attempt had pushed before it was lost is the job's own work.
    base_sha: str | None = None
    config: ConfigOut
    product: ProductOut
    pbi: PbiOut | None = None
    story: StoryOut | None = None
    task: TaskOut | None = None
    instruction: str | None = None
    #: The guide that binds the product's agents, as it stood at the claim.
    guide: str = ""
    #: Set when the last attempt ended without a report.
    reminder: bool = False
    resume: ResumeOut | None = None
    #: Every question that the job's earlier attempts asked, but those that are still open; the first one first.
    asked: list[AskedOut] = field(default_factory=list)
    lease_seconds: float
    renew_seconds: float


Order = Literal["continue", "cancel", "pause", "drain"]


class UsageOut(Message, kw_only=True):
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    turns: int = 0
    cost_usd: float | None = None


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


class HeartbeatReply(Message, kw_only=True):
    order: Order
    lease_seconds: float


class EventChunk(Message, kw_only=True):
    """A numbered piece of the transcript; a repeated number is acknowledged and not stored twice."""

    chunk: int
    #: Normalised events (`domain.event` with a `type`), redacted, one JSON object each.
    events: list[dict[str, Any]]


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


class QuotaWindow(Message, kw_only=True):
    """One quota window of a runtime's account, as its structured events told it."""

    runtime: str
    window: str
    status: str
    utilization: float | None = None
    resets_at: datetime | None = None


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
    base_sha: str | None = None
    head_sha: str | None = None
    #: The remote holds `head_sha` on the assignment's branch.
    pushed: bool = False
    kept_ref: str | None = None
    snapshot: str | None = None
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


class Handback(Message, kw_only=True):
    """Sent by a worker that starts: every attempt of this instance that is not listed is lost and goes back."""

    worker: WorkerInfo
    still_held: list[str] = field(default_factory=list)


class HandbackReply(Message, kw_only=True):
    worker_id: str
    handed_back: list[str]


class Presence(Message, kw_only=True):
    """The worker's state, for people to see."""

    worker: WorkerInfo
    #: `idle`, `working`, `stand_by`, `sign_in_needed`, `unhealthy`, `draining` or `offline`.
    state: str
    reason: str | None = None
    until: datetime | None = None


class PresenceReply(Message, kw_only=True):
    order: Order
