"""A forge that is nothing but its state: what every real one would hold after the same requests.

How the three dialects say it is tested in `tests/forges/`; here it is about what Ploeg makes of what it is told.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from ploeg.domain.delivery import Trouble
from ploeg.domain.forge import (
    Check,
    Checks,
    ChecksState,
    Comment,
    CommitStatus,
    MergeMethod,
    PullState,
    PullStatus,
    Review,
    Verdict,
)
from ploeg.forges.base import ForgeError, Proposal, PullRequest, Repository
from ploeg.forges.registry import Forges

URL = "https://git.example.org/crew/greeter"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class MemoryForge:
    branches: dict[str, str] = field(default_factory=lambda: {"trunk": "b" * 40})
    pulls: list[PullState] = field(default_factory=list)
    #: By commit; none is GREEN.
    checks_of: dict[str, ChecksState] = field(default_factory=dict)
    statuses: list[tuple[str, CommitStatus]] = field(default_factory=list)
    said: list[Comment] = field(default_factory=list)
    handed_in: list[Review] = field(default_factory=list)
    #: What was merged: number and head.
    merged: list[tuple[int, str]] = field(default_factory=list)
    #: What the forge merges by itself when its checks have passed.
    scheduled: dict[int, str] = field(default_factory=dict)
    can_schedule: bool = False
    can_revert: bool = True
    #: Why it merges nothing now.
    rule: str | None = None
    dispatched: list[tuple[str, str]] = field(default_factory=list)
    #: Called with the name of every verb before it is done.
    on_verb: Callable[[str], None] = lambda _: None

    def push(self, branch: str, sha: str) -> None:
        """As a worker would; an open pull request shows it."""
        self.branches[branch] = sha
        for pull in self.pulls:
            if pull.head == branch and pull.status is PullStatus.OPEN:
                self._change(pull.number, head_sha=sha)

    def checked(self, sha: str, state: ChecksState) -> None:
        """The checks of a commit say so now; what waited for that is merged, whatever its pull request's head is."""
        self.checks_of[sha] = state
        for number, wanted in list(self.scheduled.items()):
            if wanted == sha and state is ChecksState.GREEN and self.rule is None:
                self._merge(number)

    def close_by_hand(self, number: int) -> None:
        self._change(number, status=PullStatus.CLOSED)

    # The contract, as far as publication asks for it

    async def repository(self) -> Repository:
        return Repository("trunk", writable=True)

    async def find(self, head: str) -> PullRequest | None:
        found = await self.newest_of(head)
        return _shown(found) if found is not None and found.status is PullStatus.OPEN else None

    async def open(self, proposal: Proposal) -> PullRequest:
        if await self.find(proposal.head) is not None:
            raise ForgeError(Trouble.CONFLICT, "there is one already")
        number = len(self.pulls) + 1
        pull = PullState(
            number=number,
            url=f"{URL}/pulls/{number}",
            title=proposal.title,
            text=proposal.text,
            status=PullStatus.OPEN,
            draft=proposal.draft,
            head=proposal.head,
            head_sha=self.branches[proposal.head],
            base=proposal.base,
        )
        self.pulls.append(pull)
        return _shown(pull)

    async def rewrite(self, found: PullRequest, text: str) -> PullRequest:
        return _shown(self._change(found.number, text=text))

    async def mark_ready(self, found: PullRequest) -> PullRequest:
        return _shown(self._change(found.number, draft=False))

    async def newest_of(self, head: str) -> PullState | None:
        return next((pull for pull in reversed(self.pulls) if pull.head == head), None)

    async def pull_request(self, number: int) -> PullState:
        return self.pulls[number - 1]

    async def close(self, number: int) -> None:
        if self.pulls[number - 1].status is PullStatus.OPEN:
            self.close_by_hand(number)

    async def merge(self, number: int, *, sha: str, method: MergeMethod) -> str:
        pull = self.pulls[number - 1]
        if pull.head_sha != sha or pull.status is PullStatus.CLOSED:
            raise ForgeError(Trouble.CONFLICT, "its head is another commit")
        if self.rule is not None:
            raise ForgeError(Trouble.REFUSED, self.rule)
        if pull.status is PullStatus.OPEN:
            self._merge(number)
        return f"merged-{sha}"

    async def merge_when_green(self, number: int, *, sha: str, method: MergeMethod) -> bool:
        if not self.can_schedule or self.checks_of.get(sha) is not ChecksState.PENDING:
            return False
        self.scheduled[number] = sha
        return True

    async def cancel_merge(self, number: int) -> None:
        self.scheduled.pop(number, None)

    async def revert(self, number: int) -> str | None:
        if not self.can_revert:
            return None
        branch = f"revert-{number}"
        self.branches[branch] = "f" * 40
        found = await self.find(branch)
        proposal = Proposal(head=branch, base="trunk", title="Revert", text="", draft=False)
        return (found or await self.open(proposal)).url

    async def checks(self, sha: str) -> Checks:
        state = self.checks_of.get(sha, ChecksState.GREEN)
        failed = (Check("lint", "", "it failed"),) if state is ChecksState.RED else ()
        return Checks(state, failed)

    async def set_status(self, sha: str, status: CommitStatus) -> None:
        self.statuses.append((sha, status))

    async def branch_tip(self, branch: str) -> str | None:
        return self.branches.get(branch)

    async def delete_branch(self, branch: str, *, sha: str) -> bool:
        if self.branches.get(branch) != sha:
            raise ForgeError(Trouble.CONFLICT, "it moved")
        del self.branches[branch]
        return True

    async def comment(self, number: int, text: str) -> Comment:
        comment = Comment(
            id=str(len(self.said)), author="ploeg", text=text, url=f"{URL}/pulls/{number}", created_at=NOW
        )
        self.said.append(comment)
        return comment

    async def comments(self, number: int, since: datetime | None = None) -> Sequence[Comment]:
        return list(self.said)

    async def review(self, number: int, *, sha: str, verdict: Verdict, text: str) -> None:
        made = Review(id="1", author="ploeg", verdict=verdict, text=text, sha=sha, submitted_at=NOW)
        self.handed_in.append(made)

    async def reviews(self, number: int) -> Sequence[Review]:
        return list(self.handed_in)

    async def dispatch_workflow(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        self.dispatched.append((workflow, ref))

    def _merge(self, number: int) -> None:
        sha = self.pulls[number - 1].head_sha
        self.scheduled.pop(number, None)
        self.merged.append((number, sha))
        self.branches["trunk"] = f"merged-{sha}"
        self._change(number, status=PullStatus.MERGED, merged_sha=f"merged-{sha}")

    def _change(self, number: int, **changes: Any) -> PullState:
        changed = replace(self.pulls[number - 1], **changes)
        self.pulls[number - 1] = changed
        return changed


class MemoryForges:
    """The way to it. A fault may stand in the way of the next verb of that name, or with `*` of any."""

    def __init__(self, forge: MemoryForge) -> None:
        self.forge = forge
        #: Of each a verb, and whether the line is cut `before` or `after` it.
        self.cuts: list[tuple[str, str]] = []

    @classmethod
    def to(cls, forge: MemoryForge) -> tuple[MemoryForges, Forges]:
        way = cls(forge)
        return way, cast("Forges", way)

    @asynccontextmanager
    async def on(self, _repo_url: str) -> AsyncIterator[Any]:
        yield _Way(self)


class _Way:
    def __init__(self, way: MemoryForges) -> None:
        self._way = way

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        async def ask(*arguments: Any, **named: Any) -> Any:
            cut = next((each for each in self._way.cuts if each[0] in {verb, "*"}), None)
            if cut is not None:
                self._way.cuts.remove(cut)
            if cut is not None and cut[1] == "before":
                raise ForgeError(Trouble.UNREACHABLE, "the line was cut")
            self._way.forge.on_verb(verb)
            answer = await getattr(self._way.forge, verb)(*arguments, **named)
            if cut is not None:
                raise ForgeError(Trouble.UNREACHABLE, "the line was cut")
            return answer

        return ask


def _shown(pull: PullState) -> PullRequest:
    return PullRequest(number=pull.number, url=pull.url, title=pull.title, text=pull.text, draft=pull.draft)
