"""Pull requests that are followed: from when on, when to look at them, and what is told about them."""

from __future__ import annotations

from typing import Any

from ploeg.domain.delivery import Delivery
from ploeg.domain.ids import JobId, PullId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.pull import Pull
from ploeg.domain.pull_request import number_of
from ploeg.domain.remark import RemarkKind, RemarkState
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

LOOK_ASKED = "pull_request.look_asked"
#: What the merging of it may have waited for.
CHECKED, APPROVED = "pull_request.checked", "pull_request.approved"


def opened(tx: Transaction, delivery: Delivery, url: str) -> None:
    """Follows the pull request that shows that branch, and looks at it at once."""
    number = number_of(url)
    if number is None:
        return
    known = tx.pulls.numbered(delivery.product_id, delivery.repo_url, number, lock=True)
    if known is not None:
        hinted(tx, known.evolve(delivery_id=delivery.id), "server")
        return
    pull = Pull(
        id=PullId(new_id("plr")),
        product_id=delivery.product_id,
        repo_url=delivery.repo_url,
        number=number,
        url=url,
        created_at=tx.now,
        delivery_id=delivery.id,
        branch=delivery.branch,
        look_at=tx.now,
    )
    tx.pulls.add(pull)
    tell(tx, LOOK_ASKED, pull, "server")


def catch_up(tx: Transaction) -> None:
    """Follows what was opened before pull requests were followed."""
    for delivery in tx.deliveries.unfollowed():
        assert delivery.pr_url is not None, "it is among those that have one"
        opened(tx, delivery, delivery.pr_url)


def newest(tx: Transaction, delivery: Delivery | None) -> Pull | None:
    """The pull request that shows that branch now, as its forge was last seen to."""
    found = tx.pulls.of_delivery(delivery.id) if delivery is not None else []
    return found[0] if found else None


def answered(tx: Transaction, job: Job) -> None:
    """What an ended job makes of the remarks that it was to answer: they wait again when it failed.

    Those of one that people stopped need no answer, or it would be begun anew at once.
    """
    became = {JobStatus.FAILED: RemarkState.OPEN, JobStatus.CANCELLED: RemarkState.DISMISSED}.get(job.status)
    if became is None or job.follow_up_of is None:
        return
    for remark in tx.pulls.remarks_of_job(job.id):
        if remark.state is RemarkState.ANSWERED and remark.kind is not RemarkKind.COMMAND:
            tx.pulls.update_remark(remark.evolve(state=became))


def hinted(tx: Transaction, pull: Pull, actor: str) -> Pull:
    """Somebody says that something happened there."""
    asked = pull.hint(tx.now)
    tx.pulls.update(asked)
    tell(tx, LOOK_ASKED, asked, actor)
    return asked


def tell(tx: Transaction, type_: str, pull: Pull, actor: str, job_id: JobId | None = None, **more: Any) -> None:
    """`job_id` is the job that it concerns; else the one that landed on the branch last."""
    delivery = tx.deliveries.get(pull.delivery_id) if pull.delivery_id is not None else None
    concerned = job_id or (delivery.job_id if delivery is not None else None)
    job = tx.jobs.get(concerned) if concerned is not None else None
    data = {
        "id": pull.id,
        "code": job.code if job is not None else None,
        "number": pull.number,
        "url": pull.url,
        "title": pull.title,
        "branch": pull.branch or (delivery.branch if delivery is not None else None),
        "due_at": pull.look_at,
        **more,
    }
    tx.events.add(
        type_,
        product_id=pull.product_id,
        job_id=concerned,
        story_id=delivery.story_id if delivery is not None else None,
        actor=actor,
        data=data,
    )
