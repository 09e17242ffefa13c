"""How sprints, their runs and what is planned in them look in replies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ploeg.control.sprints.cascade import Preview
from ploeg.control.sprints.run_plan import Blocker
from ploeg.control.sprints.sprint_advice import advice
from ploeg.control.sprints.sprint_runs import Preflight
from ploeg.control.sprints.sprint_view import RunLine, SprintLine, SprintPage, StoryLine, TaskLine
from ploeg.wire.sprints import (
    BlockerOut,
    CascadeOut,
    PauseOut,
    PreflightOut,
    RunOut,
    SprintOut,
    SprintPageOut,
    SprintStoryOut,
    SprintTaskOut,
    StepOut,
    TaskJobOut,
)


def line(shown: SprintLine) -> SprintOut:
    return SprintOut(**_shared(shown))


def page(shown: SprintPage) -> SprintPageOut:
    told = advice(shown)
    return SprintPageOut(
        **_shared(shown.line),
        pr_strategy=shown.strategy,
        plan=[_story(story) for story in shown.stories],
        run=run(shown.run) if shown.run is not None else None,
        blockers=_blockers(shown.blockers),
        why=told.why,
        next=[StepOut.model_validate(step) for step in told.next],
    )


def run(shown: RunLine) -> RunOut:
    found = shown.run
    same = "id sprint_id status pr_strategy branch pr_url created_at started_at ended_at failure_reason previous_run_id"
    return RunOut(
        **{name: getattr(found, name) for name in same.split()},
        sprint=shown.sprint,
        started_by=shown.started_by,
        failed_task=shown.failed_task,
        pause=_pause(shown),
        jobs=dict(Counter(job.status for job in shown.jobs)),
    )


def preflight(found: Preflight) -> PreflightOut:
    return PreflightOut(
        sprint=found.sprint.code,
        pr_strategy=found.strategy,
        ready=found.ready,
        tasks=[task.code for task in found.tasks],
        blockers=_blockers(found.blockers),
    )


def cascade(foreseen: Preview) -> CascadeOut:
    return CascadeOut(
        job=foreseen.job.code,
        task=foreseen.task,
        story=foreseen.story,
        pbi=foreseen.pbi,
        sprints=list(foreseen.sprints),
        runs=list(foreseen.runs),
        cancelled=[job.code for job in foreseen.cancelled],
        withdrawn=[delivery.pr_url or "" for delivery in foreseen.withdrawn],
    )


def _shared(shown: SprintLine) -> dict[str, Any]:
    same = "id code product_id goal status start_date end_date completed_at created_at"
    return {
        **{name: getattr(shown.sprint, name) for name in same.split()},
        "product": shown.product,
        "stories": shown.stories,
        "stories_done": shown.stories_done,
        "run_status": shown.run.status if shown.run is not None else None,
    }


def _pause(shown: RunLine) -> PauseOut | None:
    pause = shown.run.pause
    if pause is None:
        return None
    return PauseOut(
        reason=pause.reason,
        detail=pause.detail,
        paused_at=pause.paused_at,
        question=shown.question,
        head_sha=pause.head_sha,
        resets_at=pause.resets_at,
    )


def _story(shown: StoryLine) -> SprintStoryOut:
    story = shown.story
    return SprintStoryOut(
        id=story.id,
        code=story.code,
        title=story.title,
        pbi=shown.pbi,
        status=story.status,
        open_questions=[question.code for question in shown.questions],
        tasks=[_task(task) for task in shown.tasks],
    )


def _task(shown: TaskLine) -> SprintTaskOut:
    task = shown.task
    return SprintTaskOut(id=task.id, code=task.code, title=task.title, status=task.status, job=_job(shown))


def _job(shown: TaskLine) -> TaskJobOut | None:
    job = shown.job
    if job is None:
        return None
    return TaskJobOut(
        code=job.code,
        status=job.status,
        phase=shown.phase,
        branch=job.branch,
        reason=job.reason,
        waiting_for=shown.waiting_for,
    )


def _blockers(found: Sequence[Blocker]) -> list[BlockerOut]:
    return [BlockerOut.model_validate(blocker) for blocker in found]
