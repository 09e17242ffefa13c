"""Jobs: queued, looked at, cancelled, tried again; their transcripts and diffs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from ploeg.api import sprint_pages
from ploeg.api.access import Caller, Plane
from ploeg.api.pull_request_out import pull_request_out
from ploeg.control import read
from ploeg.control.plane import ControlPlane
from ploeg.control.queue import follow_up, overlap, queue_order, submit
from ploeg.control.queue.submit import Submitted, Wish
from ploeg.control.read import AttemptView, JobLine, JobView
from ploeg.control.sprints import cascade
from ploeg.control.work import cancel, logs
from ploeg.domain.job import Job
from ploeg.wire.base import Items
from ploeg.wire.jobs import (
    AttemptOut,
    CancellationIn,
    DiffOut,
    EventOut,
    ExecutionOut,
    FollowUpIn,
    JobDetailOut,
    JobEdit,
    JobIn,
    JobOut,
    JobsOut,
    JobWish,
    LogPageOut,
    PhaseOut,
    ReceiptOut,
    UsageOut,
)
from ploeg.wire.sprints import CascadeOut

router = APIRouter(prefix="/jobs", tags=["jobs"])

Key = Annotated[str | None, Header(alias="Idempotency-Key")]
Number = Annotated[int | None, Query(ge=1, le=2**31)]


@router.post("", status_code=201, responses={200: {"model": JobDetailOut, "description": "The key was used before"}})
async def run_task(plane: Plane, caller: Caller, wish: JobIn, response: Response, key: Key = None) -> JobDetailOut:
    """Queues a job for a task."""
    verb = overlap.run_task_in_order if wish.in_order else submit.run_task
    made = await plane.write(verb, caller, plane.installation, wish.task, wish_of(wish, key))
    return await submitted(plane, made, response)


@router.get("")
async def list_jobs(
    plane: Plane,
    caller: Caller,
    product: str | None = None,
    status: Annotated[list[str] | None, Query()] = None,
    task: str | None = None,
    story: str | None = None,
    idea: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> JobsOut:
    """Jobs, the newest first."""
    lines = await plane.read(
        read.jobs,
        caller,
        product=product,
        statuses=status or (),
        task=task,
        story=story,
        idea=idea,
        limit=limit,
        before=before,
    )
    more = lines[-1].job.number if len(lines) == limit else None
    return JobsOut(items=[job_out(line) for line in lines], next_before=more)


@router.get("/{job}")
async def show_job(plane: Plane, caller: Caller, job: str) -> JobDetailOut:
    """One job: its attempts, what it runs with, and why it is where it is."""
    return _detail(await plane.read(read.job, caller, plane.installation, job))


@router.patch("/{job}")
async def change_job(plane: Plane, caller: Caller, job: str, wish: JobEdit) -> JobDetailOut:
    """Changes a queued job's place, when it may begin, or the labels it needs."""
    return await _shown(plane, await plane.write(queue_order.change, caller, job, wish.model_dump(exclude_unset=True)))


@router.post("/{job}/cancellation")
async def cancel_job(plane: Plane, caller: Caller, job: str, wish: CancellationIn | None = None) -> JobDetailOut:
    """Cancels a job: at once if nobody holds it, else its worker is told to stop."""
    cancelled = await plane.write(cancel.cancel, caller, job, wish.reason if wish is not None else None)
    return await _shown(plane, cancelled)


@router.post("/{job}/retry", status_code=201)
async def retry_job(
    plane: Plane, caller: Caller, job: str, response: Response, wish: JobWish | None = None, key: Key = None
) -> JobDetailOut:
    """Queues a new job for the task of an ended one."""
    wished = wish_of(wish or JobWish(), key)
    return await submitted(plane, await plane.write(submit.retry, caller, plane.installation, job, wished), response)


@router.post("/{job}/follow-ups", status_code=201)
async def follow_job_up(
    plane: Plane, caller: Caller, job: str, response: Response, wish: FollowUpIn, key: Key = None
) -> JobDetailOut:
    """Queues a job that goes on with an ended one's branch and conversation."""
    made = await plane.write(follow_up.follow_up, caller, plane.installation, job, wish_of(wish, key))
    return await submitted(plane, made, response)


