"""The one registry of job kinds: every property of every kind stands here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ploeg.domain.errors import Invalid
from ploeg.domain.limits import Limits


class KindName(StrEnum):
    TASK_IMPLEMENTATION = "TASK_IMPLEMENTATION"
    SPRINT_IMPLEMENTATION = "SPRINT_IMPLEMENTATION"
    IDEA_GRILL = "IDEA_GRILL"
    IDEA_MAKE_PLAN = "IDEA_MAKE_PLAN"
    IDEA_REVIEW_PLAN = "IDEA_REVIEW_PLAN"
    IDEA_CHAT = "IDEA_CHAT"
    PLAN_CHAT = "PLAN_CHAT"
    PR_REVIEW = "PR_REVIEW"


class PermissionMode(StrEnum):
    """How an agent CLI treats its own permission prompts. The sandbox is the wall, not this."""

    DEFAULT = "default"
    ACCEPT_EDITS = "acceptEdits"
    DONT_ASK = "dontAsk"
    BYPASS = "bypassPermissions"


class Subject(StrEnum):
    """What a job of the kind works for; its id stands on the job."""

    TASK = "task"
    SPRINT_RUN = "sprint_run"
    IDEA = "idea"
    PULL_REQUEST = "pull_request"


class WorkspaceMode(StrEnum):
    #: A branch of its own: the work is kept, and pushed when the job is done.
    BRANCH = "branch"
    #: The tip of the default branch, or of a pull request, to read: whatever the agent changes is thrown away.
    READ_ONLY = "read_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Every property of one kind of job."""

    name: KindName
    title: str
    subject: Subject
    workspace: WorkspaceMode
    #: None leaves the choice of model to the runtime.
    model: str | None
    #: Tokens; mapped to a runtime's effort by `domain/config.py`.
    thinking_budget: int
    permission_mode: PermissionMode
    limits: Limits
    #: The agent's built-in tools, by the name the `claude` runtime knows.
    agent_tools: tuple[str, ...]
    #: Ploeg's tools (`tools/registry.py`) that this kind may call.
    tools: tuple[str, ...]
    #: `done` must pass the gates.
    gated: bool
    #: `done` needs a summary, which is the answer that somebody waits for.
    summary_required: bool
    #: It judges another job's work: it runs with `review_runtime` and `review_model` where a layer names them.
    judges: bool = False
    #: The tool without whose success it is not done: the result is what that tool saves.
    delivers: str | None = None

    @property
    def pushes(self) -> bool:
        """Its commits are pushed to a branch."""
        return self.workspace is WorkspaceMode.BRANCH


_DOCS = ("get_agent_guide", "list_product_docs", "get_product_doc", "search_product_docs", "related_product_docs")
_WORKER = ("get_worker_settings", "worker_heartbeat")
_QUESTIONS = ("ask_user_question", "get_question_answer", "list_open_questions", "cancel_question")


def _to_read(*, subject: Subject = Subject.IDEA, summary_required: bool = False, **properties: Any) -> Kind:
    """A kind that reads the repository and changes nothing in it, nor runs its commands."""
    return Kind(
        subject=subject,
        workspace=WorkspaceMode.READ_ONLY,
        model=None,
        permission_mode=PermissionMode.ACCEPT_EDITS,
        gated=False,
        summary_required=summary_required,
        **properties,
    )


