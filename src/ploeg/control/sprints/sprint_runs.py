"""Runs of a sprint: started, paused, resumed and cancelled by people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ploeg.control import find
from ploeg.control.backlog import rollup
from ploeg.control.backlog.backlog_fields import one_of
from ploeg.control.docs.text import optional_prose
from ploeg.control.find import Need
from ploeg.control.installation import Installation
from ploeg.control.products import layers
from ploeg.control.queue.submit import Wish
from ploeg.control.sprints import run_state
from ploeg.control.sprints.run_jobs import queue_again, queue_jobs
from ploeg.control.sprints.run_plan import Blocker, RunPlan, look
from ploeg.domain import codes
from ploeg.domain.access import Principal
from ploeg.domain.attempt import Outcome
from ploeg.domain.backlog import Task, TaskStatus
from ploeg.domain.errors import Conflict
from ploeg.domain.ids import SprintRunId
from ploeg.domain.job import JobStatus
from ploeg.domain.question import still_asked
from ploeg.domain.sprint import PrStrategy, Sprint
from ploeg.domain.sprint_run import Pause, PauseReason, RunStatus, SprintRun, Verdict, waits_for_people
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What a run would do, and what keeps it from starting."""

    sprint: Sprint
    strategy: PrStrategy
    tasks: Sequence[Task]
    blockers: Sequence[Blocker] = field(default_factory=tuple)

    @property
    def ready(self) -> bool:
        return not self.blockers


def check(
    tx: Transaction, actor: Principal, installation: Installation, reference: str, strategy: str | None = None
) -> Preflight:
    """Whether a run could start now: all that stands in its way, not only the first thing."""
    sprint = find.sprint(tx, actor, reference)
    plan = look(tx, installation, sprint, _strategy(strategy))
    return Preflight(sprint=sprint, strategy=plan.strategy, tasks=plan.tasks, blockers=plan.blockers)


def start(
    tx: Transaction,
    actor: Principal,
    installation: Installation,
    reference: str,
    strategy: str | None = None,
    wish: Wish | None = None,
) -> SprintRun:
    """A new run, with its jobs queued; `Conflict` names all that stands in the way."""
    sprint = _locked(tx, find.sprint(tx, actor, reference, Need.CHANGE))
    wish = wish or Wish()
    plan = _cleared(look(tx, installation, sprint, _strategy(strategy), layers.checked(wish.config)))
    run = _new_run(tx, actor, plan)
    if plan.strategy is not PrStrategy.STORY:
        run = run.evolve(branch=codes.branch_for_run(installation.branch_prefix, sprint.code, run.id))
    return _begin(tx, actor, installation, plan, run, wish)


def pause(tx: Transaction, actor: Principal, reference: str, reason: str | None = None) -> SprintRun:
    """No further job of it is given to a worker; what runs goes on. It stands still until it is resumed."""
    run = _unended(tx, find.sprint(tx, actor, reference, Need.CHANGE))
    detail = optional_prose("reason", reason) or f"paused by {actor.user.username}"
    return run_state.pause_for(tx, run, Pause(reason=PauseReason.MANUAL, paused_at=tx.now, detail=detail), actor.name)


def cancel(tx: Transaction, actor: Principal, reference: str, reason: str | None = None) -> SprintRun:
    """Ends the run and cancels what it queued; what runs is told to stop, and its work is kept."""
    run = _unended(tx, find.sprint(tx, actor, reference, Need.CHANGE))
    why = optional_prose("reason", reason) or f"cancelled by {actor.user.username}"
    return rollup.end_run(tx, run, Verdict(status=RunStatus.CANCELLED, reason=why), actor.name)


def resume(tx: Transaction, actor: Principal, installation: Installation, reference: str) -> SprintRun:
    """A paused run goes on. One that failed or was cancelled is followed by a new run on the same branch, with what is
    still to do; its failed tasks are to do again.
    """
    sprint = find.sprint(tx, actor, reference, Need.CHANGE)
    run = _held(tx, sprint)
    if run is not None:
        return _lift(tx, actor, installation, sprint, run)
    last = next(iter(tx.sprints.runs(sprint.id)), None)
    if last is None or last.status is RunStatus.DONE:
        raise Conflict(f"sprint {sprint.code} has no run to resume; start one with `ploeg sprint start {sprint.code}`")
    return _follow(tx, actor, installation, sprint, last)


