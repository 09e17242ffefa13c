"""An idea's plan becomes a backlog item with its stories and tasks, ready for work."""

from __future__ import annotations

from dataclasses import dataclass

from ploeg.control import find
from ploeg.control.backlog import archive, backlog
from ploeg.control.find import Need
from ploeg.control.ideas import idea_docs, plan_document
from ploeg.control.ideas.idea_events import note, save
from ploeg.control.ideas.idea_work import locked
from ploeg.domain.access import Principal
from ploeg.domain.backlog import Pbi, Story, TaskStatus
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.idea import Idea, IdeaLogType
from ploeg.domain.plan import Plan, PlannedStory, PlannedTask
from ploeg.domain.product import Product
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
        _put_aside(tx, actor, replaced)
    pbi = _pbi(tx, actor, product, plan)
    stories = [_story(tx, actor, pbi, story) for story in plan.stories]
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


def _put_aside(tx: Transaction, actor: Principal, pbi: Pbi) -> None:
    stories = tx.backlog.stories(pbi.product_id, pbi.id, archived=True)
    tasks = [task for story in stories for task in tx.backlog.tasks(pbi.product_id, story.id, archived=True)]
    begun = [task.code for task in tasks if task.status in _BEGUN]
    begun += [job.code for job in tx.jobs.unfinished_of_stories([story.id for story in stories])]
    if begun:
        raise Conflict(f"work on {pbi.code} has begun ({', '.join(begun[:10])}); materialise alongside it instead")
    archive.archive_pbi(tx, actor, pbi.id)


def _pbi(tx: Transaction, actor: Principal, product: Product, plan: Plan) -> Pbi:
    fields = {"description": plan.description, "priority": plan.priority}
    made = backlog.add_pbi(tx, actor, product.id, plan.title, fields).item
    assert isinstance(made, Pbi)
    return made


def _story(tx: Transaction, actor: Principal, pbi: Pbi, planned: PlannedStory) -> Story:
    fields = {
        "description": planned.description,
        "acceptance_criteria": planned.acceptance_criteria,
        "priority": planned.priority,
    }
    made = backlog.add_story(tx, actor, pbi.id, planned.title, fields).item
    assert isinstance(made, Story)
    for task in planned.tasks:
        _task(tx, actor, made, task)
    return made


def _task(tx: Transaction, actor: Principal, story: Story, planned: PlannedTask) -> None:
    fields = {
        "description": planned.description,
        "implementation_plan": planned.implementation_plan,
        "priority": story.priority,
        "verify_required": planned.required,
        "verify_only": planned.verify_only,
    }
    backlog.add_task(tx, actor, story.id, planned.title, fields)
