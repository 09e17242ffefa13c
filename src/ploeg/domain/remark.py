"""What a forge tells about a pull request that may become work, and which of it does.

Only people who may push to the repository steer: what others write is kept, shown, and starts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from ploeg.domain.forge import Check, Checks, ChecksState, Comment, PullState, Review, Verdict
from ploeg.domain.ids import JobId, ProductId, PullId, RemarkId

#: Who made a review of Ploeg's own, where others are named by their forge.
OWN = "ploeg"
#: Characters of one remark that are kept.
TEXT_MAX = 8_000


class RemarkKind(StrEnum):
    #: What somebody wrote when they handed in a review.
    REVIEW = "review"
    #: What they wrote about one place in the code.
    REMARK = "remark"
    #: A comment that is an order to Ploeg.
    COMMAND = "command"
    #: Checks of the branch's last commit failed.
    CHECKS = "checks"
    #: The branch conflicts with its base.
    CONFLICT = "conflict"

    @property
    def of_a_commit(self) -> bool:
        """It says something about one commit, and nothing about a later one."""
        return self in {RemarkKind.CHECKS, RemarkKind.CONFLICT}


class RemarkState(StrEnum):
    #: It waits for an answer.
    OPEN = "open"
    #: A job answers it, or it was carried out.
    ANSWERED = "answered"
    #: People, or what happened since, say that it needs no answer.
    DISMISSED = "dismissed"
    #: Whoever wrote it may not steer, or it asks for nothing.
    NOTED = "noted"


class FollowUps(StrEnum):
    """What a product makes of remarks."""

    OFF = "off"
    #: People are told, and decide.
    ASK = "ask"
    #: They become a follow-up job.
    ON = "on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing that was said about a pull request, kept once however often it is heard."""

    id: RemarkId
    pull_id: PullId
    product_id: ProductId
    kind: RemarkKind
    #: What it is on its forge, e.g. `review:12`; unique in its pull request.
    key: str
    state: RemarkState
    #: On the forge's clock.
    said_at: datetime
    noted_at: datetime
    #: A user name of the forge; `ploeg` for a review of Ploeg's own, empty for what machines say.
    author: str = ""
    #: The author may push to the repository.
    trusted: bool = False
    verdict: Verdict | None = None
    text: str = ""
    url: str = ""
    path: str | None = None
    line: int | None = None
    #: The commit that it is about, where the forge says so.
    sha: str | None = None
    #: The job that answers it, or that made it.
    job_id: JobId | None = None

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A remark as the forge tells it, before it is known whether it was heard before."""

    kind: RemarkKind
    key: str
    said_at: datetime
    author: str = ""
    verdict: Verdict | None = None
    text: str = ""
    url: str = ""
    path: str | None = None
    line: int | None = None
    sha: str | None = None

    @property
    def asks(self) -> bool:
        """It asks for something, if its author may ask."""
        return self.verdict not in {Verdict.APPROVED, Verdict.DISMISSED}


def of_reviews(reviews: Iterable[Review], me: str) -> Iterator[Heard]:
    """Reviews of others: what each says as a whole, and about single places."""
    for review in reviews:
        if review.author == me:
            continue
        said: dict[str, Any] = {"author": review.author, "verdict": review.verdict, "sha": review.sha or None}
        if review.text.strip() or review.verdict is not Verdict.COMMENTED:
            yield Heard(
                kind=RemarkKind.REVIEW,
                key=f"review:{review.id}",
                said_at=review.submitted_at,
                text=_cut(review.text),
                **said,
            )
        for remark in review.remarks:
            if remark.author == me:
                continue
            yield _place(remark, **{**said, "author": remark.author})


def of_comments(comments: Iterable[Comment], me: str) -> Iterator[Heard]:
    """Orders to Ploeg; whatever else people say to each other is theirs. Remarks about places count as reviews do."""
    for comment in comments:
        if comment.author == me:
            continue
        if comment.path is not None:
            yield _place(comment, author=comment.author)
        elif commands(text := _cut(comment.text)):
            yield Heard(
                kind=RemarkKind.COMMAND,
                key=f"comment:{comment.id}",
                said_at=comment.created_at,
                author=comment.author,
                text=text,
                url=comment.url,
            )


def of_state(seen: PullState, checks: Checks, now: datetime, *, conflicts: bool) -> Iterator[Heard]:
    """What machines say about its last commit. `conflicts`: they said so of the same commit before."""
    if checks.state is ChecksState.RED:
        yield Heard(
            kind=RemarkKind.CHECKS,
            key=f"checks:{seen.head_sha}",
            said_at=now,
            text=_cut("\n".join(map(_check, checks.failed))),
            url=next((check.url for check in checks.failed if check.url), ""),
            sha=seen.head_sha,
        )
    if seen.mergeable is False and conflicts:
        yield Heard(
            kind=RemarkKind.CONFLICT,
            key=f"conflict:{seen.head_sha}",
            said_at=now,
            text=f"The branch conflicts with {seen.base}.",
            url=seen.url,
            sha=seen.head_sha,
        )


def obsolete(remark: Remark, seen: PullState, checks: Checks) -> bool:
    """An open one that needs no answer any more: the commit moved on, or what was wrong with it is not."""
    match remark.kind:
        case RemarkKind.CHECKS:
            return remark.sha != seen.head_sha or checks.state is ChecksState.GREEN
        case RemarkKind.CONFLICT:
            return remark.sha != seen.head_sha or seen.mergeable is True
        case _:
            return False


def holding_back(remarks: Iterable[Remark]) -> list[str]:
    """Who asked for changes and has not approved since; an agent of Ploeg's only until that was answered.

    The oldest remark comes first.
    """
    last: dict[str, Remark] = {}
    for remark in remarks:
        judges = remark.verdict in {Verdict.APPROVED, Verdict.CHANGES_REQUESTED}
        answered = remark.author == OWN and remark.state is RemarkState.ANSWERED
        stands = remark.trusted and not answered and remark.state is not RemarkState.DISMISSED
        if remark.kind is RemarkKind.REVIEW and judges and stands:
            last[remark.author] = remark
    return sorted(author for author, remark in last.items() if remark.verdict is Verdict.CHANGES_REQUESTED)


class CommandVerb(StrEnum):
    """What people may order with a comment."""

    #: A follow-up that answers the open remarks, and what stands behind the word.
    FIX = "fix"
    #: The branch's last job once more.
    RETRY = "retry"
    #: What is queued or at work on the branch is cancelled.
    STOP = "stop"
    #: A job for a task of the backlog.
    DISPATCH = "dispatch"
    #: A review by an agent.
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Command:
    #: None: no such order.
    verb: CommandVerb | None
    #: What stands behind it.
    argument: str


#: Orders of one comment that are carried out.
COMMANDS_MAX = 5
_MARK = "/ploeg"


def commands(text: str) -> list[Command]:
    """The orders in a comment: lines that begin with `/ploeg`, but none that is quoted or shown as code.

    What `fix` is to do may go on in the lines below it, up to the next order.
    """
    found: list[tuple[str, list[str]]] = []
    fenced = False
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        words = line.split()
        if not fenced and words[:1] == [_MARK] and not line[:1].isspace():
            found.append((line, []))
        elif found:
            found[-1][1].append(line)
    return [_command(line, below) for line, below in found[:COMMANDS_MAX]]


def _command(line: str, below: list[str]) -> Command:
    _, _, rest = line.strip().partition(_MARK)
    word, _, argument = rest.strip().partition(" ")
    verb = next((verb for verb in CommandVerb if verb == word.lower()), None)
    if verb is CommandVerb.FIX:
        argument = "\n".join([argument, *below])
    return Command(verb, argument.strip())


def _place(comment: Comment, **said: Any) -> Heard:
    return Heard(
        kind=RemarkKind.REMARK,
        key=f"remark:{comment.id}",
        said_at=comment.created_at,
        text=_cut(comment.text),
        url=comment.url,
        path=comment.path,
        line=comment.line,
        **said,
    )


def _check(check: Check) -> str:
    return f"{check.name}: {check.text}" if check.text else check.name


def _cut(text: str) -> str:
    clean = text.replace("\0", "").replace("\r\n", "\n").strip()
    return clean if len(clean) <= TEXT_MAX else clean[: TEXT_MAX - 1] + "…"
