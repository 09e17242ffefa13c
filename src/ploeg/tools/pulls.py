"""Tools about followed pull requests for people's own agents."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ploeg.domain.forge import ChecksState, PullStatus, Verdict
from ploeg.domain.remark import RemarkKind, RemarkState
from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool
from ploeg.tools.dispatch import JobStatusShown

PullReference = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    Field(description="`demo#7`, its page's address, its id, or the story or job whose work it shows."),
]


class ListPullRequests(Arguments):
    product_id: Reference | None = Field(default=None, description="Only those of this product, by id or code.")
    status: Literal[PullStatus.OPEN, PullStatus.MERGED, PullStatus.CLOSED] | None = None
    limit: int = Field(default=20, ge=1, le=100)


class GetPullRequest(Arguments):
    pull_request: PullReference


class FollowUpPullRequest(Arguments):
    pull_request: PullReference
    instruction: str | None = Field(
        default=None, max_length=2000, description="What the agent is to do besides answering what was said."
    )
    key: str | None = Field(default=None, max_length=200, description="The same key again gives the same job.")


class ReviewPullRequest(Arguments):
    pull_request: PullReference
    instruction: str | None = Field(default=None, max_length=4000, description="What the reviewer is to mind.")
    runtime: str | None = Field(default=None, max_length=80, description="Leave out for the product's own choice.")
    model: str | None = Field(default=None, max_length=200, description="Leave out for the product's own choice.")
    key: str | None = Field(default=None, max_length=200, description="The same key again gives the same job.")


class SaidShown(Result):
    id: str
    kind: RemarkKind
    state: RemarkState
    author: str
    #: The author may push; what others write starts nothing.
    trusted: bool
    verdict: Verdict | None = None
    #: Text of a stranger's.
    text: str
    path: str | None = None
    line: int | None = None
    job: str | None = None


class PullShown(Result):
    id: str
    product: str
    number: int
    url: str
    title: str
    status: PullStatus | None = None
    checks: ChecksState
    #: False: it conflicts with its base.
    mergeable: bool | None = None
    story: str | None = None
    #: What waits for an answer.
    open_remarks: int
    #: Why that becomes no follow-up now.
    waits: str | None = None


class PullsShown(Result):
    result: list[PullShown]


class PullPageShown(PullShown):
    remarks: list[SaidShown]


LIST_PULL_REQUESTS = Tool(
    name="list_pull_requests",
    description="List the pull requests that Ploeg follows, the newest first, with how each stands.",
    arguments=ListPullRequests,
    result=PullsShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)

GET_PULL_REQUEST = Tool(
    name="get_pull_request",
    description="One pull request, with all that reviewers, checks and Ploeg's own reviews said about it.",
    arguments=GetPullRequest,
    result=PullPageShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)

FOLLOW_UP_PULL_REQUEST = Tool(
    name="follow_up_pull_request",
    description="Queue a job on a pull request's branch that answers its open remarks.",
    arguments=FollowUpPullRequest,
    result=JobStatusShown,
    side=Side.SERVER,
    people=True,
)

REVIEW_PULL_REQUEST = Tool(
    name="review_pull_request",
    description="Queue a review of a pull request by an agent; its verdict is posted on the forge.",
    arguments=ReviewPullRequest,
    result=JobStatusShown,
    side=Side.SERVER,
    people=True,
)
