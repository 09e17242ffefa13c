"""An idea's plan becomes a backlog item with its stories and tasks, ready for work."""

from __future__ import annotations

from dataclasses import dataclass

from ploeg.control import find, idea_docs, plan_document, rollup
from ploeg.control.find import Need
from ploeg.control.idea_events import note, save
from ploeg.control.idea_work import locked
from ploeg.domain import codes
from ploeg.domain.access import Principal
from ploeg.domain.backlog import Pbi, Story, StoryStatus, Task, TaskStatus, next_sort_order
from ploeg.domain.codes import CodeKind
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.idea import Idea, IdeaLogType
from ploeg.domain.ids import PbiId, ProductId, StoryId, TaskId
from ploeg.domain.plan import Plan, PlannedStory, PlannedTask
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

#: With such a task an item is work under way, and no draft to be put aside.
_BEGUN = frozenset({TaskStatus.IN_PROGRESS, TaskStatus.REVIEW, TaskStatus.DONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Materialised:
    idea: Idea
    pbi: Pbi
    stories: list[Story]
    tasks: int
    #: The item that an earlier plan had become, and that this one takes the place of.
    replaced: str | None = None


def materialise(tx: Transaction, actor: Principal, reference: str, *, alongside: bool = False) -> Materialised:
    """The idea as a new backlog item. One that it became before is archived; `Conflict` where work on that one has
    begun, unless the new one is to stand `alongside`."""
    idea = locked(tx, find.idea(tx, actor, reference, Need.CHANGE).id).ready_to_materialise()
    assert idea.product_id is not None, "an idea that is ready has a product"
    product = find.product(tx, actor, idea.product_id, Need.CHANGE)
    if product.archived:
        raise Conflict(f"product {product.code} is archived; restore it first")
    plan = _plan(idea)
    old = tx.backlog.pbi(idea.pbi_id) if idea.pbi_id is not None else None
    replaced = old if old is not None and old.archived_at is None and not alongside else None
    if replaced is not None:
        _put_aside(tx, replaced, actor.name)
    pbi = _pbi(tx, product.id, plan, actor.name)
    stories = [_story(tx, pbi, story, place, actor.name) for place, story in enumerate(plan.stories, 1)]
    published = idea_docs.publish(tx, idea, actor.name)
    idea_docs.lean(tx, published, pbi.id, actor.name)
    became = published.become(pbi.id)
    said = f"{pbi.code} with {len(stories)} stories and {plan.counts['tasks']} tasks"
    said += f"; {replaced.code} is archived" if replaced is not None else ""
    note(tx, became, IdeaLogType.NOTE, f"materialised as {said}", actor.name, metadata={"pbi_id": pbi.id})
    save(tx, idea, became, actor.name, "materialised", pbi=pbi.code)
    return Materialised(
        idea=became,
        pbi=pbi,
        stories=stories,
        tasks=plan.counts["tasks"],
        replaced=replaced.code if replaced is not None else None,
    )


def _plan(idea: Idea) -> Plan:
    plan, flaws = plan_document.read(idea.plan_md or "")
    if plan is None:
        raise Invalid("plan_md", idea.code, "; ".join(str(flaw) for flaw in flaws[:10]))
    return plan


def _put_aside(tx: Transaction, pbi: Pbi, by: str) -> None:
    stories = tx.backlog.stories(pbi.product_id, pbi.id, archived=True)
    tasks = [task for story in stories for task in tx.backlog.tasks(pbi.product_id, story.id, archived=True)]
    begun = [task.code for task in tasks if task.status in _BEGUN]
    begun += [job.code for job in tx.jobs.unfinished_of_stories([story.id for story in stories])]
    if begun:
        raise Conflict(f"work on {pbi.code} has begun ({', '.join(begun[:10])}); materialise alongside it instead")
    for task in tasks:
        tx.backlog.update_task(task.evolve(archived_at=task.archived_at or tx.now))
    for story in stories:
        status = StoryStatus.OPEN if story.status is StoryStatus.IN_SPRINT else story.status
        tx.backlog.update_story(story.evolve(archived_at=story.archived_at or tx.now, sprint_id=None, status=status))
    for sprint_id in {story.sprint_id for story in stories if story.sprint_id is not None}:
        rollup.roll_up_sprint(tx, sprint_id, by)
    archived = pbi.evolve(archived_at=tx.now)
    tx.backlog.update_pbi(archived)
    rollup.tell(tx, "pbi", archived, by, change="archived")


def _pbi(tx: Transaction, product_id: ProductId, plan: Plan, by: str) -> Pbi:
    pbi = Pbi(
        id=PbiId(new_id("pbi")),
        product_id=product_id,
        code=codes.code(CodeKind.PBI, tx.products.next_number(product_id, CodeKind.PBI)),
        title=plan.title,
        description=plan.description,
        priority=plan.priority,
        sort_order=next_sort_order(item.sort_order for item in tx.backlog.pbis(product_id, archived=True)),
        created_at=tx.now,
    )
    tx.backlog.add_pbi(pbi)
    rollup.tell(tx, "pbi", pbi, by, change="added")
    return pbi


def _story(tx: Transaction, pbi: Pbi, planned: PlannedStory, place: int, by: str) -> Story:
    story = Story(
        id=StoryId(new_id("sto")),
        pbi_id=pbi.id,
        product_id=pbi.product_id,
        code=codes.code(CodeKind.STORY, tx.products.next_number(pbi.product_id, CodeKind.STORY)),
        title=planned.title,
        description=planned.description,
        acceptance_criteria=planned.acceptance_criteria,
        priority=planned.priority,
        sort_order=float(place),
        created_at=tx.now,
    )
    tx.backlog.add_story(story)
    rollup.tell(tx, "story", story, by, change="added")
    for number, task in enumerate(planned.tasks, 1):
        _task(tx, story, task, number, by)
    return story


def _task(tx: Transaction, story: Story, planned: PlannedTask, place: int, by: str) -> None:
    task = Task(
        id=TaskId(new_id("tsk")),
        story_id=story.id,
        product_id=story.product_id,
        code=codes.code(CodeKind.TASK, tx.products.next_number(story.product_id, CodeKind.TASK)),
        title=planned.title,
        description=planned.description,
        implementation_plan=planned.implementation_plan,
        priority=story.priority,
        sort_order=float(place),
        verify_only=planned.verify_only,
        verify_required=planned.required,
        created_at=tx.now,
    )
    tx.backlog.add_task(task)
    rollup.tell(tx, "task", task, by, change="added")
