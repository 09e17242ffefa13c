"""Why a sprint stands still, and what a person can do next: in words, with the command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ploeg.control.sprints.sprint_view import RunLine, SprintPage
from ploeg.domain.backlog import TaskStatus
from ploeg.domain.job import JobStatus
from ploeg.domain.sprint import Sprint, SprintStatus
from ploeg.domain.sprint_run import Pause, PauseReason, RunStatus


@dataclass(frozen=True, slots=True)
class Step:
    text: str
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    #: Empty while it gets on by itself, or is done.
    why: list[str]
    next: list[Step]


def advice(page: SprintPage) -> Advice:
    return Advice(why=list(_why(page)), next=list(_steps(page)))


def _why(page: SprintPage) -> Iterator[str]:
    run = page.run
    if run is None or run.run.status is RunStatus.DONE:
        yield from (blocker.text for blocker in page.blockers)
        return
    match run.run.status:
        case RunStatus.PAUSED if run.run.pause is not None:
            yield f"the run is paused: {run.run.pause.detail or run.run.pause.reason}"
        case RunStatus.FAILED:
            yield f"the run failed: {run.run.failure_reason}"
        case RunStatus.CANCELLED:
            yield f"the run was cancelled: {run.run.failure_reason}"
        case _ if page.waits is not None:
            yield page.waits


def _steps(page: SprintPage) -> Iterator[Step]:
    sprint, run = page.line.sprint, page.run
    for story in page.stories:
        for question in story.questions:
            yield Step(f"answer {question.code} about {story.story.code}", f"ploeg question show {question.code}")
    if run is not None and run.run.status is not RunStatus.DONE:
        yield from _of_run(sprint, run)
    elif sprint.status is SprintStatus.OPEN:
        yield from _of_open(page)


def _of_run(sprint: Sprint, run: RunLine) -> Iterator[Step]:
    resume = f"ploeg sprint resume {sprint.code}"
    match run.run.status:
        case RunStatus.PAUSED if run.run.pause is not None:
            yield from _of_pause(run.run.pause, resume)
        case RunStatus.FAILED:
            failed = next((job for job in run.jobs if job.status is JobStatus.FAILED), None)
            if failed is not None:
                yield Step(f"see what went wrong in {failed.code}", f"ploeg job show {failed.code}")
            yield Step("go on with what is left, the failed task again", resume)
        case RunStatus.CANCELLED if sprint.status is SprintStatus.OPEN:
            yield Step("go on with what is left", resume)
        case _:
            at_work = next((job for job in run.jobs if job.status.active), None)
            if at_work is not None:
                yield Step(f"watch {at_work.code}", f"ploeg job logs -f {at_work.code}")


def _of_pause(pause: Pause, resume: str) -> Iterator[Step]:
    match pause.reason:
        case PauseReason.MANUAL:
            yield Step("let it go on", resume)
        case PauseReason.MERGE_CONFLICT:
            yield Step("put the branch right, or set the task to DONE if its work is there; then let it go on", resume)
        case PauseReason.QUOTA_DEPLETED:
            until = f" at {pause.resets_at:%Y-%m-%d %H:%M} UTC" if pause.resets_at is not None else ""
            yield Step(f"it goes on by itself{until}; to try at once", resume)
        case PauseReason.QUESTION:
            yield Step("it goes on by itself with the answer")


def _of_open(page: SprintPage) -> Iterator[Step]:
    code = page.line.sprint.code
    if not page.stories:
        yield Step("plan stories into it", f"ploeg sprint plan {code} ST-…")
    elif page.blockers:
        yield Step("mend what stands in the way, then look again", f"ploeg sprint check {code}")
    elif any(line.task.status is TaskStatus.TO_DO for story in page.stories for line in story.tasks):
        yield Step("let it run", f"ploeg sprint start {code}")
