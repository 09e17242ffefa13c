"""What a claim freezes: records of the database as the message that a worker gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ploeg.control.work import conflicts
from ploeg.domain.account import Account
from ploeg.domain.attempt import Outcome, Resume
from ploeg.domain.backlog import Pbi, Story, Task
from ploeg.domain.config import JobConfig
from ploeg.domain.ids import AttemptId
from ploeg.domain.job import Job
from ploeg.domain.lease import LeaseTerms
from ploeg.domain.product import Product
from ploeg.domain.question import Question, QuestionStatus
from ploeg.domain.worker import WorkerRecord
from ploeg.wire.assignment import (
    AskedOut,
    Assignment,
    ConfigOut,
    DocFolderOut,
    ExecutionOut,
    IdeaOut,
    LimitsOut,
    PbiOut,
    ProductOut,
    PullOut,
    RemarkOut,
    ResumeOut,
    SprintOut,
    StoryOut,
    TaskOut,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a job is about."""

    product: Product
    pbi: Pbi | None = None
    story: Story | None = None
    task: Task | None = None
    idea: IdeaOut | None = None
    #: The pull request that it reviews, or what was said about that of its branch.
    pull: PullOut | None = None
    remarks: Sequence[RemarkOut] = ()
    #: The plan that the gate measures against.
    plan: str = ""
    #: Where its earlier attempts began.
    base_sha: str | None = None
    #: The code of the ended job that it goes on from.
    follows: str | None = None
    #: What proves the commit that it only has to push.
    receipt: dict[str, Any] | None = None
    #: What its earlier attempts asked people.
    asked: Sequence[Question] = ()
    #: What binds the product's agents.
    guide: str = ""
    doc_index: Sequence[DocFolderOut] = ()
    #: The sprint of a run that is one job, and its tasks.
    sprint: SprintOut | None = None
    executions: Sequence[ExecutionOut] = ()


def assignment(
    work: Work,
    job: Job,
    attempt_id: AttemptId,
    worker: WorkerRecord,
    config: JobConfig,
    lease: LeaseTerms,
    account: Account,
) -> Assignment:
    """Everything that an attempt needs, as it stands now."""
    product, story, pbi, task = work.product, work.story, work.pbi, work.task
    return Assignment(
        attempt_id=attempt_id,
        attempt_number=job.attempts,
        worker_id=worker.id,
        job_id=job.id,
        job_code=job.code,
        kind=job.kind,
        repo_url=_repo_url(work),
        branch=job.branch or "",
        base_sha=work.base_sha,
        config=config_out(config),
        account=account.name,
        product=ProductOut(
            id=product.id, code=product.code, name=product.name, definition_of_done=product.definition_of_done
        ),
        pbi=_pbi(pbi) if pbi is not None else None,
        story=_story(story) if story is not None else None,
        task=_task(task, work.plan) if task is not None else None,
        idea=work.idea,
        pull=work.pull,
        remarks=list(work.remarks),
        instruction=job.instruction,
        follows=work.follows,
        catches_up=job.catches_up,
        guide=work.guide,
        doc_index=list(work.doc_index),
        sprint=work.sprint,
        executions=list(work.executions),
        reminder=job.outcome is Outcome.NO_REPORT,
        refusal=_refusal(job),
        resume=_resume(job.resume, work.receipt) if job.resume is not None else None,
        asked=[_asked(question) for question in work.asked if question.status is not QuestionStatus.OPEN],
        lease_seconds=lease.seconds,
        renew_seconds=lease.renew_every,
    )


def _refusal(job: Job) -> str | None:
    match job.outcome:
        case Outcome.GATE_REFUSED:
            return job.reason
        case Outcome.PUSH_CONFLICT:
            return conflicts.how_to_solve(job)
        case _:
            return None


def config_out(config: JobConfig) -> ConfigOut:
    limits = config.limits
    return ConfigOut(
        runtime=config.runtime,
        model=config.model,
        effort=config.effort,
        permission_mode=config.permission_mode,
        limits=LimitsOut(
            max_minutes=limits.max_minutes,
            max_silence_minutes=limits.max_silence_minutes,
            max_turns=limits.max_turns,
            max_cost_usd=limits.max_cost_usd,
            max_tokens=limits.max_tokens,
        ),
        agent_tools=list(config.agent_tools),
        tools=list(config.tools),
        verify_commands=list(config.verify_commands),
        verify_timeout=config.verify_timeout,
        setup_commands=list(config.setup_commands),
        repair_rounds=config.repair_rounds,
        auto_commit=config.auto_commit,
        on_conflict=config.on_conflict,
        required_labels=list(config.required_labels),
        source=dict(config.source),
    )


def _repo_url(work: Work) -> str:
    if work.pull is not None:
        return work.pull.repo_url
    return (work.task.repo_url if work.task is not None else None) or work.product.repo_url or ""


def _pbi(pbi: Pbi) -> PbiOut:
    return PbiOut(id=pbi.id, code=pbi.code, title=pbi.title)


def _story(story: Story) -> StoryOut:
    return StoryOut(
        id=story.id,
        code=story.code,
        title=story.title,
        description=story.description,
        acceptance_criteria=story.acceptance_criteria,
    )


def _task(task: Task, plan: str) -> TaskOut:
    return TaskOut(
        id=task.id,
        code=task.code,
        title=task.title,
        description=task.description,
        implementation_plan=plan,
        verify_only=task.verify_only,
        verify_required=task.verify_required,
    )


def _asked(question: Question) -> AskedOut:
    return AskedOut(code=question.code, question=question.question, status=question.status, answer=question.answer)


def _resume(resume: Resume, receipt: dict[str, Any] | None) -> ResumeOut:
    return ResumeOut(
        attempt_id=resume.attempt_id,
        worker_id=resume.worker_id,
        session_id=resume.session_id,
        commit=resume.commit,
        snapshot=resume.snapshot,
        verified=resume.verified,
        receipt=receipt,
    )
