"""What is asked of a forge beyond a branch's pull request: one deed, done once, tried until it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, Self

from ploeg.domain.delivery import MAX_TRIES, TAKEN_FOR, Trouble, delay_after
from ploeg.domain.ids import ForgeActionId, JobId, ProductId, SprintRunId, StoryId

#: How long something may wait for checks, reviews or people before it is given up.
WAITS_FOR = timedelta(days=7)
_FIRST_LOOK = timedelta(seconds=15)
_LONGEST_LOOK = timedelta(minutes=5)
_SETTLED = "settled"
#: What only people can mend is not tried all day long.
_TRIES = {Trouble.REFUSED: 5, Trouble.NOT_FOUND: 5, Trouble.CONFLICT: 5}


class Deed(StrEnum):
    #: Says of a commit what was verified on it.
    STATUS = "status"
    #: Writes at a pull request.
    COMMENT = "comment"
    #: Hands in a review of one commit.
    REVIEW = "review"
    #: Merges a branch's pull request, while its head is that very commit.
    MERGE = "merge"
    #: Closes a branch's pull request; where it is merged, opens the one that takes it back.
    WITHDRAW = "withdraw"
    #: Deletes a branch whose tip a pull request keeps.
    DELETE_BRANCH = "delete_branch"
    #: Starts the workflow that publishes the product elsewhere.
    PROMOTE = "promote"


ActionState = Literal["pending", "done", "failed", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeAction:
    """One deed at one repository. Of those with the same key there is one in a product, however often it is asked."""

    id: ForgeActionId
    product_id: ProductId
    repo_url: str
    deed: Deed
    key: str
    created_at: datetime
    #: Who wanted it, as events name people and jobs.
    actor: str
    #: The pull request, where its number is known; else it is found by its branch.
    number: int | None = None
    branch: str | None = None
    #: The commit that it is about. A pull request with another head is left alone.
    sha: str | None = None
    #: What else the deed needs; which, says `control/publishing/actions.py`.
    content: Mapping[str, Any] = field(default_factory=dict)
    job_id: JobId | None = None
    story_id: StoryId | None = None
    sprint_run_id: SprintRunId | None = None
    #: None: it is settled.
    due_at: datetime | None = None
    #: Somebody is at it, and owns it until then.
    held_until: datetime | None = None
    taken: int = 0
    #: Tries that failed, and looks that found it was not time yet.
    tries: int = 0
    looks: int = 0
    trouble: Trouble | None = None
    #: Why it failed, waits or was dropped, for people.
    reason: str | None = None
    #: The forge does it by itself as soon as it may.
    scheduled: bool = False
    #: It waits for people, and lets others go first.
    aside: bool = False
    #: A page or a commit: what came of it.
    result: str | None = None
    done_at: datetime | None = None

    @property
    def settled(self) -> int:
        """How many times somebody had set about it when it was asked anew."""
        return int(self.content.get(_SETTLED, 0))

    @property
    def state(self) -> ActionState:
        if self.due_at is not None:
            return "pending"
        if self.done_at is not None:
            return "done"
        return "failed" if self.trouble is not None else "dropped"

    def take(self, now: datetime) -> Self:
        """The caller's alone for a while; after that it is due for others."""
        return replace(self, due_at=now + TAKEN_FOR, held_until=now + TAKEN_FOR, taken=self.taken + 1)

    def do(self, result: str | None, now: datetime) -> Self:
        return self._settled(result=result, done_at=now, trouble=None, reason=None)

    def wait(self, reason: str, now: datetime, *, scheduled: bool = False, aside: bool = False) -> Self:
        """It is not time yet: looked at again, ever less often, and given up when it took too long."""
        if now - self.created_at >= WAITS_FOR:
            return self._settled(trouble=Trouble.REFUSED, reason=f"given up after {WAITS_FOR.days} days: {reason}")
        delay = min(_LONGEST_LOOK, _FIRST_LOOK * 2 ** min(self.looks, 8))
        return replace(
            self,
            due_at=now + delay,
            held_until=None,
            looks=self.looks + 1,
            scheduled=scheduled,
            aside=aside,
            trouble=None,
            reason=reason,
        )

    def fail(self, trouble: Trouble, reason: str, now: datetime, retry_after: float | None, jitter: float) -> Self:
        """To be tried again later, no earlier than the forge said; given up after a while."""
        tries = self.tries + 1
        if tries >= _TRIES.get(trouble, MAX_TRIES):
            return self._settled(tries=tries, trouble=trouble, reason=reason)
        due_at = now + delay_after(tries, retry_after, jitter)
        return replace(self, due_at=due_at, held_until=None, tries=tries, trouble=trouble, reason=reason)

    def give_up(self, trouble: Trouble, reason: str) -> Self:
        """Trying again would not help."""
        return self._settled(tries=self.tries + 1, trouble=trouble, reason=reason)

    def drop(self, reason: str) -> Self:
        """Nobody wants it any longer."""
        return self._settled(trouble=None, reason=reason)

    def look_again(self, now: datetime) -> Self:
        """Something changed that it may wait for. Whoever is at it comes first."""
        return self if self.due_at is None else replace(self, due_at=max(now, self.held_until or now), looks=0)

    def retry(self, now: datetime) -> Self:
        """Asked anew, whatever became of it before."""
        content = {**self.content, _SETTLED: self.taken}
        return replace(self, content=content, created_at=now, due_at=now, tries=0, looks=0, trouble=None, reason=None)

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def _settled(self, **changes: Any) -> Self:
        return replace(self, due_at=None, held_until=None, scheduled=False, **changes)
