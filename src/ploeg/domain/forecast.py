"""Whether a job fits into what is left of an account's quota, by what jobs like it took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ploeg.domain.quota import QuotaUse

#: Runs that are remembered of each kind of job; older ones say less of what the next one takes.
RUNS_KEPT = 30
#: Fewer say nothing.
RUNS_NEEDED = 3
#: What is foreseen is as much as this part of the runs stayed within.
MOST = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """What one attempt took that did what it was for."""

    minutes: float
    #: Of each quota window, by its name: the part that was used up meanwhile, 0 to 1.
    quota: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What the next job like these is foreseen to need of one account."""

    fits: bool
    #: For people: of the window that is tightest.
    text: str
    #: When that window is over, and there is a new forecast.
    until: datetime


def forecast(runs: Sequence[PastRun], uses: Iterable[QuotaUse], floor_pct: int, now: datetime) -> Forecast | None:
    """None where the runs or the windows say too little. What is kept for the account's owner is not left."""
    if len(runs) < RUNS_NEEDED:
        return None
    lasts = timedelta(minutes=_most([run.minutes for run in runs]))
    found = (_within(runs, use, floor_pct, now, lasts) for use in uses)
    margins = [margin for margin in found if margin is not None]
    return min(margins, key=lambda margin: margin[0])[1] if margins else None


def remembered(runs: Sequence[PastRun], fresh: PastRun) -> tuple[PastRun, ...]:
    return (*runs, fresh)[-RUNS_KEPT:]


def _within(
    runs: Sequence[PastRun], use: QuotaUse, floor_pct: int, now: datetime, lasts: timedelta
) -> tuple[float, Forecast] | None:
    """How much of that window would be left, and that in words."""
    shares = [run.quota[use.window] for run in runs if use.window in run.quota]
    if len(shares) < RUNS_NEEDED or use.used_pct is None or now >= use.over_at:
        return None
    before_reset = min((use.over_at - now) / lasts, 1.0) if lasts else 1.0
    needed, left = _most(shares) * before_reset * 100, max(100 - floor_pct - use.used_pct, 0.0)
    fits = needed <= left
    text = f"{'fits' if fits else 'may not fit'}: {needed:.0f} % of {use.window} is likely used, {left:.0f} % is left"
    return left - needed, Forecast(fits=fits, text=text, until=use.over_at)


def _most(values: Sequence[float]) -> float:
    """What `MOST` of them stay within."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * MOST), len(ordered) - 1)]
