"""For how long things are kept, and which of many copies, made one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """For how long, and how much. None is for ever, and without a limit."""

    compress_after: timedelta | None = None
    keep: timedelta | None = None
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The newest copy of each of the last days, weeks and months that have one; the newest of all whatever it says."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 6

    def kept(self, moments: Iterable[datetime]) -> set[datetime]:
        newest_first = sorted(set(moments), reverse=True)
        kept = set(newest_first[:1])
        for count, period in ((self.daily, _day), (self.weekly, _week), (self.monthly, _month)):
            kept |= set(_newest_of_each(newest_first, period)[:count])
        return kept


def _newest_of_each(newest_first: list[datetime], period: Callable[[datetime], object]) -> list[datetime]:
    found: dict[object, datetime] = {}
    for moment in newest_first:
        found.setdefault(period(moment), moment)
    return list(found.values())


def _day(moment: datetime) -> date:
    return moment.date()


def _week(moment: datetime) -> tuple[int, int]:
    year, week, _ = moment.isocalendar()
    return year, week


def _month(moment: datetime) -> tuple[int, int]:
    return moment.year, moment.month
