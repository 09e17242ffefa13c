"""What jobs push becomes a pull request: what is owed to the forge, and what it made of it.

Nothing here speaks to a forge, and nothing of it can fail a job. `outbox.py` delivers what is owed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from ploeg.control.intake import following
from ploeg.control.publishing import receipts
from ploeg.domain.attempt import Attempt
from ploeg.domain.backlog import Story
from ploeg.domain.delivery import Delivery, Trouble
from ploeg.domain.ids import DeliveryId, PbiId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.sprint_run import RunStatus, SprintRun
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

ASKED = "pull_request.asked"


def landed(tx: Transaction, job: Job, actor: str) -> None:
    """Asks for the pull request of a job's branch, if the job is done and has pushed something to it."""
    attempt = tx.attempts.get(job.attempt_id) if job.attempt_id is not None else None
    product = tx.products.get(job.product_id)
    if job.status is not JobStatus.DONE or attempt is None or product is None or not product.auto_pr:
        return
    repo_url = _repo_url(tx, job)
    if job.branch is None or repo_url is None or not _has_commits(attempt):
        return
    receipts.ask_status(tx, job, attempt, repo_url, actor)
    run = _run_of_branch(tx, job)
    known = tx.deliveries.of_branch(job.product_id, repo_url, job.branch, lock=True)
    assert attempt.head_sha is not None, "what was pushed has a commit"
    if known is not None:
        run_id = run.id if run is not None else known.sprint_run_id
        asked = known.evolve(job_id=job.id, head_sha=attempt.head_sha, sprint_run_id=run_id).ask(tx.now)
        tx.deliveries.update(asked)
    elif run is not None or job.story_id is not None:
        asked = Delivery(
            id=DeliveryId(new_id("dlv")),
            product_id=job.product_id,
            repo_url=repo_url,
            branch=job.branch,
            created_at=tx.now,
            job_id=job.id,
            head_sha=attempt.head_sha,
            story_id=None if run is not None else job.story_id,
            sprint_run_id=run.id if run is not None else None,
            due_at=tx.now,
        )
        tx.deliveries.add(asked)
    else:
        return
    _tell(tx, ASKED, asked, actor)


def run_ended(tx: Transaction, run: SprintRun, actor: str) -> None:
    """A run that is done marks its draft ready, whichever run before it pushed last to their branch."""
    if run.status is not RunStatus.DONE:
        return
    for delivery in _of_run(tx, run):
        asked = delivery.evolve(sprint_run_id=run.id).ask(tx.now)
        tx.deliveries.update(asked)
        _tell(tx, ASKED, asked, actor)


def refresh(tx: Transaction, story: Story, actor: str) -> None:
    """What is known of the story has changed: its open pull requests are to say so."""
    for delivery in tx.deliveries.of_story(story.id, lock=True):
        if delivery.pr_url is not None:
            asked = delivery.ask(tx.now)
            tx.deliveries.update(asked)
            _tell(tx, ASKED, asked, actor)


def take(tx: Transaction) -> Delivery | None:
    """The next one that is due, for this server alone."""
    return tx.deliveries.take(tx.now)


def drop(tx: Transaction, tried: Delivery) -> None:
    """Nobody wants it any longer."""
    delivery = tx.deliveries.get(tried.id, lock=True)
    if delivery is not None and delivery.taken == tried.taken:
        tx.deliveries.update(delivery.drop())


def delivered(tx: Transaction, tried: Delivery, url: str | None) -> Delivery | None:
    """As it stands now that the forge shows it at `url`; None: people closed it, and nothing landed since."""
    delivery = tx.deliveries.get(tried.id, lock=True)
    if delivery is None:
        return None
    settled = delivery.deliver(tried, url, tx.now)
    tx.deliveries.update(settled)
    if url is not None:
        _link(tx, settled, url, new=url != delivery.pr_url)
        type_ = "pull_request.opened" if url != delivery.pr_url else "pull_request.updated"
        _tell(tx, type_, settled, "server", url=url)
        following.opened(tx, settled, url)
    return settled


def failed(tx: Transaction, tried: Delivery, trouble: Trouble, reason: str, retry_after: float | None) -> None:
    """It is tried again later, unless somebody else has set about it meanwhile."""
    delivery = tx.deliveries.get(tried.id, lock=True)
    if delivery is None or delivery.taken != tried.taken:
        return
    jitter = random.random()  # noqa: S311 - spreads tries, hides nothing
    settled = delivery.fail(trouble, reason, tx.now, retry_after, jitter)
    tx.deliveries.update(settled)
    _tell(tx, "pull_request.failed", settled, "server", trouble=trouble, reason=reason)


def of_job(tx: Transaction, job: Job) -> Delivery | None:
    """What became of the job's branch on the forge."""
    repo_url = _repo_url(tx, job)
    if job.status is not JobStatus.DONE or job.branch is None or repo_url is None:
        return None
    return tx.deliveries.of_branch(job.product_id, repo_url, job.branch)


