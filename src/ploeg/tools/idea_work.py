"""Tools that write what comes of work on an idea: its grill report, its plan, the verdict on it, and decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from ploeg.domain.idea import TEXT_MAX
from ploeg.domain.idea_step import IdeaStatus, Verdict
from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool

LOG_MAX = 4000
FINDINGS_MAX = 50

IdeaReference = Annotated[Reference, Field(description="The idea's id or code.")]
Markdown = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class UpdateIdeaGrillMd(Arguments):
    idea_id: IdeaReference
    markdown: Markdown = Field(description="The whole grill report, as Markdown. It replaces the one before.")


class UpdateIdeaPlanMd(Arguments):
    idea_id: IdeaReference
    markdown: Markdown = Field(
        description="The whole plan document: YAML front matter with `pbi` and `stories`, then free text. It replaces "
        "the one before."
    )


class Finding(Arguments):
    severity: Literal["blocker", "major", "minor"] = Field(
        description="`blocker`: the plan cannot work. `major`: it will cost rework. `minor`: worth knowing."
    )
    where: str = Field(default="", max_length=200, description="Where in the plan, e.g. `stories[2].tasks[1]`.")
    problem: Prose = Field(description="What is wrong, with what in the repository shows it.")
    remedy: str = Field(default="", max_length=2000, description="What would mend it.")


class ReviewLog(Arguments):
    summary: Prose = Field(description="The judgement in a few sentences, for people.")
    findings: list[Finding] = Field(default=[], max_length=FINDINGS_MAX, description="The gravest first.")


class UpdateIdeaPlanReviewed(Arguments):
    idea_id: IdeaReference
    approval_status: Verdict = Field(
        description="`approved`: it can be carried out as it is. `changes_requested`: another plan could pass. "
        "`rejected`: no plan for this idea will."
    )
    review_log: ReviewLog

    @model_validator(mode="after")
    def _approved_as_it_is(self) -> Self:
        grave = [finding for finding in self.review_log.findings if finding.severity != "minor"]
        if self.approval_status is Verdict.APPROVED and grave:
            raise ValueError(f"a plan with a {grave[0].severity} finding is not approved; request changes or reject it")
        return self


class LogIdeaDecision(Arguments):
    idea_id: IdeaReference
    type: Literal["DECISION", "NOTE"] = Field(description="`DECISION`: what was settled. `NOTE`: worth keeping.")
    content: str = Field(min_length=1, max_length=LOG_MAX, description="What, and why, in words that stand alone.")
    metadata: dict[str, Any] | None = Field(default=None, description="Anything to keep beside it.")


class SavedDoc(Result):
    """The product doc that holds the text from now on."""

    doc_id: str
    revision_id: str
    revision: int
    uri: str


class IdeaSaved(Result):
    idea_id: str
    code: str
    status: IdeaStatus
    doc: SavedDoc | None = None


class PlanFlaw(Result):
    line: int
    #: E.g. `stories[2].tasks[1].title`; empty for the document as a whole.
    field: str
    remedy: str


class PlanSaved(IdeaSaved):
    #: False: the text is kept, but is no plan yet; mend `errors` and save the whole of it again.
    ok: bool
    stories: int = 0
    tasks: int = 0
    errors: list[PlanFlaw] = Field(default_factory=list)


class PlanReviewed(IdeaSaved):
    verdict: Verdict
    #: Reviews of this idea so far.
    rounds: int
    findings: int


class IdeaLogged(Result):
    id: str
    created_at: datetime


UPDATE_IDEA_GRILL_MD = Tool(
    name="update_idea_grill_md",
    description=(
        "Save an idea's grill report: what it is to be, as far as it was settled. The idea is GRILLED from then on; "
        "once it is shared, the report stands in the product's docs as well, folder GRILLS."
    ),
    arguments=UpdateIdeaGrillMd,
    result=IdeaSaved,
    side=Side.SERVER,
    people=True,
)

UPDATE_IDEA_PLAN_MD = Tool(
    name="update_idea_plan_md",
    description=(
        "Save an idea's plan. It is checked as a whole: `ok` false comes with every error, its line and its field; "
        "mend them all and save it again. With a plan that passes the idea is PLAN_READY; once the idea is shared, the "
        "plan stands in the product's docs as well, folder PLANS."
    ),
    arguments=UpdateIdeaPlanMd,
    result=PlanSaved,
    side=Side.SERVER,
    people=True,
)

UPDATE_IDEA_PLAN_REVIEWED = Tool(
    name="update_idea_plan_reviewed",
    description=(
        "Save the verdict on an idea's plan, with what was found. Only `approved` makes it PLAN_REVIEWED; anything "
        "else is PLAN_REVIEW_FAILED, and the findings go to whoever plans again."
    ),
    arguments=UpdateIdeaPlanReviewed,
    result=PlanReviewed,
    side=Side.SERVER,
    people=True,
)

LOG_IDEA_DECISION = Tool(
    name="log_idea_decision",
    description="Write a decision or a note into an idea's log.",
    arguments=LogIdeaDecision,
    result=IdeaLogged,
    side=Side.SERVER,
    people=True,
)
