"""Tools about followed pull requests for people's own agents."""

from __future__ import annotations

from typing import Any

from ploeg.control import read
from ploeg.control.intake import answer, pull_reviews, pulls
from ploeg.control.intake.pulls import PullView, RemarkLine
from ploeg.control.queue.submit import Wish
from ploeg.control.toolbelt import showing
from ploeg.control.toolbelt.caller import Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.store.transaction import Transaction
from ploeg.tools.dispatch import JobStatusShown
from ploeg.tools.pulls import (
    FollowUpPullRequest,
    GetPullRequest,
    ListPullRequests,
    PullPageShown,
    PullShown,
    PullsShown,
    ReviewPullRequest,
    SaidShown,
)


def list_pull_requests(tx: Transaction, caller: Caller, arguments: ListPullRequests) -> PullsShown:
    found = pulls.listed(
        tx, caller.principal, product=arguments.product_id, status=arguments.status, limit=arguments.limit
    )
    return PullsShown(result=[PullShown(**_shown(view)) for view in found])


def get_pull_request(tx: Transaction, caller: Caller, arguments: GetPullRequest) -> PullPageShown:
    view = pulls.shown(tx, caller.principal, arguments.pull_request)
    return PullPageShown(**_shown(view), remarks=[_said(line) for line in view.remarks])


def follow_up_pull_request(tx: Transaction, caller: Caller, arguments: FollowUpPullRequest) -> JobStatusShown:
    wish = Wish(instruction=arguments.instruction, key=arguments.key)
    made = answer.follow(tx, caller.principal, caller.installation, arguments.pull_request, wish)
    return showing.job(read.view(tx, caller.installation, made.job))


def review_pull_request(tx: Transaction, caller: Caller, arguments: ReviewPullRequest) -> JobStatusShown:
    config = arguments.model_dump(include={"runtime", "model"}, exclude_none=True)
    wish = Wish(instruction=arguments.instruction, config=config, key=arguments.key)
    made = pull_reviews.ask(tx, caller.principal, caller.installation, arguments.pull_request, wish)
    return showing.job(read.view(tx, caller.installation, made.job))


def _shown(view: PullView) -> dict[str, Any]:
    same = set(PullShown.model_fields) - {"product", "story", "open_remarks"}
    own = {"product": view.product, "story": view.story, "open_remarks": view.open_remarks}
    return {name: getattr(view.pull, name) for name in same} | own


def _said(line: RemarkLine) -> SaidShown:
    same = set(SaidShown.model_fields) - {"job"}
    return SaidShown(**{name: getattr(line.remark, name) for name in same}, job=line.job)


HANDLERS: Handlers = {
    ListPullRequests: list_pull_requests,
    GetPullRequest: get_pull_request,
    FollowUpPullRequest: follow_up_pull_request,
    ReviewPullRequest: review_pull_request,
}
