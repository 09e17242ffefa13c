"""The part of a quota window that a worker's owner keeps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.quota import JITTER_MAX, LONGEST_WINDOW, WINDOWS_MAX, QuotaUse, latest, over_at
from ploeg.domain.retry import QUOTA_WAIT_UNNAMED
from ploeg.domain.worker import RuntimeBlock
from tests.domain.making import NOW
from tests.domain.test_worker import a_worker

HOUR = timedelta(hours=1)


def a_use(used: float | None = 0.83, *, over: datetime = NOW + HOUR, **more: Any) -> QuotaUse:
    fields = {"runtime": "claude", "window": "five_hour", "status": "allowed", "seen_at": NOW, **more}
    return QuotaUse(utilization=used, over_at=over, **fields)


@pytest.mark.parametrize(
    ("used", "floor_pct", "below"),
    [
        (0.80, 20, False),
        (0.801, 20, True),
        (0.56, 44, False),
        (0.0, 100, False),
        (0.01, 100, True),
        (1.0, 0, False),
        (1.2, 0, False),
        (1.0, 1, True),
        (None, 20, False),
    ],
)
def test_less_than_the_floor_is_left(used: float | None, floor_pct: int, below: bool) -> None:
    assert a_use(used).below(floor_pct, NOW) is below


def test_a_window_that_refuses_is_used_up_whatever_its_numbers() -> None:
    assert a_use(None, status="rejected").below(1, NOW)
    assert not a_use(None, status="rejected").below(0, NOW)


def test_a_window_whose_reset_has_passed_counts_for_nothing() -> None:
    assert not a_use(0.99).below(20, NOW + HOUR)


def test_a_runtime_below_the_floor_is_not_offered_until_its_window_is_over() -> None:
    worker = a_worker().evolve(quota=(a_use(0.83),))
    assert worker.offered(NOW, 20) == ("patch",)
    assert worker.offered(NOW, 10) == ("claude", "patch")
    assert worker.offered(NOW + HOUR, 20) == ("claude", "patch")
    block = worker.blocks(NOW, 20)["claude"]
    assert block.until == NOW + HOUR
    assert block.reason == "83 % of the quota five_hour is used; 20 % is kept for the worker's owner"


def test_of_several_windows_and_walls_the_longest_holds() -> None:
    week = a_use(0.9, window="seven_day", over=NOW + 5 * HOUR)
    worker = a_worker(claude=RuntimeBlock(reason="wall", until=NOW + 3 * HOUR)).evolve(quota=(week, a_use(0.9)))
    assert worker.blocks(NOW, 20)["claude"].until == NOW + 5 * HOUR
    assert worker.blocks(NOW, 0)["claude"].reason == "wall"
    signed_out = worker.evolve(runtime_blocks={"claude": RuntimeBlock(reason="401", sign_in=True)})
    assert signed_out.blocks(NOW, 20)["claude"].sign_in


@given(st.timedeltas(timedelta(), LONGEST_WINDOW), st.floats(0, 1, exclude_max=True))
def test_a_stand_by_is_never_shorter_than_the_reset(wait: timedelta, jitter: float) -> None:
    assert NOW + wait <= over_at(NOW + wait, NOW, jitter) <= NOW + wait + JITTER_MAX


@pytest.mark.parametrize("reset", [None, NOW + LONGEST_WINDOW + HOUR, datetime.max.replace(tzinfo=NOW.tzinfo)])
def test_a_reset_that_is_not_named_or_not_believed_is_looked_at_again(reset: datetime | None) -> None:
    assert over_at(reset, NOW, 0.5) == NOW + QUOTA_WAIT_UNNAMED


def test_a_reset_that_has_passed_is_over() -> None:
    assert over_at(NOW - HOUR, NOW, 0.9) == NOW - HOUR


def test_each_window_is_known_as_it_was_last_told() -> None:
    known = (a_use(0.5), a_use(0.4, window="seven_day"))
    fresh = a_use(0.6, seen_at=NOW + HOUR)
    assert latest(known, [fresh]) == (fresh, known[1])
    assert latest([fresh], [a_use(None)])[0].utilization == 0.6
    assert latest([fresh], [a_use(None, resets_at=NOW)])[0].utilization is None
    many = [a_use(window=f"window {n}") for n in range(WINDOWS_MAX + 5)]
    assert len(latest((), many)) == WINDOWS_MAX
