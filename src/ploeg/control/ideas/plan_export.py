"""A backlog item as the plan document that would make it: to be edited, moved to another product, handed in again."""

from __future__ import annotations

from ploeg.control import find
from ploeg.control.ideas import plan_document
from ploeg.domain.access import Principal
from ploeg.domain.backlog import Story, Task
from ploeg.domain.plan import Plan, PlannedStory, PlannedTask
from ploeg.store.transaction import Transaction


def plan_of(tx: Transaction, actor: Principal, reference: str) -> str:
    """The document as the item is now, without what is archived."""
    pbi = find.pbi(tx, actor, reference)
    plan = Plan(
        title=pbi.title,
        description=pbi.description,
        priority=pbi.priority,
        stories=tuple(_story(tx, story) for story in tx.backlog.stories(pbi.product_id, pbi.id)),
    )
    return plan_document.write(plan)


def _story(tx: Transaction, story: Story) -> PlannedStory:
    return PlannedStory(
        title=story.title,
        description=story.description,
        acceptance_criteria=story.acceptance_criteria,
        priority=story.priority,
        tasks=tuple(_task(task) for task in tx.backlog.tasks(story.product_id, story.id)),
    )


def _task(task: Task) -> PlannedTask:
    return PlannedTask(
        title=task.title,
        description=task.description,
        implementation_plan=task.implementation_plan or "",
        verify_required=task.verify_required,
        verify_only=task.verify_only,
    )
