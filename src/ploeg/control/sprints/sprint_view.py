"""A sprint on its own page: its stories with their tasks and jobs, its newest run, and what keeps one from starting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ploeg.control import find
from ploeg.control.installation import Installation
from ploeg.control.queue.hold import By
from ploeg.control.queue.queue_place import hold
from ploeg.control.sprints.run_plan import Blocker, look
from ploeg.domain.access import Principal
from ploeg.domain.attempt import Phase
from ploeg.domain.backlog import Story, StoryStatus, Task
from ploeg.domain.ids import SprintId, SprintRunId
from ploeg.domain.job import Job
from ploeg.domain.question import Question
from ploeg.domain.sprint import PrStrategy, Sprint, SprintStatus
from ploeg.domain.sprint_run import SprintRun
from ploeg.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    task: Task
    #: The newest one.
    job: Job | None
    phase: Phase | None
    waiting_for: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLine:
    story: Story
    pbi: str
    tasks: Sequence[TaskLine]
    questions: Sequence[Question]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run, with names and codes for what it refers to."""

    run: SprintRun
    sprint: str
    started_by: str
    failed_task: str | None
    #: The question that it is paused on.
    question: str | None
    jobs: Sequence[Job]


@dataclass(frozen=True, slots=True, kw_only=True)
class SprintLine:
    """A sprint in a list."""

    sprint: Sprint
    product: str
    stories: int
    stories_done: int
    run: SprintRun | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SprintPage:
    line: SprintLine
    #: What a run would be started with.
    strategy: PrStrategy
    stories: Sequence[StoryLine]
    run: RunLine | None
    #: What keeps a run from starting; nothing while one is under way.
    blockers: Sequence[Blocker]
    #: While no job of the run is at work: what the first one waits for.
    waits: str | None


def page(tx: Transaction, actor: Principal, installation: Installation, reference: str) -> SprintPage:
    return view(tx, installation, find.sprint(tx, actor, reference).id)


def view(tx: Transaction, installation: Installation, sprint_id: SprintId) -> SprintPage:
    """All there is to see of a sprint that the caller may see."""
    sprint = tx.sprints.get(sprint_id)
    assert sprint is not None, "sprints are never deleted"
    shown = line(tx, sprint)
    plan = look(tx, installation, sprint)
    startable = sprint.status is SprintStatus.OPEN and (shown.run is None or shown.run.status.terminal)
    run = run_line(tx, shown.run) if shown.run is not None else None
    return SprintPage(
        line=shown,
        strategy=plan.strategy,
        stories=_stories(tx, installation, sprint, run),
        run=run,
        blockers=plan.blockers if startable else (),
        waits=_waits(tx, installation, run.jobs) if run is not None else None,
    )


def line(tx: Transaction, sprint: Sprint) -> SprintLine:
    stories = tx.sprints.stories(sprint.id)
    product = tx.products.get(sprint.product_id)
    return SprintLine(
        sprint=sprint,
        product=product.code if product is not None else "",
        stories=len(stories),
        stories_done=sum(story.status is StoryStatus.DONE for story in stories),
        run=next(iter(tx.sprints.runs(sprint.id)), None),
    )


def run_line(tx: Transaction, run: SprintRun) -> RunLine:
    sprint = tx.sprints.get(run.sprint_id)
    user = tx.people.user(run.started_by)
    task = tx.backlog.task(run.failed_task_id) if run.failed_task_id is not None else None
    asked = tx.questions.get(run.pause.question_id) if run.pause is not None and run.pause.question_id else None
    return RunLine(
        run=run,
        sprint=sprint.code if sprint is not None else "",
        started_by=user.username if user is not None else "",
        failed_task=task.code if task is not None else None,
        question=asked.code if asked is not None else None,
        jobs=tx.jobs.of_run(run.id),
    )


def run_now(tx: Transaction, run_id: SprintRunId) -> RunLine:
    run = tx.sprints.run(run_id)
    assert run is not None, "runs are never deleted"
    return run_line(tx, run)


def _waits(tx: Transaction, installation: Installation, jobs: Sequence[Job]) -> str | None:
    """Of all that wait, the first one that does not just wait for another."""
    if any(job.status.active for job in jobs):
        return None
    held = [(job, found) for job in jobs if (found := hold(tx, installation, job)) is not None]
    if not held:
        return None
    job, found = min(held, key=lambda each: each[1].by in {By.LANE, By.PREREQUISITE})
    task = tx.backlog.task(job.task_id) if job.task_id is not None else None
    return f"{job.code} ({task.code}) waits for {found.text}" if task else f"{job.code} waits for {found.text}"


def _stories(tx: Transaction, installation: Installation, sprint: Sprint, run: RunLine | None) -> list[StoryLine]:
    stories = tx.sprints.stories(sprint.id)
    newest = {job.task_id: job for job in tx.jobs.of_stories([story.id for story in stories])}
    for job in run.jobs if run is not None else ():
        newest |= {each.task_id: job for each in tx.sprints.executions(job.id)}
    pbis = {pbi.id: pbi.code for pbi in tx.backlog.pbis(sprint.product_id, archived=True)}
    return [
        StoryLine(
            story=story,
            pbi=pbis.get(story.pbi_id, ""),
            tasks=[
                _task(tx, installation, task, newest.get(task.id))
                for task in tx.backlog.tasks(sprint.product_id, story.id)
            ],
            questions=tx.questions.open_about(story.id),
        )
        for story in stories
    ]


def _task(tx: Transaction, installation: Installation, task: Task, job: Job | None) -> TaskLine:
    attempt = tx.attempts.get(job.attempt_id) if job is not None and job.attempt_id and job.status.active else None
    held = hold(tx, installation, job) if job is not None else None
    return TaskLine(
        task=task,
        job=job,
        phase=attempt.phase if attempt is not None else None,
        waiting_for=held.text if held is not None else None,
    )
