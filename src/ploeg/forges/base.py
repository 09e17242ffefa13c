"""What Ploeg asks of a forge, on one screen: a repository, its pull requests and what is said about them.

What comes back is in `domain/forge.py`, for the rooms that do not know forges; `hooks.py` reads their webhooks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ploeg.domain.delivery import Trouble
from ploeg.domain.forge import (
    Checks,
    Comment,
    CommitStatus,
    Identity,
    Issue,
    IssuePage,
    MergeMethod,
    PullState,
    Review,
    Verdict,
)


class ForgeError(Exception):
    """A forge did not do what it was asked; the text is fit to show to a person and holds no secret."""

    def __init__(self, trouble: Trouble, reason: str, retry_after: float | None = None) -> None:
        self.trouble = trouble
        self.reason = reason
        #: Seconds that the forge wants to be left alone.
        self.retry_after = retry_after
        super().__init__(f"{trouble}: {reason}")


@dataclass(frozen=True, slots=True)
class Repository:
    default_branch: str
    #: Whether the token may open pull requests there, as far as the forge says.
    writable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """An open one."""

    #: What its forge calls it: a number within the repository.
    number: int
    #: Its page, for people.
    url: str
    #: Without the forge's own mark of a draft.
    title: str
    text: str
    draft: bool
    #: The forge's second name for it, where it has one.
    node_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A pull request that is to be opened."""

    head: str
    base: str
    title: str
    text: str
    draft: bool


class Forge(Protocol):
    """One repository on one forge. Everything raises `ForgeError`, and nothing else.

    A pull request, issue, branch or commit that is not there is `Trouble.NOT_FOUND`. What a forge has no way to do
    is `Trouble.REFUSED`; where that is usual, the verb says so in what it returns instead.
    """

    async def repository(self) -> Repository: ...

    async def whoami(self) -> Identity: ...

    # One branch's pull request

    async def find(self, head: str) -> PullRequest | None:
        """The open pull request of that branch of the repository itself, not of a fork's."""

    async def open(self, proposal: Proposal) -> PullRequest:
        """`Trouble.CONFLICT` when the branch has an open pull request."""

    async def rewrite(self, found: PullRequest, text: str) -> PullRequest: ...

    async def mark_ready(self, found: PullRequest) -> PullRequest:
        """No longer a draft."""

    async def newest_of(self, head: str) -> PullState | None:
        """That branch's newest pull request, whatever became of it; none of a fork's."""

    async def pull_request(self, number: int) -> PullState: ...

    async def close(self, number: int) -> None:
        """Without merging it. One that is closed or merged stays as it is."""

    # Merging, only ever of the commit that the caller saw

    async def merge(self, number: int, *, sha: str, method: MergeMethod = MergeMethod.SQUASH) -> str:
        """The commit on the base that has its changes; the same again when it was merged at that head before.

        `Trouble.CONFLICT`: its head is another commit, it conflicts with the base or was closed.
        `Trouble.REFUSED`: its checks or the branch's rules forbid it for now.
        """

    async def merge_when_green(self, number: int, *, sha: str, method: MergeMethod = MergeMethod.SQUASH) -> bool:
        """Has the forge merge it once its checks have passed; raises as `merge` does.

        False, and nothing was asked: the forge cannot wait for that very commit, or there is nothing to wait for. Then
        follow `checks` and `merge`. Only GitLab can: what Forgejo and GitHub were told to merge goes in whatever is
        pushed to the branch later.
        """

    async def cancel_merge(self, number: int) -> None:
        """It is no longer merged by itself; nothing where it was not going to be."""

    async def revert(self, number: int) -> str | None:
        """The page of a new pull request that takes a merged one back; None where the forge cannot make one."""

    # Commits and branches

    async def checks(self, sha: str) -> Checks:
        """What the commit's statuses and checks say together; Ploeg's own statuses (`ploeg/…`) do not count."""

    async def set_status(self, sha: str, status: CommitStatus) -> None: ...

    async def branch_tip(self, branch: str) -> str | None: ...

    async def protected(self, branch: str) -> bool:
        """Whether rules forbid to push to it, as far as the forge tells; the default branch always counts."""

    async def delete_branch(self, branch: str, *, sha: str) -> bool:
        """Deletes it only while its tip is that commit. False: there is no such branch. `Trouble.CONFLICT`: it moved.

        No forge compares and deletes in one step, so a push in between may be lost there: keep the commit first.
        """

    # What people say

    async def comment(self, number: int, text: str) -> Comment:
        """At a pull request."""

    async def comments(self, number: int, since: datetime | None = None) -> Sequence[Comment]:
        """At a pull request, oldest first, written or changed since then; remarks of reviews are with these."""

    async def reviews(self, number: int) -> Sequence[Review]:
        """That were handed in, oldest first, with their remarks."""

    async def review(self, number: int, *, sha: str, verdict: Verdict, text: str) -> None:
        """Hands one in, about that commit. `Trouble.REFUSED` for a verdict on one's own pull request."""

    async def may_write(self, username: str) -> bool:
        """Whether that user may push to the repository."""

    async def issues(self, since: datetime | None = None, page: int = 1) -> IssuePage:
        """Open and closed ones that changed since then, without pull requests."""

    async def issue(self, number: int) -> Issue: ...

    async def comment_issue(self, number: int, text: str) -> Comment:
        """At an issue."""

    # Setting it up

    async def dispatch_workflow(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        """Starts a workflow, by its file's name, or a pipeline."""

    async def ensure_webhook(self, url: str, secret: str) -> bool:
        """Has the forge tell of what happens there, signed with that secret. False: that hook was there before.

        The secret is set anew in either case, since no forge shows the one that it has.
        """

    async def ensure_label(self, name: str, colour: str) -> bool:
        """Of six hexadecimal digits. False: it was there."""
