"""What a job may be closed with, by the properties of its kind; the gates come after this."""

from __future__ import annotations

from collections.abc import Sequence

from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.forge import Verdict
from ploeg.domain.gate import FileChange
from ploeg.domain.kinds import Kind
from ploeg.tools.job import UpdateJobStatus
from ploeg.tools.pull_review import PostPrReview


def check_closing(kind: Kind, report: UpdateJobStatus, *, delivered: bool) -> None:
    """`Invalid` or `Conflict` says what is missing. `delivered`: the tool that saves the kind's result succeeded."""
    if report.status == "skipped" and not kind.pushes:
        raise Invalid("status", report.status, "only work on the repository can be skipped; report done or failed")
    if report.status != "done":
        return
    if kind.summary_required and not (report.summary or "").strip():
        raise Invalid("summary", report.summary, "with done, the summary is the answer that people wait for")
    if kind.delivers is not None and not delivered:
        raise Conflict(f"done is refused: this session saved nothing; save it with {kind.delivers}, then report done")


def check_review(review: PostPrReview, changes: Sequence[FileChange]) -> None:
    """`Conflict` when nothing is there that could be approved."""
    if review.verdict is Verdict.APPROVED and not changes:
        raise Conflict("the pull request changes nothing, so it is not approved; hand it in as commented, and say so")
