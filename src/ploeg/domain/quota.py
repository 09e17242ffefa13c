"""Quota windows of a worker's accounts, and the part of each that is kept for the worker's owner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ploeg.domain.account import Seat

#: Windows of one worker that are remembered.
WINDOWS_MAX = 64
#: Wait after a quota wall whose reset the runtime did not name, or that has passed already.
QUOTA_WAIT_UNNAMED = timedelta(minutes=30)
QUOTA_WAIT_LEAST = timedelta(minutes=1)
#: No window is as long as this: a reset further off is not believed.
LONGEST_WINDOW = timedelta(days=40)
#: A worker goes on a little after a reset, each at another moment: up to this part of the wait, and up to this long.
JITTER_SHARE = 0.05
JITTER_MAX = timedelta(minutes=1)
#: How a window goes is kept no closer than this, unless its status changed.
KEPT_EVERY = timedelta(minutes=1)
#: A window that hardly moves is kept this often.
KEPT_AT_LEAST_EVERY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUse:
    """How one window stood when a runtime's own events last told of it."""

    runtime: str
    account: str = ""
    #: e.g. `five_hour`, `seven_day`.
    window: str
    #: `allowed`, `allowed_warning` or `rejected`.
    status: str
    #: 0 to 1; None when not said.
    utilization: float | None = None
    resets_at: datetime | None = None
    seen_at: datetime
    #: From then on it says nothing any more.
    over_at: datetime

    @property
    def seat(self) -> Seat:
        return Seat(self.runtime, self.account)

    @property
    def used_pct(self) -> float | None:
        """Per cent; a window that refuses is used up, whatever its numbers."""
        if self.status == "rejected":
            return 100.0
        return None if self.utilization is None else round(self.utilization * 100, 6)

    def below(self, floor_pct: int, now: datetime) -> bool:
        """Less than the floor is left of it now. A floor of 0 keeps nothing."""
        used = self.used_pct
        return floor_pct > 0 and now < self.over_at and used is not None and used > 100 - floor_pct

    def why_below(self, floor_pct: int) -> str:
        return f"{self.used_pct:.0f} % of the quota {self.window} is used; {floor_pct} % is kept for the worker's owner"


def over_at(resets_at: datetime | None, now: datetime, jitter: float) -> datetime:
    """When what was told now about a window is over: a little behind its reset. `jitter` lies in [0, 1)."""
    if resets_at is None or resets_at > now + LONGEST_WINDOW:
        return now + QUOTA_WAIT_UNNAMED
    wait = max(resets_at - now, timedelta())
    return resets_at + min(wait * JITTER_SHARE, JITTER_MAX) * jitter


def open_again_at(resets_at: datetime | None, now: datetime, jitter: float) -> datetime:
    """When to try again what ran into a wall now: never at once, even if clocks that differ call its reset past."""
    over = over_at(resets_at, now, jitter)
    return over if over > now else now + QUOTA_WAIT_LEAST


def worth_keeping(before: QuotaUse | None, told: QuotaUse) -> bool:
    """It says more of how the window goes than what was kept last."""
    if before is None or (before.status, before.resets_at) != (told.status, told.resets_at):
        return True
    passed = told.seen_at - before.seen_at
    moved = round((told.utilization or 0.0) * 100) != round((before.utilization or 0.0) * 100)
    return passed >= (KEPT_EVERY if moved else KEPT_AT_LEAST_EVERY)


def latest(known: Iterable[QuotaUse], told: Iterable[QuotaUse]) -> tuple[QuotaUse, ...]:
    """Each window as it was last told, the newest first."""
    by_window: dict[tuple[Seat, str], QuotaUse] = {}
    for use in (*known, *told):
        window = use.seat, use.window
        by_window[window] = _with_its_number(use, by_window.get(window))
    return tuple(sorted(by_window.values(), key=lambda use: use.seen_at, reverse=True)[:WINDOWS_MAX])


def _with_its_number(told: QuotaUse, before: QuotaUse | None) -> QuotaUse:
    """A runtime does not say each time how far a window is used: until its reset the last number stands."""
    if told.utilization is not None or before is None or before.resets_at != told.resets_at:
        return told
    return replace(told, utilization=before.utilization)
