"""What Ploeg asks of a forge, on one screen: a repository, and one branch's pull request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ploeg.domain.delivery import Trouble


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

    `open` raises it with `Trouble.CONFLICT` when the branch has an open pull request.
    """

    async def repository(self) -> Repository: ...

    async def find(self, head: str) -> PullRequest | None:
        """The open pull request of that branch of the repository itself, not of a fork's."""

    async def open(self, proposal: Proposal) -> PullRequest: ...

    async def rewrite(self, found: PullRequest, text: str) -> PullRequest: ...

    async def mark_ready(self, found: PullRequest) -> PullRequest:
        """No longer a draft."""
