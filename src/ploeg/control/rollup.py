"""A task's new status, and what it makes of its story and backlog item: decided on the state, in one transaction."""

from __future__ import annotations

from typing import Any

from ploeg.domain.backlog import Pbi, Story, StoryStatus, Task, TaskStatus, pbi_status, story_status
from ploeg.domain.ids import JobId
from ploeg.store.transaction import Transaction

#: A story does not tell these apart, so a step from one to another need not ask it.
_UNDER_WAY = frozenset({TaskStatus.TO_DO, TaskStatus.IN_PROGRESS, TaskStatus.REVIEW})


def move_task(tx: Transaction, task: Task, status: TaskStatus, actor: str, job_id: JobId | None = None) -> Task:
    """The task in its new status; story and backlog item follow. No change where there is none."""
    if task.status is status:
        return task
    moved = task.evolve(status=status)
    tx.backlog.update_task(moved)
    tell(tx, "task", moved, actor, job_id, was=task.status)
    if not (task.status in _UNDER_WAY and status in _UNDER_WAY):
        roll_up_story(tx, moved, actor, job_id)
    return moved


def roll_up_story(tx: Transaction, task: Task, actor: str, job_id: JobId | None = None) -> None:
    story = tx.backlog.story(task.story_id)
    assert story is not None, "a foreign key keeps the story of every task"
    statuses = [sibling.status for sibling in tx.backlog.tasks(story.product_id, story.id)]
    status = story_status(statuses, in_sprint=story.status is StoryStatus.IN_SPRINT)
    if status is story.status:
        return
    moved = story.evolve(status=status)
    tx.backlog.update_story(moved)
    tell(tx, "story", moved, actor, job_id, was=story.status)
    roll_up_pbi(tx, moved, actor, job_id)


def roll_up_pbi(tx: Transaction, story: Story, actor: str, job_id: JobId | None = None) -> None:
    pbi = tx.backlog.pbi(story.pbi_id)
    assert pbi is not None, "a foreign key keeps the backlog item of every story"
    status = pbi_status(pbi.status, [sibling.status for sibling in tx.backlog.stories(pbi.product_id, pbi.id)])
    if status is pbi.status:
        return
    moved = pbi.evolve(status=status)
    tx.backlog.update_pbi(moved)
    tell(tx, "pbi", moved, actor, job_id, was=pbi.status)


def tell(
    tx: Transaction, noun: str, item: Pbi | Story | Task, actor: str, job_id: JobId | None = None, **more: Any
) -> None:
    data = {"id": item.id, "code": item.code, "title": item.title, "status": item.status, **more}
    story_id = item.id if isinstance(item, Story) else item.story_id if isinstance(item, Task) else None
    tx.events.add(
        f"{noun}.changed", product_id=item.product_id, job_id=job_id, story_id=story_id, actor=actor, data=data
    )
