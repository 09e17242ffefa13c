"""Tools about jobs that are about to change the same files, for people's own agents."""

from __future__ import annotations

from pydantic import Field

from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool


class ForeseeConflicts(Arguments):
    item_id: Reference = Field(description="The task's or the job's id or code.")


class OverlapShown(Result):
    job: str
    status: str
    #: What both change, as far as plans name it and receipts saw it.
    paths: list[str]


class OverlapsShown(Result):
    result: list[OverlapShown]


FORESEE_CONFLICTS = Tool(
    name="foresee_conflicts",
    description="Unfinished jobs on other branches that are about to change the same files as this job or task.",
    arguments=ForeseeConflicts,
    result=OverlapsShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)
