"""A sprint and the tasks of its run as a worker gets them."""

from __future__ import annotations

from collections.abc import Sequence

from ploeg.domain.job import Job
from ploeg.domain.sprint_run import Execution
from ploeg.store.transaction import Transaction
from ploeg.wire.assignment import ExecutionOut, PbiOut, SprintOut, StoryOut, TaskOut


def sprint_out(tx: Transaction, job: Job) -> SprintOut | None:
    """The sprint that the job belongs to, for its payload."""
    run = tx.sprints.run(job.sprint_run_id) if job.sprint_run_id is not None else None
    sprint = tx.sprints.get(run.sprint_id) if run is not None else None
    if run is None or sprint is None:
        return None
    return SprintOut(
        id=sprint.id, code=sprint.code, goal=sprint.goal, run_id=run.id, previous_run_id=run.previous_run_id
    )


def outs(tx: Transaction, found: Sequence[Execution]) -> list[ExecutionOut]:
    """Executions as a worker gets them."""
    return [_out(tx, each) for each in found]


def _out(tx: Transaction, each: Execution) -> ExecutionOut:
    task = tx.backlog.task(each.task_id)
    story = tx.backlog.story(task.story_id) if task is not None else None
    pbi = tx.backlog.pbi(story.pbi_id) if story is not None else None
    assert task is not None, "a foreign key keeps the task of every execution"
    assert story is not None, "a foreign key keeps the story of every task"
    assert pbi is not None, "a foreign key keeps the backlog item of every story"
    return ExecutionOut(
        id=each.id,
        position=each.position,
        status=each.status,
        pbi=PbiOut(id=pbi.id, code=pbi.code, title=pbi.title),
        story=StoryOut(
            id=story.id,
            code=story.code,
            title=story.title,
            description=story.description,
            acceptance_criteria=story.acceptance_criteria,
        ),
        task=TaskOut(
            id=task.id,
            code=task.code,
            title=task.title,
            description=task.description,
            implementation_plan=each.plan,
            verify_only=each.verify_only,
            verify_required=each.verify_required,
        ),
        base_sha=each.base_sha,
        head_sha=each.head_sha,
        coverage=each.coverage,
        summary=each.summary,
        skip_reason=each.skip_reason,
    )
