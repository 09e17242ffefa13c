"""A task's new status, and what it makes of its story, backlog item, sprint and sprint run: decided on the state of
things, never on the change, in one transaction.
"""

from __future__ import annotations

from typing import Any

from ploeg.control.publishing import merging, publication
from ploeg.control.work import job_events, parking
from ploeg.domain.backlog import Pbi, Story, Task, TaskStatus, pbi_status, story_status
from ploeg.domain.ids import JobId, PbiId, SprintId, StoryId
from ploeg.domain.job import Job
from ploeg.domain.sprint import Sprint, SprintStatus, sprint_status
from ploeg.domain.sprint_run import RunStatus, SprintRun, Verdict, verdict, waits_for_people
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
    """What its tasks make of the story of that task, and so on upwards."""
    roll_up_tasks(tx, task.story_id, actor, job_id)


def roll_up_tasks(tx: Transaction, story_id: StoryId, actor: str, job_id: JobId | None = None) -> None:
    """What its tasks make of that story, and so on upwards.

    Each level is locked before what is below it is counted, always from the story up: of two tasks that end at the same
    moment, the later one sees the other.
    """
    story = tx.backlog.story(story_id, lock=True)
    assert story is not None, "a foreign key keeps the story of every task"
    status = story_status(tx.backlog.statuses_of_tasks(story.id), in_sprint=story.sprint_id is not None)
    if status is story.status:
        if story.sprint_id is not None:
            _roll_up_unended_run(tx, story.sprint_id, actor)
        return
    moved = story.evolve(status=status)
    tx.backlog.update_story(moved)
    tell(tx, "story", moved, actor, job_id, was=story.status)
    merging.story_moved(tx, moved, actor)
    roll_up_pbi(tx, moved.pbi_id, actor, job_id)


def roll_up_pbi(tx: Transaction, pbi_id: PbiId, actor: str, job_id: JobId | None = None) -> None:
    """What its stories make of that backlog item, and of the sprints that have a part of it."""
    pbi = tx.backlog.pbi(pbi_id, lock=True)
    assert pbi is not None, "a foreign key keeps the backlog item of every story"
    status = pbi_status(pbi.status, tx.backlog.statuses_of_stories(pbi.id))
    if status is not pbi.status:
        moved = pbi.evolve(status=status)
        tx.backlog.update_pbi(moved)
        tell(tx, "pbi", moved, actor, job_id, was=pbi.status)
    for sprint in tx.sprints.with_stories_of(pbi.id):
        roll_up_sprint(tx, sprint.id, actor)


def roll_up_sprint(tx: Transaction, sprint_id: SprintId, actor: str) -> None:
    sprint = tx.sprints.get(sprint_id, lock=True)
    assert sprint is not None, "a foreign key keeps the sprint of every story"
    stories = tx.sprints.stories(sprint.id)
    pbis = [tx.backlog.pbi(pbi_id) for pbi_id in {story.pbi_id for story in stories}]
    status = sprint_status(sprint.status, [story.status for story in stories], [pbi.status for pbi in pbis if pbi])
    if status is not sprint.status:
        moved = sprint.become(status, tx.now)
        tx.sprints.update(moved)
        tell_sprint(tx, moved, actor, was=sprint.status)
    _roll_up_unended_run(tx, sprint.id, actor)


def _roll_up_unended_run(tx: Transaction, sprint_id: SprintId, actor: str) -> None:
    run = tx.sprints.unended_run(sprint_id, lock=True)
    if run is not None:
        roll_up_run(tx, run, actor)


def roll_up_run(tx: Transaction, run: SprintRun, actor: str) -> None:
    """Ends the run, locked by the caller, if its jobs or its sprint say so."""
    sprint = tx.sprints.get(run.sprint_id)
    assert sprint is not None, "a foreign key keeps the sprint of every run"
    ending = verdict(
        [job for job in tx.jobs.of_run(run.id) if not _mended_by_hand(tx, job)],
        sprint_failed=sprint.status is SprintStatus.FAILED,
        paused=run.status is RunStatus.PAUSED,
    )
    if ending is not None:
        end_run(tx, run, ending, actor)


def _mended_by_hand(tx: Transaction, job: Job) -> bool:
    """A conflict kept its work from its branch, and somebody has seen to its task in another way."""
    task = tx.backlog.task(job.task_id) if job.task_id is not None and waits_for_people(job) else None
    return task is not None and task.status in {TaskStatus.DONE, TaskStatus.EXCLUDED}


def end_run(tx: Transaction, run: SprintRun, ending: Verdict, actor: str) -> SprintRun:
    """The run, ended; whatever of it has not ended is cancelled."""
    ended = run.end(ending.status, tx.now, ending.reason, ending.task_id)
    tx.sprints.update_run(ended)
    tell_run(tx, ended, actor, was=run.status)
    for job in tx.jobs.unfinished_of_run(run.id, lock=True):
        call_off(tx, job, f"its sprint's run has ended: {ending.reason}", actor)
    publication.run_ended(tx, ended, actor)
    return ended


def call_off(tx: Transaction, job: Job, why: str, actor: str) -> Job:
    """Cancels a job, locked by the caller: at once while nobody holds it, else as an order to whoever does."""
    if job.cancel_requested:
        return job
    if job.status.active:
        ordered = job.evolve(cancel_requested=True, reason=why)
        tx.jobs.update(ordered)
        job_events.tell_order(tx, ordered, actor)
        return ordered
    cancelled = job.cancel(why, tx.now)
    tx.jobs.update(cancelled)
    job_events.tell(tx, cancelled, actor)
    parking.close(tx, cancelled, actor)
    own = job.task_id
    for task_id in [own] if own is not None else [each.task_id for each in tx.sprints.executions(job.id)]:
        task = tx.backlog.task(task_id)
        if task is not None and (task.status is TaskStatus.IN_PROGRESS or (own is None and task.status in _UNDER_WAY)):
            move_task(tx, task, TaskStatus.TO_DO, actor, job.id)
    return cancelled


def tell(
    tx: Transaction, noun: str, item: Pbi | Story | Task, actor: str, job_id: JobId | None = None, **more: Any
) -> None:
    data = {"id": item.id, "code": item.code, "title": item.title, "status": item.status, **more}
    story_id = item.id if isinstance(item, Story) else item.story_id if isinstance(item, Task) else None
    tx.events.add(
        f"{noun}.changed", product_id=item.product_id, job_id=job_id, story_id=story_id, actor=actor, data=data
    )


def tell_sprint(tx: Transaction, sprint: Sprint, actor: str, **more: Any) -> None:
    data = {"id": sprint.id, "code": sprint.code, "goal": sprint.goal, "status": sprint.status, **more}
    tx.events.add("sprint.changed", product_id=sprint.product_id, actor=actor, data=data)


def tell_run(tx: Transaction, run: SprintRun, actor: str, **more: Any) -> None:
    """The event of what a run has become. It may make room for jobs, so it wakes workers that wait."""
    sprint = tx.sprints.get(run.sprint_id)
    assert sprint is not None, "a foreign key keeps the sprint of every run"
    reason = run.pause.detail or run.pause.reason if run.pause is not None else run.failure_reason
    data = {"id": run.id, "code": sprint.code, "sprint_id": sprint.id, "status": run.status, "reason": reason, **more}
    tx.events.add("sprint_run.changed", product_id=run.product_id, actor=actor, data=data)
