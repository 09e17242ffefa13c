"""Tools about a backlog item's pull request."""

from __future__ import annotations

from pydantic import Field

from ploeg.tools.backlog import PbiShown
from ploeg.tools.declaration import Arguments, Reference, Side, Tool


class SetPbiPr(Arguments):
    pbi_id: Reference = Field(description="The backlog item's id or code.")
    pr_url: str = Field(max_length=500, description="The pull request's page on its forge.")


class MarkPbiPrMerged(Arguments):
    pbi_id: Reference = Field(description="The backlog item's id or code.")


SET_PBI_PR = Tool(
    name="set_pbi_pr",
    description="Note the pull request of a backlog item. A new one replaces the old, and counts as not merged yet.",
    arguments=SetPbiPr,
    result=PbiShown,
    side=Side.SERVER,
    people=True,
)

MARK_PBI_PR_MERGED = Tool(
    name="mark_pbi_pr_merged",
    description="Note that a backlog item's pull request was merged just now. It merges nothing itself.",
    arguments=MarkPbiPrMerged,
    result=PbiShown,
    side=Side.SERVER,
    people=True,
)
