"""Pull requests as Ploeg follows them, and what was said about them."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ploeg.domain.delivery import Trouble
from ploeg.domain.forge import ChecksState, PullStatus, Verdict
from ploeg.domain.remark import RemarkKind, RemarkState
from ploeg.wire.base import Items, Reply, Request


class RemarkShown(Reply):
    id: str
    kind: RemarkKind
    state: RemarkState = Field(
        description="`open`: it waits for an answer; `answered`: a job answers it, or it was carried out; `dismissed`; "
        "`noted`: it starts nothing."
    )
    author: str = Field(description="A name of the forge; `ploeg` for Ploeg's own, empty for what machines say.")
    trusted: bool = Field(description="The author may push to the repository; others start nothing.")
    verdict: Verdict | None
    text: str
    url: str
    path: str | None
    line: int | None
    sha: str | None = Field(description="The commit that it is about.")
    said_at: datetime = Field(description="On the forge's clock.")
    job: str | None = Field(description="The job that answers it, or that made it.")


class FollowedPull(Reply):
    id: str
    product: str
    number: int
    url: str
    title: str
    author: str
    branch: str
    base: str
    head_sha: str
    status: PullStatus | None = Field(description="null: nobody has looked yet.")
    draft: bool
    checks: ChecksState
    mergeable: bool | None = Field(description="False: it conflicts with its base; null: the forge does not know.")
    merged_sha: str | None
    story: str | None
    open_remarks: int = Field(description="What waits for an answer.")
    waits: str | None = Field(description="Why that becomes no follow-up now.")
    rounds: int = Field(description="Follow-ups that it became by itself since a person last had a word.")
    looked_at: datetime | None
    look_at: datetime | None = Field(description="When it is looked at next; null: when a webhook says so.")
    trouble: Trouble | None = Field(description="Why the last look failed.")
    reason: str | None = Field(description="The same in a sentence.")


class FollowedPullPage(FollowedPull):
    remarks: list[RemarkShown] = Field(description="The oldest first.")


class FollowedPulls(Items[FollowedPull]):
    pass


class PullIn(Request):
    pull_request: str = Field(description="Product and number, e.g. `demo#12`.")


class DismissalIn(Request):
    remarks: list[str] = Field(default=[], description="Ids of open remarks; none: all of them.")
