"""Tools about jobs for people's own agents."""

from __future__ import annotations

from ploeg.control import find, read
from ploeg.control.queue import follow_up, overlap, submit
from ploeg.control.queue.submit import Wish
from ploeg.control.sprints import cascade
from ploeg.control.toolbelt import showing
from ploeg.control.toolbelt.caller import Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.control.work import cancel
from ploeg.domain.job import Job
from ploeg.store.transaction import Transaction
from ploeg.tools.dispatch import (
    CancelJob,
    CheckQueueEmpty,
    DispatchJob,
    FailurePreviewed,
    FollowUpJob,
    GetJobStatus,
    JobsShown,
    JobStatusShown,
    ListJobs,
    PreviewFailure,
    QueueShown,
    RetryJob,
)


def dispatch_job(tx: Transaction, caller: Caller, arguments: DispatchJob) -> JobStatusShown:
    config = arguments.model_dump(include={"runtime", "model"}, exclude_none=True)
    wish = Wish(
        instruction=arguments.instruction,
        labels=tuple(arguments.labels),
        not_before=arguments.not_before,
        config=config,
        key=arguments.key,
    )
    queue = overlap.run_task_in_order if arguments.in_order else submit.run_task
    made = queue(tx, caller.principal, caller.installation, arguments.task_id, wish)
    return _shown(tx, caller, made.job)


def follow_up_job(tx: Transaction, caller: Caller, arguments: FollowUpJob) -> JobStatusShown:
    wish = Wish(instruction=arguments.instruction, key=arguments.key)
    made = follow_up.follow_up(tx, caller.principal, caller.installation, arguments.job_id, wish)
    return _shown(tx, caller, made.job)


def retry_job(tx: Transaction, caller: Caller, arguments: RetryJob) -> JobStatusShown:
    wish = Wish(instruction=arguments.instruction, key=arguments.key)
    made = submit.retry(tx, caller.principal, caller.installation, arguments.job_id, wish)
    return _shown(tx, caller, made.job)


def preview_failure(tx: Transaction, caller: Caller, arguments: PreviewFailure) -> FailurePreviewed:
    seen = cascade.preview(tx, caller.principal, arguments.job_id)
    return FailurePreviewed(
        job=seen.job.code,
        task=seen.task,
        story=seen.story,
        pbi=seen.pbi,
        sprints=list(seen.sprints),
        runs=list(seen.runs),
        cancelled_jobs=[job.code for job in seen.cancelled],
        withdrawn_pull_requests=[delivery.pr_url or "" for delivery in seen.withdrawn],
    )


def get_job_status(tx: Transaction, caller: Caller, arguments: GetJobStatus) -> JobStatusShown:
    return _shown(tx, caller, find.job(tx, caller.principal, arguments.job_id))


def list_jobs(tx: Transaction, caller: Caller, arguments: ListJobs) -> JobsShown:
    lines = read.jobs(
        tx,
        caller.principal,
        product=arguments.product_id,
        statuses=arguments.status,
        task=arguments.task_id,
        limit=arguments.limit,
        before=arguments.before,
    )
    more = lines[-1].job.number if len(lines) == arguments.limit else None
    return JobsShown(result=[showing.job_line(line) for line in lines], next_before=more)


def cancel_job(tx: Transaction, caller: Caller, arguments: CancelJob) -> JobStatusShown:
    return _shown(tx, caller, cancel.cancel(tx, caller.principal, arguments.job_id, arguments.reason))


def check_queue_empty(tx: Transaction, caller: Caller, arguments: CheckQueueEmpty) -> QueueShown:
    named = arguments.product_id
    products = [caller.product(tx, named)] if named else find.visible_products(tx, caller.principal)
    counted = tx.jobs.count_unfinished([product.id for product in products])
    by_product = {product.code: counted[product.id] for product in products if product.id in counted}
    remaining = sum(by_product.values())
    return QueueShown(empty=remaining == 0, remaining=remaining, by_product=by_product)


def _shown(tx: Transaction, caller: Caller, job: Job) -> JobStatusShown:
    return showing.job(read.view(tx, caller.installation, job))


HANDLERS: Handlers = {
    DispatchJob: dispatch_job,
    FollowUpJob: follow_up_job,
    RetryJob: retry_job,
    PreviewFailure: preview_failure,
    GetJobStatus: get_job_status,
    ListJobs: list_jobs,
    CancelJob: cancel_job,
    CheckQueueEmpty: check_queue_empty,
}
