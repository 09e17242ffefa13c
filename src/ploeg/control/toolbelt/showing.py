"""Records as the tools show them: codes for what they belong to, statuses in small letters."""

from __future__ import annotations

from typing import cast

from ploeg.control.docs.docs import PbiDocView
from ploeg.control.read import JobLine, JobView
from ploeg.domain.access import Role
from ploeg.domain.backlog import Pbi, Story, Task, TaskStatus
from ploeg.domain.gate import Settled
from ploeg.domain.product import Product
from ploeg.domain.sprint_run import ExecutionStatus
from ploeg.tools.backlog import PbiShown, PbiState, StoryShown, StoryState, TaskShown
from ploeg.tools.dispatch import ExecutionShown, JobShown, JobStatusShown
from ploeg.tools.docs import PbiDocLinked
from ploeg.tools.product import ProductShown
from ploeg.tools.task import TaskState


def product(found: Product, role: Role) -> ProductShown:
    return ProductShown(
        id=found.id,
        code=found.code,
        name=found.name,
        description=found.description,
        repo_url=found.repo_url,
        definition_of_done=found.definition_of_done,
        role=role,
    )


def pbi(item: Pbi, product_code: str) -> PbiShown:
    return PbiShown(
        id=item.id,
        code=item.code,
        product=product_code,
        title=item.title,
        description=item.description,
        priority=item.priority,
        status=cast(PbiState, item.status.lower()),
        pr_url=item.pr_url,
        pr_merged_at=item.pr_merged_at,
    )


def story(item: Story, product_code: str, pbi_code: str, assignee: str | None = None) -> StoryShown:
    return StoryShown(
        id=item.id,
        code=item.code,
        product=product_code,
        pbi=pbi_code,
        title=item.title,
        description=item.description,
        acceptance_criteria=item.acceptance_criteria,
        priority=item.priority,
        status=cast(StoryState, item.status.lower()),
        assignee=assignee,
        estimate=item.estimate,
    )


def task(item: Task, product_code: str, story_code: str) -> TaskShown:
    return TaskShown(
        id=item.id,
        code=item.code,
        product=product_code,
        story=story_code,
        title=item.title,
        description=item.description,
        implementation_plan=item.implementation_plan,
        priority=item.priority,
        status=task_state(item.status),
        verify_only=item.verify_only,
        verify_required=item.verify_required,
        repo_url=item.repo_url,
        estimate=item.estimate,
    )


def pbi_doc(view: PbiDocView) -> PbiDocLinked:
    return PbiDocLinked(
        pbi_id=view.link.pbi_id,
        pbi=view.pbi,
        doc_id=view.doc.id,
        revision_id=view.link.revision_id,
        revision=view.revision,
        role=view.link.role,
        created_at=view.link.created_at,
        uri=view.doc.uri(view.product),
    )


def task_state(status: TaskStatus) -> TaskState:
    return "todo" if status is TaskStatus.TO_DO else cast(TaskState, status.lower())


def task_status(state: TaskState) -> TaskStatus:
    return TaskStatus.TO_DO if state == "todo" else TaskStatus(state.upper())


def job_line(line: JobLine) -> JobShown:
    job = line.job
    return JobShown(
        id=job.id,
        code=job.code,
        kind=job.kind,
        status=job.status,
        product=line.product,
        story=line.story,
        task=line.task,
        idea=line.idea,
        sprint=line.sprint,
        title=line.title,
        runtime=job.runtime,
        branch=job.branch,
        outcome=job.outcome,
        reason=job.reason,
        cancel_requested=job.cancel_requested,
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
    )


def job(view: JobView) -> JobStatusShown:
    last = view.attempts[-1].attempt if view.attempts else None
    return JobStatusShown(
        **dict(job_line(view.line)),
        waiting_for=view.waiting_for,
        attempts=view.line.job.attempts,
        phase=last.phase if last is not None else None,
        summary=last.summary if last is not None else None,
        head_sha=last.head_sha if last is not None else None,
        pushed=last is not None and last.pushed_at is not None,
        receipt=last.receipt if last is not None else None,
        executions=[_execution(each) for each in view.executions],
    )


def _execution(each: Settled) -> ExecutionShown:
    return ExecutionShown(
        task=each.task,
        status=ExecutionStatus(each.status),
        verify_result=each.coverage,
        head_sha=each.head_sha,
        skip_reason=each.skip_reason,
    )
