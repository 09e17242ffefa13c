"""What the failure of a run's job takes with it: jobs of the same backlog item, and all that stands above its task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ploeg.control import find
from ploeg.control.backlog import rollup
from ploeg.control.publishing import withdrawal
from ploeg.domain.access import Principal
from ploeg.domain.backlog import Pbi, PbiStatus, Story
from ploeg.domain.delivery import Delivery
from ploeg.domain.errors import Conflict
from ploeg.domain.ids import SprintRunId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.sprint import PrStrategy, Sprint, SprintStatus
from ploeg.domain.sprint_run import SprintRun, waits_for_people
from ploeg.store.transaction import Transaction

REASON = "cancelled_by_pbi_failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a failure would change. Codes of what would become failed, and the jobs that would be cancelled."""

    job: Job
    task: str | None
    story: str | None
    pbi: str | None
    sprints: Sequence[str]
    #: Runs that would end, by the codes of their sprints.
    runs: Sequence[str]
    cancelled: Sequence[Job]
    #: Branches whose pull requests would be closed, or reverted where they are merged.
    withdrawn: Sequence[Delivery]


def follow(tx: Transaction, job: Job, actor: str) -> list[SprintRunId]:
    """If that is a run's failed task, calls off what sprint runs have queued for its backlog item, and withdraws its
    pull requests. Jobs that people queued by hand go on. The other runs that this touched.
    """
    if job.status is not JobStatus.FAILED or waits_for_people(job):
        return []
    withdrawal.ask(tx, job, actor)
    called_off = [
        rollup.call_off(tx, held, f"{REASON}: {job.code} failed", actor)
        for other in _of_same_pbi(tx, job)
        if (held := tx.jobs.get(other.id, lock=True)) is not None and not held.status.terminal
    ]
    runs = {other.sprint_run_id for other in called_off} - {job.sprint_run_id}
    return sorted(run_id for run_id in runs if run_id is not None)


def preview(tx: Transaction, actor: Principal, reference: str) -> Preview:
    """What would happen if that job failed now; nothing is changed."""
    job = find.job(tx, actor, reference)
    if job.status.terminal:
        raise Conflict(f"{job.code} has ended: it is {job.status}; there is nothing to foresee")
    task = tx.backlog.task(job.task_id) if job.task_id is not None else None
    story = tx.backlog.story(task.story_id) if task is not None else None
    pbi = tx.backlog.pbi(story.pbi_id) if story is not None else None
    sprints = _failing(tx, story, pbi) if story is not None and pbi is not None else []
    runs = _ending(tx, job, sprints)
    of_runs = [each for run in runs for each in tx.jobs.unfinished_of_run(run.id)]
    cancelled = {each.id: each for each in (*_of_same_pbi(tx, job), *of_runs) if each.id != job.id}
    return Preview(
        job=job,
        task=task.code if task is not None else None,
        story=story.code if story is not None else None,
        pbi=pbi.code if pbi is not None and pbi.status is not PbiStatus.BLOCKED else None,
        sprints=[sprint.code for sprint in sprints],
        runs=[sprint.code for run in runs if (sprint := tx.sprints.get(run.sprint_id)) is not None],
        cancelled=sorted(cancelled.values(), key=lambda each: each.number),
        withdrawn=withdrawal.foreseen(tx, job),
    )


def _of_same_pbi(tx: Transaction, job: Job) -> list[Job]:
    """Unfinished jobs of runs for the same backlog item, other than that run's task itself."""
    story = tx.backlog.story(job.story_id) if job.story_id is not None else None
    if job.sprint_run_id is None or job.task_id is None or story is None:
        return []
    stories = [sibling.id for sibling in tx.backlog.stories(story.product_id, story.pbi_id)]
    found = tx.jobs.unfinished_of_stories(stories)
    return [other for other in found if other.sprint_run_id is not None and other.id != job.id]


def _failing(tx: Transaction, story: Story, pbi: Pbi) -> list[Sprint]:
    """The sprints that a failure of that story takes with it."""
    if pbi.status is PbiStatus.BLOCKED:
        own = tx.sprints.get(story.sprint_id) if story.sprint_id is not None else None
        holding = [own] if own is not None else []
    else:
        holding = tx.sprints.with_stories_of(pbi.id)
    return [sprint for sprint in holding if sprint.status is SprintStatus.OPEN]


def _ending(tx: Transaction, job: Job, sprints: Sequence[Sprint]) -> list[SprintRun]:
    """The job's own run, and those of the sprints but for runs of one job, which say themselves how they end."""
    own = tx.sprints.run(job.sprint_run_id) if job.sprint_run_id is not None else None
    found = [run for sprint in sprints if (run := tx.sprints.unended_run(sprint.id)) is not None]
    others = [run for run in found if run.pr_strategy is not PrStrategy.SPRINT_BATCH and run.id != job.sprint_run_id]
    return [run for run in (own, *others) if run is not None and not run.status.terminal]
