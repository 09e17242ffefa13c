"""What is owed to a forge: one branch's pull request, tried until it stands there as it should."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, Self

from ploeg.domain.ids import DeliveryId, JobId, ProductId, SprintRunId, StoryId

#: How long one try may take; whoever took a delivery owns it for twice as long.
TRY_SECONDS = 60.0
TAKEN_FOR = timedelta(seconds=2 * TRY_SECONDS)
#: Tries of one asking, which the delays below spread over the better part of a day.
MAX_TRIES = 24
_FIRST_DELAY = timedelta(seconds=10)
_LONGEST_DELAY = timedelta(hours=1)


class Trouble(StrEnum):
    """Why a forge did not do what it was asked, whichever forge it is."""

    NO_CREDENTIALS = "no_credentials"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The pull request of one branch of one repository: what is asked of it, and how far that is."""

    id: DeliveryId
    product_id: ProductId
    repo_url: str
    branch: str
    created_at: datetime
    #: The job that landed on the branch last.
    job_id: JobId
    #: The commit that it pushed.
    head_sha: str
    #: What the branch is for: a run of a sprint, or else a story.
    story_id: StoryId | None = None
    sprint_run_id: SprintRunId | None = None
    #: None: nothing is owed, or it was given up.
    due_at: datetime | None = None
    #: Somebody is at it, and owns it until then.
    held_until: datetime | None = None
    #: How often something was asked, and how often somebody set about it.
    asked: int = 1
    taken: int = 0
    #: Tries that failed since it was asked last.
    tries: int = 0
    trouble: Trouble | None = None
    #: The last failure, for people.
    reason: str | None = None
    pr_url: str | None = None
    #: The commit that the pull request is known to show.
    delivered_sha: str | None = None
    delivered_at: datetime | None = None

    @property
    def state(self) -> Literal["open", "pending", "failed"]:
        """`open`, `pending`, or `failed` when it was given up."""
        if self.due_at is not None:
            return "pending"
        return "failed" if self.trouble is not None else "open"

    def ask(self, now: datetime) -> Self:
        """Something changed that the pull request should show. Whoever is at it comes first."""
        return replace(self, due_at=max(now, self.held_until or now), asked=self.asked + 1, tries=0)

    def take(self, now: datetime) -> Self:
        """The caller's alone for a while; after that it is due for others."""
        return replace(self, due_at=now + TAKEN_FOR, held_until=now + TAKEN_FOR, taken=self.taken + 1)

    def deliver(self, tried: Delivery, pr_url: str | None, now: datetime) -> Self:
        """The forge shows what was asked when `tried` was taken; what was asked since is still due."""
        due_at = None if tried.asked == self.asked else now
        return replace(
            self,
            due_at=due_at,
            held_until=None,
            tries=0,
            trouble=None,
            reason=None,
            pr_url=pr_url or self.pr_url,
            delivered_sha=tried.head_sha,
            delivered_at=now,
        )

    def fail(self, trouble: Trouble, reason: str, now: datetime, retry_after: float | None, jitter: float) -> Self:
        """To be tried again later, no earlier than the forge said; given up after `MAX_TRIES`."""
        tries = self.tries + 1
        due_at = now + delay_after(tries, retry_after, jitter) if tries < MAX_TRIES else None
        return replace(self, due_at=due_at, held_until=None, tries=tries, trouble=trouble, reason=reason)

    def drop(self) -> Self:
        """Nothing is owed any longer."""
        return replace(self, due_at=None, held_until=None, trouble=None, reason=None)

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)


def delay_after(tries: int, retry_after: float | None, jitter: float) -> timedelta:
    """Until the next try, after that many have failed: no shorter than the seconds that the forge said.

    `jitter`, from 0 to 1, lengthens it by up to a fifth.
    """
    doubled: int = 2 ** min(tries - 1, 12)
    delay = min(_LONGEST_DELAY, _FIRST_DELAY * doubled) * (1 + 0.2 * jitter)
    return delay if retry_after is None else max(delay, timedelta(seconds=min(retry_after, 86_400.0)))
