"""A branch's pull request: what Ploeg owes to the forge, beside what the forge shows."""

from __future__ import annotations

from ploeg.domain.delivery import Delivery
from ploeg.domain.pull import Pull
from ploeg.wire.pull_requests import PullRequestOut


def pull_request_out(delivery: Delivery | None, pull: Pull | None) -> PullRequestOut | None:
    if delivery is None:
        return None
    return PullRequestOut(
        branch=delivery.branch,
        state=delivery.state,
        pr_url=delivery.pr_url,
        trouble=delivery.trouble,
        reason=delivery.reason,
        tries=delivery.tries,
        due_at=delivery.due_at,
        status=pull.status if pull is not None else None,
        checks=pull.checks if pull is not None else None,
        mergeable=pull.mergeable if pull is not None else None,
    )