def of_story(tx: Transaction, story: Story) -> Delivery | None:
    """What became of the story's branch; of its sprint's last run, where that has one branch for all."""
    found = tx.deliveries.of_story(story.id)
    if not found and story.sprint_id is not None:
        found = [delivery for run in tx.sprints.runs(story.sprint_id)[:1] for delivery in tx.deliveries.of_run(run.id)]
    return found[0] if found else None


def jobs_of(tx: Transaction, delivery: Delivery) -> list[Job]:
    """Those that are done with work on its branch, in its repository, the oldest first."""
    return [job for job in on_branch(tx, delivery) if job.status is JobStatus.DONE]


def on_branch(tx: Transaction, delivery: Delivery) -> list[Job]:
    """Those that worked, work or will work on its branch, in its repository, the oldest first."""
    if delivery.sprint_run_id is not None:
        runs = _with_those_before(tx, tx.sprints.run(delivery.sprint_run_id))
        jobs = [job for run in runs for job in tx.jobs.of_run(run.id)]
    else:
        jobs = tx.jobs.of_stories([delivery.story_id]) if delivery.story_id is not None else []
    last = tx.jobs.get(delivery.job_id)
    if last is not None:
        follows = tx.jobs.unfinished_in_lane(last.lane) if last.lane is not None else None
        jobs += [last, *([follows] if follows is not None else [])]
    found = {job.id: job for job in jobs if job.branch == delivery.branch}.values()
    return sorted((job for job in found if _repo_url(tx, job) == delivery.repo_url), key=lambda job: job.number)


def pbis_of(tx: Transaction, delivery: Delivery) -> set[PbiId]:
    """The backlog items of what is in its pull request."""
    return _pbis(tx, jobs_of(tx, delivery))


def _link(tx: Transaction, delivery: Delivery, url: str, *, new: bool) -> None:
    """Notes the pull request on its jobs, its run, and the backlog items of what is in it."""
    jobs = jobs_of(tx, delivery)
    for job in jobs:
        if job.pr_url != url and (new or job.pr_url is None):
            tx.jobs.update(job.evolve(pr_url=url))
    run = tx.sprints.run(delivery.sprint_run_id, lock=True) if delivery.sprint_run_id is not None else None
    if run is not None and run.pr_url != url:
        tx.sprints.update_run(run.evolve(pr_url=url))
    for pbi_id in sorted(_pbis(tx, jobs)):
        pbi = tx.backlog.pbi(pbi_id, lock=True)
        # One that was noted as merged stays so, until another pull request takes its place.
        if pbi is not None and (new or pbi.pr_url is None):
            tx.backlog.update_pbi(pbi.link_pull_request(url))


def _pbis(tx: Transaction, jobs: list[Job]) -> set[PbiId]:
    stories = {job.story_id for job in jobs if job.story_id is not None}
    for job in jobs:
        tasks = [tx.backlog.task(each.task_id) for each in tx.sprints.executions(job.id)]
        stories |= {task.story_id for task in tasks if task is not None}
    found = [tx.backlog.story(story_id) for story_id in stories]
    return {story.pbi_id for story in found if story is not None}


def _repo_url(tx: Transaction, job: Job) -> str | None:
    """Where the job works. Siblings may work in other repositories, on branches of the same name."""
    task = tx.backlog.task(job.task_id) if job.task_id is not None else None
    product = tx.products.get(job.product_id)
    return (task.repo_url if task is not None else None) or (product.repo_url if product is not None else None)


def _run_of_branch(tx: Transaction, job: Job) -> SprintRun | None:
    """The run whose own branch the job works on."""
    run = tx.sprints.run(job.sprint_run_id) if job.sprint_run_id is not None else None
    return run if run is not None and run.branch is not None and run.branch == job.branch else None


def _of_run(tx: Transaction, run: SprintRun) -> list[Delivery]:
    return [delivery for each in _with_those_before(tx, run) for delivery in tx.deliveries.of_run(each.id, lock=True)]


def _with_those_before(tx: Transaction, run: SprintRun | None) -> Iterator[SprintRun]:
    """The run, and those that it goes on from."""
    while run is not None:
        yield run
        run = tx.sprints.run(run.previous_run_id) if run.previous_run_id is not None else None


def _has_commits(attempt: Attempt) -> bool:
    return attempt.pushed_at is not None and attempt.head_sha not in {None, attempt.base_sha}


def _tell(tx: Transaction, type_: str, delivery: Delivery, actor: str, **more: Any) -> None:
    job = tx.jobs.get(delivery.job_id)
    data = {"code": job.code if job is not None else None, "branch": delivery.branch, "due_at": delivery.due_at, **more}
    tx.events.add(
        type_,
        product_id=delivery.product_id,
        job_id=delivery.job_id,
        story_id=delivery.story_id,
        actor=actor,
        data=data,
    )
