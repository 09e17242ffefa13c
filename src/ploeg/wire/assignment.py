"""One claimed job as its worker gets it: everything that the attempt needs, frozen at the claim."""

from __future__ import annotations

from typing import Any

from msgspec import field

from ploeg.wire.message import Message


class LimitsOut(Message, kw_only=True):
    max_minutes: float | None = None
    max_silence_minutes: float | None = None
    max_turns: int | None = None
    max_cost_usd: float | None = None
    max_tokens: int | None = None


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
    repair_rounds: int = 0
    auto_commit: bool = False
    on_conflict: str = "fail"
    required_labels: list[str] = field(default_factory=list)
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


class RepositoryOut(Message, kw_only=True):
    """Of a further product that an idea touches, to read."""

    #: The product's code.
    product: str
    repo_url: str


class SprintOut(Message, kw_only=True):
    """The sprint whose run the job is for."""

    id: str
    code: str
    goal: str
    run_id: str
    #: The run that this one goes on from.
    previous_run_id: str | None = None


class ExecutionOut(Message, kw_only=True):
    """One task of a job for a whole run: its plan and rules as the job's first claim froze them, and how it stands."""

    id: str
    #: 1 for the first.
    position: int
    #: A `domain.sprint_run.ExecutionStatus`.
    status: str
    pbi: PbiOut
    story: StoryOut
    task: TaskOut
    base_sha: str | None = None
    head_sha: str | None = None
    coverage: str | None = None
    summary: str | None = None
    skip_reason: str | None = None


class IdeaMessageOut(Message, kw_only=True):
    #: `person` or `agent`.
    author: str
    text: str


class IdeaOut(Message, kw_only=True):
    """An idea, as it stands at the claim."""

    id: str
    code: str
    title: str
    status: str
    description: str | None = None
    grill: str = ""
    plan: str = ""
    #: What the last review of the plan said, with its findings.
    review: str = ""
    #: Decisions and notes, the oldest first.
    log: list[str] = field(default_factory=list)
    #: Those beside the product's own, in an order that does not change.
    beside: list[RepositoryOut] = field(default_factory=list)
    #: Of a chat: what was said before, the oldest first, and the messages that this job answers.
    conversation: list[IdeaMessageOut] = field(default_factory=list)
    messages: list[IdeaMessageOut] = field(default_factory=list)


class RemarkOut(Message, kw_only=True):
    """What was said about a pull request, on its forge or by a review of Ploeg's own."""

    #: A `domain.remark.RemarkKind`.
    kind: str
    #: Empty for what machines say.
    author: str = ""
    #: Of a review, or of what it says about a place.
    verdict: str | None = None
    text: str = ""
    path: str | None = None
    line: int | None = None


class PullOut(Message, kw_only=True):
    """A pull request that is to be reviewed, as it stands at the claim."""

    repo_url: str
    number: int
    url: str
    title: str
    author: str
    branch: str
    head_sha: str
    base: str
    #: What it was to do: the plans of the tasks behind it, where it has any.
    plan: str = ""
    #: What was said about it before, the oldest first.
    remarks: list[RemarkOut] = field(default_factory=list)


class DocOut(Message, kw_only=True):
    slug: str
    title: str


class DocFolderOut(Message, kw_only=True):
    """A folder of the product's docs, with the first of those that are in force."""

    folder: str
    #: Of all that are in force.
    count: int
    docs: list[DocOut]


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
    #: The account of its runtime to run it on; the only one has no name.
    account: str = ""
    product: ProductOut
    pbi: PbiOut | None = None
    story: StoryOut | None = None
    task: TaskOut | None = None
    sprint: SprintOut | None = None
    #: Of a job for a whole run: its tasks in their order.
    executions: list[ExecutionOut] = field(default_factory=list)
    idea: IdeaOut | None = None
    pull: PullOut | None = None
    instruction: str | None = None
    #: What people and machines said about the branch's pull request, for the job to answer.
    remarks: list[RemarkOut] = field(default_factory=list)
    #: The code of the ended job whose branch and conversation this one goes on with, as `instruction` says.
    follows: str | None = None
    #: The work is done, and only to be brought onto what the default branch has become.
    catches_up: bool = False
    #: The guide that binds the product's agents, as it stood at the claim.
    guide: str = ""
    #: The product's docs, by folder; those of a folder beyond the first forty are only counted.
    doc_index: list[DocFolderOut] = field(default_factory=list)
    #: Set when the last attempt ended without a report.
    reminder: bool = False
    #: Set when the last attempt was refused by a gate or met a conflict on its branch, and may mend it: what was said.
    refusal: str | None = None
    resume: ResumeOut | None = None
    #: Every question that the job's earlier attempts asked, but those that are still open; the first one first.
    asked: list[AskedOut] = field(default_factory=list)
    lease_seconds: float
    renew_seconds: float
