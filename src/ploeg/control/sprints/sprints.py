"""Sprints: a goal, and the stories that are planned to reach it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ploeg.control import find
from ploeg.control.backlog import rollup
from ploeg.control.backlog.backlog_fields import one_of
from ploeg.control.docs.text import line
from ploeg.control.find import Need
from ploeg.domain.access import Principal
from ploeg.domain.backlog import Story, StoryStatus
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.ids import SprintId
from ploeg.domain.product import Product
from ploeg.domain.sprint import GOAL_MAX, Sprint, SprintStatus, check_dates, check_sprint_code, sprint_code
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

STORIES_MAX = 200


def add(
    tx: Transaction, actor: Principal, product: str, goal: str, code: str | None, fields: Mapping[str, Any]
) -> Sprint:
    """A new sprint, open and empty; its code names the day if none is given."""
    found = find.product(tx, actor, product, Need.CHANGE)
    if found.archived:
        raise Conflict(f"product {found.code} is archived; restore it first")
    sprint = Sprint(
        id=SprintId(new_id("spr")),
        product_id=found.id,
        code=_new_code(tx, found, code),
        goal=line("goal", goal, GOAL_MAX),
        created_at=tx.now,
    )
    sprint = _with(sprint, fields)
    tx.sprints.add(sprint)
    rollup.tell_sprint(tx, sprint, actor.name, change="added")
    return sprint


def edit(tx: Transaction, actor: Principal, reference: str, fields: Mapping[str, Any]) -> Sprint:
    """Goal, dates and status. Closing or archiving sends what is not done back to the backlog."""
    sprint = _locked(tx, find.sprint(tx, actor, reference, Need.CHANGE))
    rest = dict(fields)
    status = one_of(SprintStatus)("status", str(rest.pop("status")).upper()) if rest.get("status") else None
    rest.pop("status", None)
    changed = _with(sprint, rest)
    if status is not None and status is not sprint.status:
        changed = _moved(tx, actor, changed, status)
    tx.sprints.update(changed)
    rollup.tell_sprint(tx, changed, actor.name, change="edited", was=sprint.status)
    return changed


def listed(tx: Transaction, actor: Principal, product: str, statuses: Sequence[str] = ()) -> list[Sprint]:
    """A product's sprints, the newest first."""
    found = find.product(tx, actor, product)
    wanted = [one_of(SprintStatus)("status", status.upper()) for status in statuses]
    return tx.sprints.of_product(found.id, wanted or None)


def plan(tx: Transaction, actor: Principal, reference: str, stories: Sequence[str]) -> Sprint:
    """Puts stories into the sprint; one that is there already stays. All of them, or none."""
    if not 1 <= len(stories) <= STORIES_MAX:
        raise Invalid("stories", f"{len(stories)} stories", f"name 1 to {STORIES_MAX}")
    sprint = find.sprint(tx, actor, reference, Need.CHANGE).ready_for_stories()
    for story in [_story(tx, actor, sprint, name) for name in stories]:
        _put(tx, actor, sprint, story)
    return _still_open(tx, actor, sprint)


def unplan(tx: Transaction, actor: Principal, reference: str, story: str) -> Sprint:
    """Takes a story out of the sprint, back to the backlog; no change if it is not in it."""
    sprint = find.sprint(tx, actor, reference, Need.CHANGE)
    found = _story(tx, actor, sprint, story)
    if found.sprint_id == sprint.id:
        _take_out(tx, actor, sprint, found)
    return sprint


def _put(tx: Transaction, actor: Principal, sprint: Sprint, found: Story) -> None:
    story = tx.backlog.story(found.id, lock=True)
    assert story is not None, "it was found a moment ago"
    if story.sprint_id == sprint.id:
        return
    if story.archived_at is not None:
        raise Conflict(f"{story.code} is archived; restore it first")
    other = tx.sprints.get(story.sprint_id) if story.sprint_id is not None else None
    if other is not None and other.status is SprintStatus.OPEN:
        raise Conflict(f"{story.code} is in sprint {other.code} already; take it out there first")
    _settle(tx, actor, story.evolve(sprint_id=sprint.id), sprint, change="planned")


def _still_open(tx: Transaction, actor: Principal, sprint: Sprint) -> Sprint:
    """Asked behind the stories' locks: it may have been closed meanwhile, and must not end by what was put into it."""
    _locked(tx, sprint).ready_for_stories()
    rollup.roll_up_sprint(tx, sprint.id, actor.name)
    now = _locked(tx, sprint)
    if now.status is not SprintStatus.OPEN:
        what = "nothing is left to do in it" if now.status is SprintStatus.CLOSED else "something of it has failed"
        raise Conflict(f"sprint {sprint.code} would be {now.status} with that: {what}; plan stories that are to do")
    return now