KINDS: dict[KindName, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name=KindName.TASK_IMPLEMENTATION,
            title="Implement a task",
            subject=Subject.TASK,
            workspace=WorkspaceMode.BRANCH,
            model=None,
            thinking_budget=6000,
            permission_mode=PermissionMode.BYPASS,
            limits=Limits(max_minutes=60.0, max_silence_minutes=10.0, max_turns=50),
            agent_tools=("Read", "Edit", "Write", "Bash", "Grep", "Glob"),
            tools=(
                "update_job_status",
                "update_task_status",
                "update_task_plan",
                "log_implementation",
                "log_test_result",
                "log_commit",
                "verify_task_against_plan",
                *_DOCS,
                *_QUESTIONS,
                *_WORKER,
            ),
            gated=True,
            summary_required=False,
        ),
        Kind(
            name=KindName.SPRINT_IMPLEMENTATION,
            title="Implement a sprint",
            subject=Subject.SPRINT_RUN,
            workspace=WorkspaceMode.BRANCH,
            model=None,
            thinking_budget=6000,
            permission_mode=PermissionMode.BYPASS,
            limits=Limits(max_minutes=480.0, max_silence_minutes=15.0, max_turns=None),
            agent_tools=("Read", "Edit", "Write", "Bash", "Grep", "Glob", "Agent"),
            tools=(
                "update_job_status",
                "update_task_execution",
                "verify_sprint_task",
                "update_task_status",
                "update_task_plan",
                "log_implementation",
                "log_test_result",
                "log_commit",
                *_DOCS,
                *_QUESTIONS,
                *_WORKER,
            ),
            gated=True,
            summary_required=False,
        ),
        _to_read(
            name=KindName.IDEA_GRILL,
            title="Grill an idea",
            thinking_budget=12000,
            limits=Limits(max_minutes=60.0, max_silence_minutes=10.0, max_turns=80),
            agent_tools=("Read", "Grep", "Glob", "WebSearch"),
            tools=("update_job_status", "update_idea_grill_md", "log_idea_decision", *_DOCS, *_QUESTIONS),
            delivers="update_idea_grill_md",
        ),
        _to_read(
            name=KindName.IDEA_MAKE_PLAN,
            title="Plan an idea",
            thinking_budget=24000,
            limits=Limits(max_minutes=60.0, max_silence_minutes=15.0, max_turns=80),
            agent_tools=("Read", "Grep", "Glob", "WebSearch", "Write"),
            tools=("update_job_status", "update_idea_plan_md", "log_idea_decision", *_DOCS),
            delivers="update_idea_plan_md",
        ),
        _to_read(
            name=KindName.IDEA_REVIEW_PLAN,
            title="Review a plan",
            thinking_budget=6000,
            limits=Limits(max_minutes=40.0, max_silence_minutes=10.0, max_turns=50),
            agent_tools=("Read", "Grep", "Glob"),
            tools=("update_job_status", "update_idea_plan_reviewed", "log_idea_decision", *_DOCS),
            judges=True,
            delivers="update_idea_plan_reviewed",
        ),
        _to_read(
            name=KindName.IDEA_CHAT,
            title="Talk about an idea",
            thinking_budget=6000,
            limits=Limits(max_minutes=20.0, max_silence_minutes=10.0, max_turns=30),
            agent_tools=("Read", "Grep", "Glob", "WebSearch"),
            tools=("update_job_status", *_DOCS),
            summary_required=True,
        ),
        _to_read(
            name=KindName.PLAN_CHAT,
            title="Talk about a plan",
            thinking_budget=6000,
            limits=Limits(max_minutes=20.0, max_silence_minutes=10.0, max_turns=30),
            agent_tools=("Read", "Grep", "Glob"),
            tools=("update_job_status", *_DOCS),
            summary_required=True,
        ),
        _to_read(
            name=KindName.PR_REVIEW,
            title="Review a pull request",
            subject=Subject.PULL_REQUEST,
            thinking_budget=12000,
            limits=Limits(max_minutes=40.0, max_silence_minutes=10.0, max_turns=60),
            agent_tools=("Read", "Grep", "Glob"),
            tools=("update_job_status", "post_pr_review", *_DOCS),
            judges=True,
            delivers="post_pr_review",
        ),
    )
}


def kind_named(name: str) -> Kind:
    """The kind of that name; `Invalid` names the ones there are."""
    try:
        return KINDS[KindName(name)]
    except ValueError:
        raise Invalid("kind", name, f"use one of {', '.join(KindName)}") from None
