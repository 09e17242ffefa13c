"""A pull request, and what was said about it, as the agent of a job gets them at the claim."""

from __future__ import annotations

from collections.abc import Sequence

from ploeg.control.publishing import publication
from ploeg.domain.job import Job
from ploeg.domain.kinds import Subject, kind_named
from ploeg.domain.pull import Pull
from ploeg.domain.remark import Remark, RemarkKind
from ploeg.store.transaction import Transaction
from ploeg.wire.assignment import PullOut, RemarkOut

#: Remarks that a review is given of what was said before, the newest ones.
EARLIER_MAX = 40
#: Characters of the plans behind a pull request.
PLAN_MAX = 40_000


def pull_out(tx: Transaction, job: Job) -> PullOut | None:
    """What a review is about."""
    pull = reviewed(tx, job)
    if pull is None:
        return None
    said = [remark for remark in tx.pulls.remarks(pull.id) if remark.trusted and remark.kind is not RemarkKind.COMMAND]
    return PullOut(
        repo_url=pull.repo_url,
        number=pull.number,
        url=pull.url,
        title=pull.title,
        author=pull.author,
        branch=pull.branch,
        head_sha=pull.head_sha,
        base=pull.base,
        plan=_plan(tx, pull),
        remarks=[_remark(remark) for remark in said[-EARLIER_MAX:]],
    )


def reviewed(tx: Transaction, job: Job) -> Pull | None:
    """The pull request that the job reviews."""
    if kind_named(job.kind).subject is not Subject.PULL_REQUEST or job.pr_url is None:
        return None
    return tx.pulls.at([job.product_id], job.pr_url)


def remarks_out(tx: Transaction, job: Job) -> Sequence[RemarkOut]:
    """What the job answers, or the one that it tries again."""
    asked: Job | None = job
    while asked is not None and asked.task_id is not None:
        found = [each for each in tx.pulls.remarks_of_job(asked.id) if each.kind is not RemarkKind.COMMAND]
        if found:
            return [_remark(remark) for remark in found]
        asked = tx.jobs.get(asked.retry_of) if asked.retry_of is not None else None
    return ()


def _plan(tx: Transaction, pull: Pull) -> str:
    """The plans of the tasks behind it, each once."""
    delivery = tx.deliveries.get(pull.delivery_id) if pull.delivery_id is not None else None
    jobs = publication.jobs_of(tx, delivery) if delivery is not None else []
    task_ids = dict.fromkeys(job.task_id for job in jobs if job.task_id is not None)
    for job in jobs:
        task_ids |= dict.fromkeys(each.task_id for each in tx.sprints.executions(job.id))
    tasks = [task for task in map(tx.backlog.task, task_ids) if task is not None]
    parts = [f"{task.code}: {task.title}\n\n{task.implementation_plan or ''}".strip() for task in tasks]
    return "\n\n".join(parts)[:PLAN_MAX]


def _remark(remark: Remark) -> RemarkOut:
    return RemarkOut(
        kind=remark.kind,
        author=remark.author,
        verdict=remark.verdict,
        text=remark.text,
        path=remark.path,
        line=remark.line,
    )
