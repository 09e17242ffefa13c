"""Moving a task to another story, and a story to another backlog item, of the same product."""

from __future__ import annotations

from ploeg.control import find
from ploeg.control.backlog import dependencies, rollup
from ploeg.control.find import Need
from ploeg.domain.access import Principal
from ploeg.domain.backlog import Pbi, Story, Task
from ploeg.domain.errors import Conflict, Invalid
from ploeg.store.transaction import Transaction


def task_into(tx: Transaction, actor: Principal, task: Task, reference: str) -> Task:
    """The task behind the others of that story, not stored yet. `Conflict` while a job works on its old branch."""
    story = find.story(tx, actor, find.within(tx, task.product_id, reference), Need.CHANGE)
    if story.id == task.story_id:
        return task
    _admit(task, story, "story", reference)
    job = tx.jobs.unfinished_for_task(task.id)
    if job is not None:
        raise Conflict(f"{task.code} has an unfinished job, {job.code}; cancel it first, or wait for its end")
    tx.products.hold(task.product_id)
    moved = task.evolve(story_id=story.id, sort_order=tx.backlog.end(story))
    dependencies.refuse_circle(tx, moved, *tx.dependencies.prerequisites(moved), *tx.dependencies.prerequisites(story))
    return moved


def story_into(tx: Transaction, actor: Principal, story: Story, reference: str) -> Story:
    """The story behind the others of that backlog item, not stored yet."""
    pbi = find.pbi(tx, actor, find.within(tx, story.product_id, reference), Need.CHANGE)
    if pbi.id == story.pbi_id:
        return story
    _admit(story, pbi, "pbi", reference)
    return story.evolve(pbi_id=pbi.id, sort_order=tx.backlog.end(pbi))


def roll_up(tx: Transaction, before: Story | Task, after: Story | Task, actor: str) -> None:
    """What the item left, and what it came to, follow."""
    match before, after:
        case Task(), Task():
            rollup.roll_up_story(tx, after, actor)
            if before.story_id != after.story_id:
                rollup.roll_up_story(tx, before, actor)
        case Story(), Story():
            rollup.roll_up_pbi(tx, after.pbi_id, actor)
            if before.pbi_id != after.pbi_id:
                rollup.roll_up_pbi(tx, before.pbi_id, actor)


def _admit(item: Story | Task, parent: Pbi | Story, field: str, reference: str) -> None:
    if parent.product_id != item.product_id:
        raise Invalid(field, reference, f"{item.code} stays in its product; name another there")
    if parent.archived_at is not None:
        raise Conflict(f"{parent.code} is archived; restore it first")
    if item.archived_at is not None:
        raise Conflict(f"{item.code} is archived; restore it first")
