"""Tools about sprints and their runs."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

from ploeg.control.sprints import sprint_runs, sprint_view, sprints
from ploeg.control.sprints.sprint_advice import advice
from ploeg.control.sprints.sprint_view import RunLine, SprintLine, StoryLine, TaskLine
from ploeg.control.toolbelt.caller import Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.control.toolbelt.showing import task_state
from ploeg.domain.errors import Invalid
from ploeg.domain.sprint import Sprint
from ploeg.domain.sprint_run import SprintRun
from ploeg.store.transaction import Transaction
from ploeg.tools.backlog import StoryState
from ploeg.tools.sprint import (
    CancelSprintRun,
    CheckSprint,
    CreateSprint,
    GetSprint,
    ListSprints,
    PauseSprint,
    PlannedStory,
    PlannedTask,
    PlanSprint,
    ResumeSprint,
    RunShown,
    RunState,
    SprintChecked,
    SprintPageShown,
    SprintShown,
    SprintsShown,
    SprintState,
    StartSprint,
    UpdateSprint,
)

#: The argument's name for a field, where it differs.
_FIELDS = {"sprint_goal": "goal"}


def create_sprint(tx: Transaction, caller: Caller, arguments: CreateSprint) -> SprintPageShown:
    fields = {"start_date": arguments.start_date, "end_date": arguments.end_date}
    made = sprints.add(tx, caller.principal, arguments.product_id, arguments.sprint_goal, arguments.code, fields)
    return _page(tx, caller, made)


def update_sprint(tx: Transaction, caller: Caller, arguments: UpdateSprint) -> SprintPageShown:
    given = arguments.model_dump(exclude={"sprint_id"}, exclude_none=True)
    if not given:
        raise Invalid("status", None, "give at least one of status, sprint_goal, start_date, end_date")
    fields: dict[str, Any] = {_FIELDS.get(name, name): value for name, value in given.items()}
    return _page(tx, caller, sprints.edit(tx, caller.principal, arguments.sprint_id, fields))


def list_sprints(tx: Transaction, caller: Caller, arguments: ListSprints) -> SprintsShown:
    found = sprints.listed(tx, caller.principal, arguments.product_id, arguments.status)
    return SprintsShown(result=[shown(sprint_view.line(tx, sprint)) for sprint in found])


def get_sprint(tx: Transaction, caller: Caller, arguments: GetSprint) -> SprintPageShown:
    page = sprint_view.page(tx, caller.principal, caller.installation, arguments.sprint_id)
    return _page(tx, caller, page.line.sprint)


def plan_sprint(tx: Transaction, caller: Caller, arguments: PlanSprint) -> SprintPageShown:
    if not arguments.add and not arguments.remove:
        raise Invalid("add", [], "name stories to add or to remove")
    if arguments.add:
        sprint = sprints.plan(tx, caller.principal, arguments.sprint_id, arguments.add)
    for story in arguments.remove:
        sprint = sprints.unplan(tx, caller.principal, arguments.sprint_id, story)
    return _page(tx, caller, sprint)


def check_sprint(tx: Transaction, caller: Caller, arguments: CheckSprint) -> SprintChecked:
    asked = (arguments.sprint_id, arguments.pr_strategy)
    found = sprint_runs.check(tx, caller.principal, caller.installation, *asked)
    return SprintChecked(
        ready=found.ready,
        pr_strategy=found.strategy,
        tasks=[task.code for task in found.tasks],
        blockers=[blocker.text for blocker in found.blockers],
    )


def start_sprint(tx: Transaction, caller: Caller, arguments: StartSprint) -> RunShown:
    asked = (arguments.sprint_id, arguments.pr_strategy)
    return _run_now(tx, sprint_runs.start(tx, caller.principal, caller.installation, *asked))


def pause_sprint(tx: Transaction, caller: Caller, arguments: PauseSprint) -> RunShown:
    return _run_now(tx, sprint_runs.pause(tx, caller.principal, arguments.sprint_id, arguments.reason))


def resume_sprint(tx: Transaction, caller: Caller, arguments: ResumeSprint) -> RunShown:
    return _run_now(tx, sprint_runs.resume(tx, caller.principal, caller.installation, arguments.sprint_id))


def cancel_sprint_run(tx: Transaction, caller: Caller, arguments: CancelSprintRun) -> RunShown:
    return _run_now(tx, sprint_runs.cancel(tx, caller.principal, arguments.sprint_id, arguments.reason))


def shown(line: SprintLine) -> SprintShown:
    return SprintShown(**_shared(line))


def _shared(line: SprintLine) -> dict[str, Any]:
    sprint = line.sprint
    same = ("id", "code", "start_date", "end_date", "completed_at")
    return {
        **{name: getattr(sprint, name) for name in same},
        "product": line.product,
        "sprint_goal": sprint.goal,
        "status": cast(SprintState, sprint.status.lower()),
        "stories": line.stories,
        "stories_done": line.stories_done,
    }


def _page(tx: Transaction, caller: Caller, sprint: Sprint) -> SprintPageShown:
    page = sprint_view.view(tx, caller.installation, sprint.id)
    told = advice(page)
    return SprintPageShown(
        **_shared(page.line),
        plan=[_story(story) for story in page.stories],
        run=_run(page.run) if page.run is not None else None,
        blockers=[blocker.text for blocker in page.blockers],
        why=told.why,
        next=[step.text for step in told.next],
    )


def _story(line: StoryLine) -> PlannedStory:
    story = line.story
    return PlannedStory(
        id=story.id,
        code=story.code,
        title=story.title,
        status=cast(StoryState, story.status.lower()),
        open_questions=[question.code for question in line.questions],
        tasks=[_task(task) for task in line.tasks],
    )


def _task(line: TaskLine) -> PlannedTask:
    task, job = line.task, line.job
    return PlannedTask(
        id=task.id,
        code=task.code,
        title=task.title,
        status=task_state(task.status),
        job=job.code if job is not None else None,
        job_status=job.status if job is not None else None,
        phase=line.phase,
        waiting_for=line.waiting_for,
    )


def _run_now(tx: Transaction, run: SprintRun) -> RunShown:
    return _run(sprint_view.run_now(tx, run.id))


def _run(line: RunLine) -> RunShown:
    run = line.run
    return RunShown(
        id=run.id,
        sprint=line.sprint,
        status=cast(RunState, run.status.lower()),
        pr_strategy=run.pr_strategy,
        branch=run.branch,
        pr_url=run.pr_url,
        reason=run.pause.detail or run.pause.reason if run.pause is not None else run.failure_reason,
        failed_task=line.failed_task,
        previous_run_id=run.previous_run_id,
        jobs=dict(Counter(job.status for job in line.jobs)),
    )


HANDLERS: Handlers = {
    CreateSprint: create_sprint,
    UpdateSprint: update_sprint,
    ListSprints: list_sprints,
    GetSprint: get_sprint,
    PlanSprint: plan_sprint,
    CheckSprint: check_sprint,
    StartSprint: start_sprint,
    PauseSprint: pause_sprint,
    ResumeSprint: resume_sprint,
    CancelSprintRun: cancel_sprint_run,
}
