"""What a forge tells about a repository, whichever forge it is: the words of all rooms that follow a pull request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PullStatus(StrEnum):
    OPEN = "open"
    MERGED = "merged"
    #: Without having been merged.
    CLOSED = "closed"


class ChecksState(StrEnum):
    """What the checks of one commit say together."""

    #: None has been announced, which may mean that none exist or that they have not begun.
    NONE = "none"
    PENDING = "pending"
    GREEN = "green"
    RED = "red"


class StatusState(StrEnum):
    """What a commit status that Ploeg sets may say."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"


class Verdict(StrEnum):
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    COMMENTED = "commented"
    #: It was taken back, or the forge set it aside.
    DISMISSED = "dismissed"


class MergeMethod(StrEnum):
    MERGE = "merge"
    SQUASH = "squash"
    REBASE = "rebase"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullState:
    """A pull request as its forge shows it at this moment."""

    #: What its forge calls it: a number within the repository.
    number: int
    #: Its page, for people.
    url: str
    #: Without the forge's own mark of a draft.
    title: str
    text: str
    status: PullStatus
    draft: bool
    #: The branch, and the commit that the forge shows for it.
    head: str
    head_sha: str
    base: str
    #: The commit on the base that has its changes.
    merged_sha: str | None = None
    #: False: it conflicts with its base; Forgejo says so as well while it is still working it out, so ask again a
    #: minute later. None: the forge does not say (yet).
    mergeable: bool | None = None
    #: Who opened it: a user name.
    author: str = ""
    #: The branch is in the repository itself, not in a fork of it.
    own: bool = True


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a commit that failed."""

    name: str
    #: Its page, for people; empty where it has none.
    url: str
    #: What it says in one line.
    text: str


@dataclass(frozen=True, slots=True)
class Checks:
    state: ChecksState
    failed: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitStatus:
    """What Ploeg says about a commit; one with the same context takes the place of the one before."""

    context: str
    state: StatusState
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What somebody wrote at a pull request or an issue. Its text is data of a stranger's."""

    #: Unique within its repository's comments; that of a remark in a review has numbers of its own.
    id: str
    author: str
    text: str
    #: Its page, for people.
    url: str
    created_at: datetime
    #: Of a remark about the code: the file, and the line in its new version.
    path: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One that was handed in. Its text is data of a stranger's."""

    id: str
    author: str
    verdict: Verdict
    text: str
    #: The commit that it is about; empty where the forge does not say.
    sha: str
    submitted_at: datetime
    remarks: tuple[Comment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One of a repository. Its text is data of a stranger's."""

    number: int
    title: str
    text: str
    url: str
    author: str
    labels: tuple[str, ...]
    open: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class IssuePage:
    issues: tuple[Issue, ...]
    #: There is a next page.
    more: bool


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose token it is."""

    login: str
    #: What the token may do, in the forge's words; None where the forge does not say.
    scopes: frozenset[str] | None = None


class HintKind(StrEnum):
    """What a forge's webhook is about."""

    PULL_REQUEST = "pull_request"
    COMMENT = "comment"
    REVIEW = "review"
    CHECKS = "checks"
    PUSH = "push"
    ISSUE = "issue"
    #: The forge tries whether the hook works.
    PING = "ping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A webhook says that something happened there; what it is must be read from the forge."""

    kind: HintKind
    #: The repository's URL as the forge writes it for git over https.
    repo_url: str
    #: Of the pull request or issue.
    number: int | None = None
    branch: str | None = None
    sha: str | None = None
