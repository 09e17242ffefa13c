"""Whether a job fits before the reset, by what jobs like it took."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.forecast import RUNS_KEPT, PastRun, forecast, remembered
from tests.domain.making import NOW
from tests.domain.test_quota import a_use

HOUR = timedelta(hours=1)


def runs(*shares: float, minutes: float = 30, window: str = "five_hour") -> list[PastRun]:
    return [PastRun(minutes=minutes, quota={window: share}) for share in shares]


@pytest.mark.parametrize(
    ("used", "floor", "fits"),
    [(0.50, 20, True), (0.70, 20, True), (0.71, 20, False), (0.95, 0, False), (0.90, 0, True), (1.0, 0, False)],
)
def test_a_job_fits_where_enough_is_left_besides_the_owner_s_part(used: float, floor: int, fits: bool) -> None:
    found = forecast(runs(0.1, 0.1, 0.1), [a_use(used)], floor, NOW)
    assert found is not None
    assert found.fits is fits


def test_most_runs_count_and_the_odd_expensive_one_does_not() -> None:
    found = forecast(runs(*[0.05] * 9, 0.9), [a_use(0.7)], 20, NOW)
    assert found is not None
    assert (found.fits, found.text) == (True, "fits: 5 % of five_hour is likely used, 10 % is left")


def test_what_a_job_uses_after_the_reset_is_not_counted_before_it() -> None:
    late = a_use(0.75, over=NOW + timedelta(minutes=10))
    found = forecast(runs(0.12, 0.12, 0.12, minutes=60), [late], 20, NOW)
    assert found is not None
    assert found.text == "fits: 2 % of five_hour is likely used, 5 % is left"


def test_the_tightest_window_decides() -> None:
    week = a_use(0.79, window="seven_day", over=NOW + 48 * HOUR)
    past = [PastRun(minutes=30, quota={"five_hour": 0.2, "seven_day": 0.02}) for _ in range(3)]
    found = forecast(past, [a_use(0.1), week], 20, NOW)
    assert found is not None
    assert (found.fits, found.until) == (False, week.over_at)
    assert found.text == "may not fit: 2 % of seven_day is likely used, 1 % is left"


@pytest.mark.parametrize(
    ("past", "use"),
    [
        (runs(0.1, 0.1), a_use(0.9)),
        (runs(0.1, 0.1, 0.1, window="another"), a_use(0.9)),
        (runs(0.1, 0.1, 0.1), a_use(None)),
        (runs(0.1, 0.1, 0.1), a_use(0.9, over=NOW)),
    ],
)
def test_where_little_is_known_nothing_is_foreseen(past: Sequence[PastRun], use: Any) -> None:
    assert forecast(past, [use], 20, NOW) is None


@given(st.lists(st.floats(0, 1), min_size=3, max_size=40), st.floats(0, 1), st.integers(0, 100), st.floats(0, 600))
def test_a_job_that_fits_fits_all_the_more_where_less_is_used(
    shares: list[float], used: float, floor: int, minutes: float
) -> None:
    past = runs(*shares, minutes=minutes)
    before, after = (forecast(past, [a_use(part)], floor, NOW) for part in (used / 2, used))
    assert before is not None
    assert after is not None
    assert before.fits or not after.fits


def test_only_the_last_runs_are_remembered() -> None:
    past: tuple[PastRun, ...] = ()
    for number in range(RUNS_KEPT + 3):
        past = remembered(past, PastRun(minutes=number))
    assert [run.minutes for run in past] == list(range(3, RUNS_KEPT + 3))
