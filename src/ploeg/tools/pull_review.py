"""The tool that hands in an agent's review of a pull request."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from ploeg.domain.forge import Verdict
from ploeg.tools.declaration import Arguments, Result, Side, Tool

FINDINGS_MAX = 50
DOUBTS_MAX = 20

Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class CodeFinding(Arguments):
    severity: Literal["blocker", "major", "minor"] = Field(
        description="`blocker`: it must not be merged so. `major`: it will cost rework. `minor`: worth knowing."
    )
    path: str = Field(default="", max_length=500, description="The file, as the diff names it.")
    line: int | None = Field(default=None, ge=1, le=10_000_000, description="The line in its new version.")
    problem: Prose = Field(description="What is wrong, and what in the code shows it.")
    remedy: str = Field(default="", max_length=2000, description="What would mend it.")


class PostPrReview(Arguments):
    verdict: Literal[Verdict.APPROVED, Verdict.CHANGES_REQUESTED, Verdict.COMMENTED] = Field(
        description="`approved`: it does what it should, and you would merge it as it is. `changes_requested`: what "
        "must be mended first is among the findings. `commented`: anything else, as when you cannot tell."
    )
    summary: Prose = Field(description="The judgement in a few sentences, for people.")
    findings: list[CodeFinding] = Field(default=[], max_length=FINDINGS_MAX, description="The gravest first.")
    doubts: list[Prose] = Field(
        default=[],
        max_length=DOUBTS_MAX,
        description="What you could not make sure of. With one, nothing is approved.",
    )

    @model_validator(mode="after")
    def _the_verdict_fits(self) -> Self:
        grave = [finding for finding in self.findings if finding.severity != "minor"]
        if self.verdict is Verdict.APPROVED and grave:
            raise ValueError(f"nothing with a {grave[0].severity} finding is approved; request changes")
        if self.verdict is Verdict.APPROVED and self.doubts:
            raise ValueError("nothing is approved on doubt; hand it in as `commented`, or request changes")
        if self.verdict is Verdict.CHANGES_REQUESTED and not self.findings:
            raise ValueError("name what is to be changed among the findings")
        return self


class PrReviewPosted(Result):
    verdict: Verdict
    #: The commit that it is about.
    sha: str
    findings: int


POST_PR_REVIEW = Tool(
    name="post_pr_review",
    description=(
        "Hand in the review of this job's pull request. Ploeg posts it on the forge. Once handed in it stands; close "
        "the job after it."
    ),
    arguments=PostPrReview,
    result=PrReviewPosted,
    side=Side.SERVER,
)
