"""What a task or a story needs done first: named, taken back, and kept free of circles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ploeg.control import find
from ploeg.control.backlog import backlog_view, rollup
from ploeg.control.backlog.backlog_view import View
from ploeg.control.find import Need
from ploeg.domain.access import Principal
from ploeg.domain.backlog import Story, Task
from ploeg.domain.codes import CodeKind
from ploeg.domain.dependencies import circle, met, work_order
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.job import Job
from ploeg.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What stands before an item, and behind it."""

    needs: list[View]
    needed_by: list[View]


def show(tx: Transaction, actor: Principal, kind: CodeKind, reference: str) -> Dependencies:
    """`kind` is that of a task or of a story."""
    return _shown(tx, _find(tx, actor, kind, reference, Need.LOOK))


def add(tx: Transaction, actor: Principal, kind: CodeKind, reference: str, prerequisite: str) -> Dependencies:
    """From now on no job of the item is claimed before that other one is done. Again: no change.

    `Conflict` shows the circle that it would close, or names the jobs in the queue that stand the other way round.
    """
    item = _find(tx, actor, kind, reference, Need.CHANGE)
    first = _find(tx, actor, kind, find.within(tx, item.product_id, prerequisite), Need.LOOK)
    if first.product_id != item.product_id:
        raise Invalid("prerequisite", prerequisite, f"name a {kind.noun} of the same product as {item.code}")
    if first.archived_at is not None:
        raise Conflict(f"{first.code} is archived, and will not be done; restore it first")
    tx.products.hold(item.product_id)
    refuse_circle(tx, item, first)
    if tx.dependencies.add(item, first):
        rollup.tell(tx, _noun(item), item, actor.name, change="dependency_added", needs=first.code)
    return _shown(tx, item)


def remove(tx: Transaction, actor: Principal, kind: CodeKind, reference: str, prerequisite: str) -> Dependencies:
    """The item waits for that other one no longer. Again: no change."""
    item = _find(tx, actor, kind, reference, Need.CHANGE)
    first = _find(tx, actor, kind, find.within(tx, item.product_id, prerequisite), Need.LOOK)
    if tx.dependencies.remove(item, first):
        rollup.tell(tx, _noun(item), item, actor.name, change="dependency_removed", needs=first.code)
    return _shown(tx, item)


def refuse_circle(tx: Transaction, item: Story | Task, *prerequisites: Story | Task) -> None:
    """`Conflict` if the item could never begin, were it to wait for those; its product is held by the caller.

    An order that queued jobs have already counts too: each waits for those before it in its lane. So does what is
    archived, which may come back.
    """
    tasks = [task for task in tx.backlog.tasks(item.product_id, archived=True) if task.id != item.id]
    graph = tx.dependencies.of_product(item.product_id).graph([*tasks, item] if isinstance(item, Task) else tasks)
    for first in prerequisites:
        found = circle(graph, item.id, first.id)
        if found is not None:
            shown = " → ".join(_codes(tx, item, found))
            raise Conflict(f"{item.code} cannot wait for {first.code}: that is a circle, {shown} (→ needs)")
    queued = _queued(tx, item)
    for job, earlier in _in_lanes(queued):
        if job.task_id is not None and earlier.task_id is not None:
            graph.setdefault(job.task_id, []).append(earlier.task_id)
    for first in prerequisites:
        found = circle(graph, item.id, first.id)
        if found is not None:
            jobs = " and ".join(job.code for job in queued if job.task_id in found)
            raise Conflict(f"{jobs} are queued in the other order; cancel them first, and queue them again afterwards")


def unmet(tx: Transaction, job: Job) -> list[Story | Task]:
    """What a job's task and story wait for."""
    task = tx.backlog.task(job.task_id) if job.task_id is not None else None
    story = tx.backlog.story(job.story_id) if job.story_id is not None else None
    firsts = [first for item in (task, story) if item is not None for first in tx.dependencies.prerequisites(item)]
    return [first for first in firsts if not met(first)]


def in_work_order(tx: Transaction, tasks: Sequence[Task]) -> list[Task]:
    """Tasks of one product as they can be worked on: in the order given, but each behind what it needs."""
    needs = tx.dependencies.of_product(tasks[0].product_id) if tasks else None
    if not needs:
        return list(tasks)
    graph = needs.graph(tx.backlog.tasks(tasks[0].product_id))
    places = {item: place for place, item in enumerate(work_order(graph, [task.id for task in tasks]))}
    return sorted(tasks, key=lambda task: places[task.id])


def story_in_work_order(tx: Transaction, story: Story) -> list[Task]:
    """The story's tasks, cut out of one order of the whole product, so that no two stories wait for each other."""
    if not tx.dependencies.of_product(story.product_id):
        return tx.backlog.tasks(story.product_id, story.id)
    return [task for task in in_work_order(tx, tx.backlog.tasks(story.product_id)) if task.story_id == story.id]


def _in_lanes(queued: Iterable[Job]) -> Iterable[tuple[Job, Job]]:
    """Each job with the one before it in its lane."""
    lanes: dict[str, list[Job]] = {}
    for job in queued:
        if job.lane is not None:
            lanes.setdefault(job.lane, []).append(job)
    for jobs in lanes.values():
        jobs.sort(key=lambda job: (job.sequence or 0, job.number))
        yield from zip(jobs[1:], jobs, strict=False)


def _queued(tx: Transaction, item: Story | Task) -> list[Job]:
    return tx.jobs.unfinished_of_stories([story.id for story in tx.backlog.stories(item.product_id)])


def _codes(tx: Transaction, item: Story | Task, ids: Sequence[str]) -> list[str]:
    everything: list[Story | Task] = [
        *tx.backlog.stories(item.product_id, archived=True),
        *tx.backlog.tasks(item.product_id, archived=True),
    ]
    codes: dict[str, str] = {each.id: each.code for each in everything}
    return [codes.get(each, each) for each in ids]


def _find(tx: Transaction, actor: Principal, kind: CodeKind, reference: str, need: Need) -> Story | Task:
    assert kind in {CodeKind.TASK, CodeKind.STORY}
    return (find.task if kind is CodeKind.TASK else find.story)(tx, actor, reference, need)


def _shown(tx: Transaction, item: Story | Task) -> Dependencies:
    return Dependencies(
        needs=[backlog_view.view(tx, first) for first in tx.dependencies.prerequisites(item)],
        needed_by=[backlog_view.view(tx, later) for later in tx.dependencies.dependents(item)],
    )


def _noun(item: Story | Task) -> str:
    return "task" if isinstance(item, Task) else "story"
