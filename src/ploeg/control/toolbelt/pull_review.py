"""The tool that hands in an agent's review of a pull request."""

from __future__ import annotations

from ploeg.control.intake import pull_reviews
from ploeg.control.intake.pull_reviews import Finding
from ploeg.control.toolbelt.caller import AttemptCaller, Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.store.transaction import Transaction
from ploeg.tools.pull_review import PostPrReview, PrReviewPosted


def post_pr_review(tx: Transaction, caller: Caller, arguments: PostPrReview) -> PrReviewPosted:
    assert isinstance(caller, AttemptCaller), "people's own agents are not offered it"
    findings = [Finding(**finding.model_dump()) for finding in arguments.findings]
    recorded = pull_reviews.record(
        tx,
        caller.job,
        caller.attempt,
        arguments.verdict,
        arguments.summary,
        findings,
        arguments.doubts,
        caller.by,
    )
    return PrReviewPosted(verdict=recorded.verdict, sha=recorded.sha, findings=len(findings))


HANDLERS: Handlers = {PostPrReview: post_pr_review}
