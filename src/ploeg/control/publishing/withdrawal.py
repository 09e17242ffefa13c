"""What the failure of a sprint run's task takes back at the forge: the pull requests of its backlog item.

An open one is closed; of a merged one the forge opens another that reverts it, which people merge or leave.
"""

from __future__ import annotations

from ploeg.control.publishing import actions
from ploeg.domain.delivery import Delivery
from ploeg.domain.forge_action import Deed
from ploeg.domain.job import Job
from ploeg.store.transaction import Transaction


def foreseen(tx: Transaction, job: Job) -> list[Delivery]:
    """The branches whose pull requests would be withdrawn if that job of a run failed, the oldest first."""
    product = tx.products.get(job.product_id)
    story = tx.backlog.story(job.story_id) if job.story_id is not None else None
    if product is None or not product.auto_pr or not product.failure_cascade:
        return []
    if story is None or job.sprint_run_id is None or job.task_id is None:
        return []
    siblings = tx.backlog.stories(story.product_id, story.pbi_id)
    found = [delivery for sibling in siblings for delivery in tx.deliveries.of_story(sibling.id)]
    found += tx.deliveries.of_run(job.sprint_run_id)
    return sorted((each for each in found if each.pr_url is not None), key=lambda each: each.created_at)


def ask(tx: Transaction, job: Job, actor: str) -> None:
    """Withdraws what a failed job's backlog item has at the forge, and says there why."""
    for delivery in foreseen(tx, job):
        why = f"{job.code} failed, and with it the backlog item that this belongs to. Ploeg withdraws it."
        for deed, content in ((Deed.COMMENT, {"text": why}), (Deed.WITHDRAW, {"why": why})):
            actions.ask(
                tx,
                delivery.product_id,
                delivery.repo_url,
                deed,
                f"{deed} {delivery.id} after {job.id}",
                actor,
                branch=delivery.branch,
                sha=delivery.head_sha,
                content={**content, "pr_url": delivery.pr_url},
                job_id=job.id,
                story_id=delivery.story_id,
                sprint_run_id=delivery.sprint_run_id,
            )
