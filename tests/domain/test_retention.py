from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.retention import Retention

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
YEAR = [NOON - timedelta(days=n) for n in range(365)]


def test_a_year_of_nightly_copies_leaves_days_weeks_and_months() -> None:
    kept = sorted(Retention(daily=7, weekly=4, monthly=6).kept(YEAR), reverse=True)
    assert kept[:7] == YEAR[:7]
    assert len(kept) <= 7 + 4 + 6
    assert {(m.year, m.month) for m in kept} == {(2026, month) for month in range(6, 12)}


def test_of_one_day_the_newest_copy_stays() -> None:
    hours = [NOON - timedelta(hours=n) for n in range(10)]
    assert Retention(daily=1, weekly=0, monthly=0).kept(hours) == {NOON}


def test_the_newest_copy_stays_whatever_the_settings_say() -> None:
    assert Retention(daily=0, weekly=0, monthly=0).kept(YEAR) == {NOON}


def test_a_gap_in_the_copies_costs_no_copy() -> None:
    old = [NOON - timedelta(days=100 + n) for n in range(3)]
    assert Retention(daily=3, weekly=0, monthly=0).kept(old) == set(old)


@given(st.lists(st.datetimes(timezones=st.just(UTC)), max_size=60))
def test_what_is_kept_is_kept_again(moments: list[datetime]) -> None:
    retention = Retention()
    kept = retention.kept(moments)
    assert kept <= set(moments)
    assert retention.kept(kept) == kept