@router.get("/{job}/cascade")
async def job_cascade(plane: Plane, caller: Caller, job: str) -> CascadeOut:
    """What a failure of the job would take with it; nothing is changed."""
    return sprint_pages.cascade(await plane.read(cascade.preview, caller, job))


@router.get("/{job}/log")
async def job_log(
    plane: Plane,
    caller: Caller,
    job: str,
    attempt: Number = None,
    offset: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=4 * 1024 * 1024)] = 256 * 1024,
    wait: Annotated[float, Query(ge=0, le=30, allow_inf_nan=False)] = 0,
) -> LogPageOut:
    """A page of an attempt's transcript; with `wait`, held until there is more."""
    return LogPageOut.model_validate(await logs.page(plane, caller, job, attempt, offset, limit, wait))


@router.get("/{job}/diff")
async def job_diff(plane: Plane, caller: Caller, job: str, attempt: Number = None) -> DiffOut:
    """What an attempt changed."""
    return DiffOut.model_validate(await logs.diff(plane, caller, job, attempt))


@router.get("/{job}/receipt")
async def job_receipt(plane: Plane, caller: Caller, job: str, attempt: Number = None) -> ReceiptOut:
    """What was verified, on which commit; of the latest attempt that has a receipt, if none is named."""
    return ReceiptOut.model_validate(await plane.read(read.receipt, caller, job, attempt))


@router.get("/{job}/events")
async def job_events(plane: Plane, caller: Caller, job: str) -> Items[EventOut]:
    """A job's history, oldest first."""
    return Items(items=[EventOut.model_validate(event) for event in await plane.read(read.history, caller, job)])


def wish_of(wish: JobWish, key: str | None) -> Wish:
    """What a request wishes of a job; the key of its header comes before that of its body."""
    return Wish(
        instruction=wish.instruction,
        labels=tuple(wish.labels),
        rank=wish.rank,
        not_before=wish.not_before,
        config=wish.config.said() if wish.config is not None else {},
        key=key if key is not None else wish.key,
    )


async def submitted(plane: ControlPlane, made: Submitted, response: Response) -> JobDetailOut:
    """Shows a job to whoever had it queued; 200 when the key had been used before."""
    if not made.new:
        response.status_code = 200
    return await _shown(plane, made.job)


async def _shown(plane: ControlPlane, job: Job) -> JobDetailOut:
    """Shows a job to whoever just changed it."""
    return _detail(await plane.read(read.view, plane.installation, job))


def job_out(line: JobLine) -> JobOut:
    """A job in a list."""
    return JobOut(**_line(line))


def _line(line: JobLine) -> dict[str, Any]:
    job = line.job
    same = (
        "id code number kind status product_id runtime branch pr_url rank not_before cancel_requested outcome reason "
        "created_at claimed_at started_at ended_at"
    )
    return {
        **{name: getattr(job, name) for name in same.split()},
        "labels": list(job.labels),
        "attempt_count": job.attempts,
        "counted_attempts": job.counted,
        "product": line.product,
        "story": line.story,
        "task": line.task,
        "idea": line.idea,
        "sprint": line.sprint,
        "title": line.title,
        "phase": line.phase,
        "retry_of": line.retry_of,
        "follow_up_of": line.follow_up_of,
    }


def _detail(view: JobView) -> JobDetailOut:
    return JobDetailOut(
        **_line(view.line),
        requested_by=view.requested_by,
        instruction=view.line.job.instruction,
        overrides=view.line.job.overrides,
        waiting_for=view.waiting_for,
        config=view.config,
        attempts=[_attempt(each) for each in view.attempts],
        executions=[ExecutionOut.model_validate(each) for each in view.executions],
        pull_request=pull_request_out(view.delivery, view.pull),
    )


def _attempt(view: AttemptView) -> AttemptOut:
    attempt = view.attempt
    shown = set(AttemptOut.model_fields) - {"hostname", "phases", "usage", "repo_url"}
    return AttemptOut(
        **{name: getattr(attempt, name) for name in shown},
        hostname=view.hostname,
        repo_url=attempt.frozen.get("repo_url"),
        phases=[PhaseOut(phase=phase, at=at) for phase, at in view.phases],
        usage=UsageOut(**asdict(attempt.usage)),
    )