def listed(tx: Transaction, actor: Principal, reference: str) -> list[SprintRun]:
    """All runs of a sprint, the newest first."""
    return tx.sprints.runs(find.sprint(tx, actor, reference).id)


def _lift(tx: Transaction, actor: Principal, installation: Installation, sprint: Sprint, run: SprintRun) -> SprintRun:
    if run.pause is None:
        raise Conflict(f"the run of sprint {sprint.code} is {run.status}, not paused")
    for job in tx.jobs.unfinished_of_run(run.id, lock=True):
        asked = still_asked(tx.questions.of_job(job.id))
        if job.status is JobStatus.WAITING and asked and run.pr_strategy is not PrStrategy.STORY:
            raise Conflict(f"{job.code} waits for an answer; give it with `ploeg question answer {asked[0].code}`")
        if job.status is JobStatus.QUEUED and job.outcome is Outcome.QUOTA_EXHAUSTED:
            tx.jobs.update(job.evolve(not_before=None))
    begun = run_state.go_on(tx, run, actor.name)
    for job in tx.jobs.of_run(run.id):
        if waits_for_people(job):
            queue_again(tx, actor, installation, begun, job)
    rollup.roll_up_run(tx, begun, actor.name)
    return begun


def _follow(
    tx: Transaction, actor: Principal, installation: Installation, sprint: Sprint, last: SprintRun
) -> SprintRun:
    """The run that goes on from an ended one."""
    for story in tx.sprints.stories(sprint.id):
        for task in tx.backlog.tasks(story.product_id, story.id):
            if task.status is TaskStatus.FAILED:
                rollup.move_task(tx, task, TaskStatus.TO_DO, actor.name)
    first = next(iter(tx.jobs.of_run(last.id)), None)
    wish = Wish(labels=first.labels, rank=first.rank, config=first.overrides) if first is not None else Wish()
    plan = _cleared(look(tx, installation, _locked(tx, sprint), last.pr_strategy, layers.checked(wish.config)))
    run = _new_run(tx, actor, plan).evolve(branch=last.branch, pr_url=last.pr_url, previous_run_id=last.id)
    return _begin(tx, actor, installation, plan, run, wish)


def _new_run(tx: Transaction, actor: Principal, plan: RunPlan) -> SprintRun:
    return SprintRun(
        id=SprintRunId(new_id("run")),
        sprint_id=plan.sprint.id,
        product_id=plan.sprint.product_id,
        started_by=actor.user.id,
        pr_strategy=plan.strategy,
        created_at=tx.now,
    )


def _begin(
    tx: Transaction, actor: Principal, installation: Installation, plan: RunPlan, run: SprintRun, wish: Wish
) -> SprintRun:
    tx.sprints.add_run(run)
    rollup.tell_run(tx, run, actor.name, change="started")
    queue_jobs(tx, actor, installation, plan, run, replace(wish, key=None))
    return run


def _locked(tx: Transaction, found: Sprint) -> Sprint:
    sprint = tx.sprints.get(found.id, lock=True)
    assert sprint is not None, "sprints are never deleted"
    return sprint


def _unended(tx: Transaction, sprint: Sprint) -> SprintRun:
    run = _held(tx, sprint)
    if run is None:
        raise Conflict(f"sprint {sprint.code} has no run under way")
    return run


def _held(tx: Transaction, sprint: Sprint) -> SprintRun | None:
    """The sprint's run, locked behind its jobs: whoever ends a job of it comes the same way."""
    run = tx.sprints.unended_run(sprint.id)
    if run is not None:
        tx.jobs.unfinished_of_run(run.id, lock=True)
    return tx.sprints.unended_run(sprint.id, lock=True)


def _cleared(plan: RunPlan) -> RunPlan:
    if plan.blockers:
        told = "; ".join(blocker.text for blocker in plan.blockers)
        raise Conflict(f"sprint {plan.sprint.code} cannot run: {told}")
    return plan


def _strategy(name: str | None) -> PrStrategy | None:
    return one_of(PrStrategy)("strategy", name.upper()) if name else None
