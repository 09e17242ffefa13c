"""Budgets: what is spent against what may be, and when a period begins anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.attempt import Usage
from ploeg.domain.budget import MICRO, Budget, Period, Spent
from ploeg.domain.limits import Limits

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("budget", "spent", "reached"),
    [
        (Budget(), Spent(micro_usd=10**12, tokens=10**12), None),
        (Budget(max_cost_usd=2.5), Spent(micro_usd=2_499_999), None),
        (Budget(max_cost_usd=2.5), Spent(micro_usd=2_500_000), "$2.50 of $2.50"),
        (Budget(max_cost_usd=2.5, max_tokens=1000), Spent(tokens=1000), "1,000 tokens of 1,000 tokens"),
        (Budget(max_tokens=1000), Spent(micro_usd=10**9, tokens=999), None),
    ],
)
def test_a_budget_is_reached_when_a_limit_is_used_up(budget: Budget, spent: Spent, reached: str | None) -> None:
    found = budget.reached(spent)
    assert (str(found) if found is not None else None) == reached


def test_what_is_left_is_never_below_nothing() -> None:
    left = Limits(max_cost_usd=1.0, max_tokens=100).less(Spent(micro_usd=3 * MICRO, tokens=40))
    assert left.budget == Budget(max_cost_usd=0.0, max_tokens=60)
    assert Limits().less(Spent(tokens=7)) == Limits()


def test_tokens_of_every_kind_count_and_unknown_money_is_none() -> None:
    usage = Usage(input_tokens=1, output_tokens=2, cache_read_tokens=4, cache_write_tokens=8)
    assert Spent.by(usage) == Spent(tokens=15)
    assert Spent.by(Usage(cost_usd=0.1)).micro_usd == 100_000


@given(st.lists(st.floats(0, 10), max_size=30))
def test_differences_add_up_to_the_whole(costs: list[float]) -> None:
    total, before = Spent(), Spent()
    for cost in costs:
        now = Spent.by(Usage(cost_usd=cost))
        total, before = total + (now - before), now
    assert total == before


def test_periods_go_by_the_clocks_of_the_zone() -> None:
    late = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    assert Period.DAY.key(late, AMSTERDAM) == "2026-11-01"
    assert Period.MONTH.key(late, AMSTERDAM) == "2026-11"
    assert Period.MONTH.key(late, ZoneInfo("UTC")) == "2026-10"
    assert Period.MONTH.end(late, AMSTERDAM) == datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert Period.DAY.end(datetime(2026, 10, 24, 23, tzinfo=UTC), AMSTERDAM) == datetime(2026, 10, 25, 23, tzinfo=UTC)


@given(MOMENTS, st.sampled_from(list(Period)), st.sampled_from([AMSTERDAM, ZoneInfo("America/Los_Angeles")]))
def test_a_period_ends_exactly_where_the_next_begins(now: datetime, period: Period, zone: ZoneInfo) -> None:
    end = period.end(now, zone)
    assert end > now
    assert period.key(end, zone) != period.key(now, zone)
    assert period.key(end - timedelta(microseconds=1), zone) == period.key(now, zone)
