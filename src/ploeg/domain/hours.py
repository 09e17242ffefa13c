"""Active hours: the times of a week at which work may begin, by the clocks of a time zone.

Written as windows, e.g. `22:00-07:00` or `mon-fri 22:00-07:00, sat sun 00:00-24:00`. One that ends before it begins
ends on the next day. What the clocks show decides: an hour that a zone leaves out is not there, and one that it
repeats counts twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ploeg.domain.errors import Invalid

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES = 24 * 60
TEXT_MAX = 400
#: Windows repeat each week; a day more, since one may have begun the day before.
HORIZON = timedelta(days=8)

_REMEDY = "write windows such as «22:00-07:00» or «mon-fri 22:00-07:00, sat sun 00:00-24:00»"
_TIMES = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_DAY_SPAN = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?")


@dataclass(frozen=True, slots=True)
class Window:
    """From minute `start` of each of these days (0 is Monday) to minute `end`, of the next day if that is not later."""

    days: frozenset[int]
    start: int
    end: int

    def holds(self, weekday: int, minute: int) -> bool:
        if self.start < self.end:
            return weekday in self.days and self.start <= minute < self.end
        return (weekday in self.days and minute >= self.start) or ((weekday - 1) % 7 in self.days and minute < self.end)


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to, but not including, `end`; both in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveHours:
    #: As a person wrote them.
    windows: str
    #: A name of the IANA database, e.g. `Europe/Amsterdam`.
    time_zone: str

    @classmethod
    def of(cls, windows: str, time_zone: str) -> ActiveHours:
        """`Invalid` when the windows cannot be read, leave no time or all of it, or the zone is unknown."""
        made = cls(windows=" ".join(windows.split()), time_zone=time_zone)
        zone_named(time_zone)
        covered = {minute for minute in range(7 * MINUTES) if _shows(_windows(made.windows), minute)}
        if len(covered) == 7 * MINUTES:
            raise Invalid("active_hours", windows, "that is always; leave them out instead")
        return made

    def open_at(self, moment: datetime) -> bool:
        local = moment.astimezone(zone_named(self.time_zone))
        return _open(_windows(self.windows), local)

    def span_from(self, moment: datetime) -> Span:
        """The open time that holds `moment`, from then on; else the next one after it."""
        start = moment if self.open_at(moment) else self._change(moment, opens=True)
        return Span(start, self._change(start, opens=False))

    def _change(self, moment: datetime, *, opens: bool) -> datetime:
        """The first moment after that one at which it opens, or closes."""
        zone, windows = zone_named(self.time_zone), _windows(self.windows)
        for instant in _turning_points(windows, zone, moment):
            if _open(windows, instant.astimezone(zone)) is opens:
                return instant
        return moment + HORIZON

    def __str__(self) -> str:
        return f"{self.windows} {self.time_zone}"


@lru_cache(maxsize=64)
def zone_named(name: str) -> ZoneInfo:
    """`Invalid` for a name that the time zone database does not have."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Invalid("time_zone", name, "give a name such as Europe/Amsterdam or UTC") from None


@lru_cache(maxsize=256)
def _windows(text: str) -> tuple[Window, ...]:
    if len(text) > TEXT_MAX:
        raise Invalid("active_hours", text, f"use at most {TEXT_MAX} characters")
    return tuple(_window(part.lower().split(), text) for part in re.split("[,;]", text))


def _window(words: list[str], text: str) -> Window:
    times = _TIMES.fullmatch(words[-1]) if words else None
    if times is None:
        raise Invalid("active_hours", text, _REMEDY)
    start, end = _minute(times[1], times[2], text), _minute(times[3], times[4], text)
    if start in {end, MINUTES}:
        raise Invalid("active_hours", text, "a window has a beginning and another end; a whole day is 00:00-24:00")
    days = frozenset(day for word in words[:-1] for day in _days(word, text)) or frozenset(range(7))
    return Window(days, start, end)


def _minute(hours: str, minutes: str, text: str) -> int:
    minute = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or minute > MINUTES:
        raise Invalid("active_hours", text, "times go from 00:00 to 24:00")
    return minute


def _days(word: str, text: str) -> Iterable[int]:
    span = _DAY_SPAN.fullmatch(word)
    first, last = (span[1], span[2] or span[1]) if span is not None else ("", "")
    if first not in DAYS or last not in DAYS:
        raise Invalid("active_hours", text, f"days are {', '.join(DAYS)}, and spans of them such as mon-fri")
    begin = DAYS.index(first)
    return ((begin + step) % 7 for step in range((DAYS.index(last) - begin) % 7 + 1))


def _open(windows: tuple[Window, ...], local: datetime) -> bool:
    minute = local.hour * 60 + local.minute
    return any(window.holds(local.weekday(), minute) for window in windows)


def _shows(windows: tuple[Window, ...], minute_of_week: int) -> bool:
    weekday, minute = divmod(minute_of_week, MINUTES)
    return any(window.holds(weekday, minute) for window in windows)


def _turning_points(windows: tuple[Window, ...], zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Every moment within the horizon at which the windows may open or close, in order."""
    today = after.astimezone(zone).date() - timedelta(days=1)
    marks = sorted({mark % MINUTES for window in windows for mark in (window.start, window.end)})
    for day in (today + timedelta(days=n) for n in range(HORIZON.days + 2)):
        found = {instant for mark in marks for instant in _instants(day, mark, zone)} | set(_shifts(day, zone))
        yield from sorted(instant for instant in found if instant > after)


def _instants(day: date, minute: int, zone: ZoneInfo) -> Iterator[datetime]:
    """When the clocks show that minute: once, twice where an hour is repeated."""
    shown = datetime.combine(day, time(minute // 60, minute % 60))
    for fold in (0, 1):
        yield shown.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _shifts(day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """When the clocks are put forward or back on that day."""
    low, high = (datetime.combine(d, time(), zone).astimezone(UTC) for d in (day, day + timedelta(days=1)))
    offset = low.astimezone(zone).utcoffset()
    if high.astimezone(zone).utcoffset() == offset:
        return
    while high - low > timedelta(minutes=1):
        middle = low + timedelta(minutes=(high - low) // timedelta(minutes=2))
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == offset else (low, middle)
    yield high
