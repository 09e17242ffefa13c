"""Budgets in money and tokens: of a job, of a product each month, of the installation each day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ploeg.domain.attempt import Usage

#: Money is added up in millionths of a dollar: sums of fractions drift.
MICRO = 1_000_000


class Period(StrEnum):
    DAY = "day"
    MONTH = "month"

    def key(self, now: datetime, zone: ZoneInfo) -> str:
        """The name of the period that holds now on the clocks of that zone: `2026-11-22` or `2026-11`."""
        today = now.astimezone(zone).date().isoformat()
        return today if self is Period.DAY else today[:7]

    def end(self, now: datetime, zone: ZoneInfo) -> datetime:
        """When the next one begins."""
        today = now.astimezone(zone).date()
        first = today + timedelta(days=1) if self is Period.DAY else _next_month(today)
        return datetime.combine(first, time(), zone).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Money as runtimes tell it, and tokens of every kind."""

    micro_usd: int = 0
    tokens: int = 0

    @classmethod
    def by(cls, usage: Usage) -> Spent:
        """Unknown money is none: the tokens count all the same."""
        return cls(micro_usd=round((usage.cost_usd or 0.0) * MICRO), tokens=usage.tokens)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(micro_usd=self.micro_usd - other.micro_usd, tokens=self.tokens - other.tokens)

    def __add__(self, other: Spent) -> Spent:
        return Spent(micro_usd=self.micro_usd + other.micro_usd, tokens=self.tokens + other.tokens)

    @property
    def cost_usd(self) -> float:
        return self.micro_usd / MICRO


@dataclass(frozen=True, slots=True)
class Reached:
    """A limit that is used up, in words."""

    used: str
    limit: str

    def __str__(self) -> str:
        return f"{self.used} of {self.limit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """None is no limit."""

    max_cost_usd: float | None = None
    max_tokens: int | None = None

    def __bool__(self) -> bool:
        return self.max_cost_usd is not None or self.max_tokens is not None

    def reached(self, spent: Spent) -> Reached | None:
        """Which limit is used up; None while there is something left of both."""
        if self.max_cost_usd is not None and spent.micro_usd >= round(self.max_cost_usd * MICRO):
            return Reached(f"${spent.cost_usd:.2f}", f"${self.max_cost_usd:.2f}")
        if self.max_tokens is not None and spent.tokens >= self.max_tokens:
            return Reached(f"{spent.tokens:,} tokens", f"{self.max_tokens:,} tokens")
        return None


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
