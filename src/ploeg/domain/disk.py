"""A worker's disk: what lies on it, what it may hold, and when it will be full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: Shorter than this, what was measured says nothing about how the disk fills.
SHORTEST_TREND = timedelta(hours=1)
#: A forecast further ahead than this is none.
FURTHEST_FORECAST = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskUse:
    """How a worker's disk stood when it was last weighed. Sizes are bytes."""

    at: datetime
    #: What the disk still has for anybody, and what it holds in all.
    free: int
    size: int
    #: What the worker's home holds, by part, e.g. `mirrors`.
    parts: Mapping[str, int] = field(default_factory=dict)
    #: What the home may hold; None is as much as the disk has.
    budget: int | None = None
    #: When the budget or the disk is full, if it goes on as it did; None when it does not grow.
    full_at: datetime | None = None
    #: Why the worker takes no more jobs, or soon will not; None while there is room.
    low: str | None = None

    @property
    def used(self) -> int:
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskLimits:
    """What the settings allow."""

    #: Bytes that the home may hold; None is as much as the disk has.
    budget: int | None
    #: Bytes that stay free on the disk for everybody.
    keep_free: int

    def room(self, used: int, free: int) -> int:
        """How many bytes more the home may take; below zero: how many must go."""
        left = free - self.keep_free
        return left if self.budget is None else min(left, self.budget - used)

    def why_low(self, used: int, free: int) -> str | None:
        """What is passed, in words; None while there is room."""
        if self.budget is not None and used > self.budget:
            return f"{megabytes(used)} are used of a budget of {megabytes(self.budget)}"
        if free < self.keep_free:
            return f"{megabytes(free)} are free on the disk; {megabytes(self.keep_free)} are to stay free"
        return None


@dataclass(frozen=True, slots=True)
class Weighing:
    """One point of the past: how much more the home could take then."""

    at: datetime
    room: int


def full_at(past: Sequence[Weighing]) -> datetime | None:
    """When there is no room left, on the straight line through what was weighed; None when that does not come."""
    if len(past) < 2 or past[-1].at - past[0].at < SHORTEST_TREND:
        return None
    origin = past[-1].at
    points = [((each.at - origin).total_seconds(), each.room) for each in past]
    slope = _slope(points)
    last = past[-1].room
    if slope >= 0:
        return None
    left = timedelta(seconds=min(max(last, 0) / -slope, FURTHEST_FORECAST.total_seconds() + 1))
    return origin + left if left <= FURTHEST_FORECAST else None


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the line of least squares, bytes a second."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def megabytes(count: int) -> str:
    """As people read sizes: `640 MB`, `12.5 GB`."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
