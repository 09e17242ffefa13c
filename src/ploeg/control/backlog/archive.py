"""Taking items out of the backlog and back in. What is below an item goes with it; nothing is deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from ploeg.control import find
from ploeg.control.backlog import backlog_view, rollup
from ploeg.control.backlog.backlog_view import View
from ploeg.control.find import Need
from ploeg.domain.access import Principal
from ploeg.domain.backlog import Pbi, Story, Task
from ploeg.domain.errors import Conflict
from ploeg.domain.job import Job
from ploeg.store.transaction import Transaction


def archive_pbi(tx: Transaction, actor: Principal, reference: str) -> View:
    """`Conflict` while a job of it has not ended. Again: no change. So for the others."""
    pbi = find.pbi(tx, actor, reference, Need.CHANGE)
    return _archived(tx, actor, pbi)


def archive_story(tx: Transaction, actor: Principal, reference: str) -> View:
    return _archived(tx, actor, find.story(tx, actor, reference, Need.CHANGE))


def archive_task(tx: Transaction, actor: Principal, reference: str) -> View:
    return _archived(tx, actor, find.task(tx, actor, reference, Need.CHANGE))


def restore_pbi(tx: Transaction, actor: Principal, reference: str) -> View:
    """With what was archived together with it. `Conflict` while what it belongs to is archived. So for the others."""
    return _restored(tx, actor, find.pbi(tx, actor, reference, Need.CHANGE))


def restore_story(tx: Transaction, actor: Principal, reference: str) -> View:
    return _restored(tx, actor, find.story(tx, actor, reference, Need.CHANGE))


def restore_task(tx: Transaction, actor: Principal, reference: str) -> View:
    return _restored(tx, actor, find.task(tx, actor, reference, Need.CHANGE))


def _archived(tx: Transaction, actor: Principal, item: Pbi | Story | Task) -> View:
    if item.archived_at is None:
        family = _held(tx, [each for each in (item, *_below(tx, item)) if each.archived_at is None])
        busy = _unfinished(tx, family)
        if busy:
            codes = ", ".join(job.code for job in busy[:5])
            raise Conflict(f"{item.code} has unfinished jobs: {codes}; cancel them first, or wait for their end")
        item = _set(tx, actor, family, tx.now, "archived")
    return backlog_view.view(tx, item)


def _restored(tx: Transaction, actor: Principal, item: Pbi | Story | Task) -> View:
    if item.archived_at is not None:
        parent = _parent(tx, item)
        if parent is not None and parent.archived_at is not None:
            raise Conflict(f"{parent.code}, which {item.code} belongs to, is archived; restore that first")
        family = [each for each in (item, *_below(tx, item)) if each.archived_at == item.archived_at]
        item = _set(tx, actor, family, None, "restored")
    return backlog_view.view(tx, item)


def _set(
    tx: Transaction, actor: Principal, family: Sequence[Pbi | Story | Task], at: datetime | None, change: str
) -> Pbi | Story | Task:
    """Stores the family, eldest first; what stands above the eldest follows. The eldest as it is now."""
    changed = [each.evolve(archived_at=at) for each in family]
    for each in changed:
        match each:
            case Pbi():
                tx.backlog.update_pbi(each)
                rollup.tell(tx, "pbi", each, actor.name, change=change)
            case Story():
                tx.backlog.update_story(each)
                rollup.tell(tx, "story", each, actor.name, change=change)
            case Task():
                tx.backlog.update_task(each)
                rollup.tell(tx, "task", each, actor.name, change=change)
    match changed[0]:
        case Pbi() as pbi:
            for sprint in tx.sprints.with_stories_of(pbi.id):
                rollup.roll_up_sprint(tx, sprint.id, actor.name)
        case Story() as story:
            rollup.roll_up_pbi(tx, story.pbi_id, actor.name)
        case Task() as task:
            rollup.roll_up_story(tx, task, actor.name)
    return changed[0]


def _held(tx: Transaction, family: Sequence[Pbi | Story | Task]) -> list[Pbi | Story | Task]:
    """As they stand now that nobody can queue a job of theirs, locked from the tasks up as a roll-up does."""
    locks: dict[type, Callable[[Any], Pbi | Story | Task | None]] = {
        Pbi: partial(tx.backlog.pbi, lock=True),
        Story: partial(tx.backlog.story, lock=True),
        Task: partial(tx.backlog.task, lock=True),
    }
    held = [locks[type(each)](each.id) for each in reversed(family)]
    return [each for each in reversed(held) if each is not None and each.archived_at is None]


def _below(tx: Transaction, item: Pbi | Story | Task) -> list[Story | Task]:
    match item:
        case Pbi():
            stories = tx.backlog.stories(item.product_id, item.id, archived=True)
            return [each for story in stories for each in (story, *_below(tx, story))]
        case Story():
            return list(tx.backlog.tasks(item.product_id, item.id, archived=True))
        case _:
            return []


def _parent(tx: Transaction, item: Pbi | Story | Task) -> Pbi | Story | None:
    match item:
        case Story():
            return tx.backlog.pbi(item.pbi_id)
        case Task():
            return tx.backlog.story(item.story_id)
        case _:
            return None


def _unfinished(tx: Transaction, family: Sequence[Pbi | Story | Task]) -> list[Job]:
    of_stories = tx.jobs.unfinished_of_stories([each.id for each in family if isinstance(each, Story)])
    of_tasks = [tx.jobs.unfinished_for_task(each.id) for each in family if isinstance(each, Task)]
    found = {job.id: job for job in (*of_stories, *of_tasks) if job is not None}
    return list(found.values())
