"""A pull request that Ploeg follows: how it stood when its forge was last asked, and when to ask again.

A webhook is only a hint to ask now. What counts is what the forge answers, so a hint may be lost, doubled or forged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from ploeg.domain.delivery import Trouble, delay_after
from ploeg.domain.forge import ChecksState, PullState, PullStatus
from ploeg.domain.ids import DeliveryId, ProductId, PullId

#: How long one look may take; whoever took it owns it for twice as long.
LOOK_SECONDS = 60.0
TAKEN_FOR = timedelta(seconds=2 * LOOK_SECONDS)
_LONGEST_DELAY = timedelta(hours=1)
#: A closed one that might be opened again is looked at this seldom, and this long.
_CLOSED_DELAY = timedelta(days=1)
_CLOSED_FOR = timedelta(days=30)
#: A forge may still be trying whether it can be merged.
_UNSETTLED_DELAY = timedelta(minutes=1)
#: An open one at which nothing happens is looked at less and less, up to the longest delay.
_QUIET = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """One pull request of one repository."""

    id: PullId
    product_id: ProductId
    repo_url: str
    #: What its forge calls it.
    number: int
    #: Its page, for people.
    url: str
    created_at: datetime
    #: The branch of Ploeg's that it shows; None: it is somebody else's, here to be reviewed.
    delivery_id: DeliveryId | None = None
    title: str = ""
    author: str = ""
    #: The branch, the commit that the forge shows for it, and where it is to go; empty until it was looked at.
    branch: str = ""
    head_sha: str = ""
    base: str = ""
    #: None: nobody has looked yet.
    status: PullStatus | None = None
    draft: bool = False
    #: False: it conflicts with its base. None: the forge does not know (yet).
    mergeable: bool | None = None
    checks: ChecksState = ChecksState.NONE
    merged_sha: str | None = None
    looked_at: datetime | None = None
    #: When it last stood otherwise than before.
    changed_at: datetime | None = None
    #: None: it is not looked at any more, unless somebody hints.
    look_at: datetime | None = None
    #: Somebody is looking, and owns it until then.
    held_until: datetime | None = None
    #: How often a look was asked for, and how often somebody took one.
    asked: int = 1
    taken: int = 0
    #: Looks that failed since the last one that did not.
    tries: int = 0
    trouble: Trouble | None = None
    #: The last failure, for people.
    reason: str | None = None
    #: Follow-ups that its remarks became by themselves, since a person last had a word in it.
    rounds: int = 0
    #: Why open remarks do not become a follow-up now, for people.
    waits: str | None = None

    @property
    def open(self) -> bool:
        return self.status is PullStatus.OPEN

    def hint(self, now: datetime) -> Self:
        """Something happened there. A hint while somebody looks counts when they are done."""
        return replace(self, look_at=max(now, self.held_until or now), asked=self.asked + 1)

    def take(self, now: datetime) -> Self:
        """The caller's alone for a while; after that it is due for others."""
        return replace(self, look_at=now + TAKEN_FOR, held_until=now + TAKEN_FOR, taken=self.taken + 1)

    def see(self, tried: Pull, seen: PullState, checks: ChecksState, now: datetime, every: timedelta) -> Self:
        """As the forge showed it to whoever took `tried`; asked for again meanwhile, it is due at once."""
        stands = {
            "url": seen.url,
            "title": seen.title,
            "author": seen.author,
            "branch": seen.head,
            "head_sha": seen.head_sha,
            "base": seen.base,
            "status": seen.status,
            "draft": seen.draft,
            "mergeable": seen.mergeable,
            "merged_sha": seen.merged_sha,
            "checks": checks,
        }
        changed = any(getattr(self, name) != value for name, value in stands.items())
        looked = self.evolve(**stands, looked_at=now, held_until=None, tries=0, trouble=None, reason=None)
        if changed or looked.changed_at is None:
            looked = looked.evolve(changed_at=now)
        due = now if tried.asked != self.asked else looked._next_look(now, every)
        if due is not None and changed and looked.mergeable is False:
            due = min(due, now + _UNSETTLED_DELAY)
        return looked.evolve(look_at=due)

    def fail(self, trouble: Trouble, reason: str, now: datetime, retry_after: float | None, jitter: float) -> Self:
        """To be looked at again later, no earlier than the forge said. One of Ploeg's branches is never given up."""
        tries = self.tries + 1
        gone = trouble is Trouble.NOT_FOUND and self.delivery_id is None
        look_at = None if gone else now + delay_after(tries, retry_after, jitter)
        return self.evolve(look_at=look_at, held_until=None, tries=tries, trouble=trouble, reason=reason)

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def _next_look(self, now: datetime, every: timedelta) -> datetime | None:
        quiet = now - (self.changed_at or now)
        match self.status:
            case PullStatus.OPEN if self.delivery_id is not None:
                return now + max(every, min(_LONGEST_DELAY, quiet / _QUIET))
            case PullStatus.CLOSED if self.delivery_id is not None and quiet < _CLOSED_FOR:
                return now + _CLOSED_DELAY
            case _:
                return None