def _take_out(tx: Transaction, actor: Principal, sprint: Sprint, found: Story) -> None:
    story = tx.backlog.story(found.id, lock=True)
    assert story is not None, "it was found a moment ago"
    run = tx.sprints.unended_run(sprint.id)
    unfinished = tx.jobs.unfinished_of_stories([story.id]) if run is not None else []
    held = next((job for job in unfinished if run is not None and job.sprint_run_id == run.id), None)
    if held is not None:
        raise Conflict(
            f"{held.code}, a job of the sprint's run, is {held.status} for {story.code}; cancel the run first"
        )
    _settle(tx, actor, story.evolve(sprint_id=None), sprint, change="taken_out")
    rollup.roll_up_sprint(tx, sprint.id, actor.name)


def _settle(tx: Transaction, actor: Principal, story: Story, sprint: Sprint, change: str) -> None:
    """The story with its new place, and the status that follows from it."""
    tx.backlog.update_story(story)
    rollup.tell(tx, "story", story, actor.name, change=change, sprint=sprint.code)
    rollup.roll_up_tasks(tx, story.id, actor.name)


def _moved(tx: Transaction, actor: Principal, sprint: Sprint, status: SprintStatus) -> Sprint:
    """The sprint in a status that a person gives it."""
    if status is SprintStatus.FAILED:
        raise Invalid("status", status, "a sprint fails by its stories; set OPEN, CLOSED or ARCHIVED")
    if status is SprintStatus.OPEN:
        _refuse_failed(tx, sprint)
        return sprint.become(status, tx.now)
    run = tx.sprints.unended_run(sprint.id)
    if run is not None:
        raise Conflict(f"the run of sprint {sprint.code} is {run.status}; cancel it first: `ploeg sprint cancel`")
    for story in tx.sprints.stories(sprint.id):
        if story.status is not StoryStatus.DONE:
            _settle(tx, actor, story.evolve(sprint_id=None), sprint, change="taken_out")
    today = tx.now.date()
    ended = today if sprint.end_date is None or sprint.end_date > today else sprint.end_date
    return sprint.become(status, tx.now).evolve(end_date=max(ended, sprint.start_date or ended))


def _refuse_failed(tx: Transaction, sprint: Sprint) -> None:
    failed = next((story for story in tx.sprints.stories(sprint.id) if story.status is StoryStatus.FAILED), None)
    if failed is not None:
        raise Conflict(f"{failed.code} has failed; resume the sprint's run, or set its failed task to TO_DO")


def _story(tx: Transaction, actor: Principal, sprint: Sprint, reference: str) -> Story:
    """A story of the sprint's product; a bare code is looked for there."""
    product = tx.products.get(sprint.product_id)
    assert product is not None, "a foreign key keeps the product of every sprint"
    bare = ":" not in reference and "_" not in reference
    story = find.story(tx, actor, f"{product.code}:{reference}" if bare else reference, Need.CHANGE)
    if story.product_id != sprint.product_id:
        raise Invalid("story", reference, f"sprint {sprint.code} is of product {product.code}; name a story of it")
    return story


def _locked(tx: Transaction, found: Sprint) -> Sprint:
    sprint = tx.sprints.get(found.id, lock=True)
    assert sprint is not None, "sprints are never deleted"
    return sprint


def _new_code(tx: Transaction, product: Product, wished: str | None) -> str:
    if wished is not None:
        code = check_sprint_code(wished.strip())
        if tx.sprints.with_code(code, [product.id]):
            raise Conflict(f"product {product.code} has a sprint {code} already; give this one another code")
        return code
    day = tx.now.date()
    while tx.sprints.with_code(code := sprint_code(day, tx.sprints.next_number(product.id, day)), [product.id]):
        pass  # somebody chose that code by hand
    return code


def _with(sprint: Sprint, fields: Mapping[str, Any]) -> Sprint:
    for name, value in fields.items():
        match name:
            case "goal":
                sprint = sprint.evolve(goal=line(name, value or "", GOAL_MAX))
            case "start_date" | "end_date":
                sprint = sprint.evolve(**{name: _day(name, value)})
            case _:
                raise Invalid(name, value, "set some of goal, start_date, end_date, status")
    check_dates(sprint.start_date, sprint.end_date)
    return sprint


def _day(field: str, value: date | str | None) -> date | None:
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Invalid(field, value, "give a day as 2026-05-27") from None
