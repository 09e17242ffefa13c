"""The part of a quota window that a worker's owner keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.account import Account, Seat
from ploeg.domain.quota import (
    JITTER_MAX,
    KEPT_AT_LEAST_EVERY,
    KEPT_EVERY,
    LONGEST_WINDOW,
    QUOTA_WAIT_LEAST,
    QUOTA_WAIT_UNNAMED,
    WINDOWS_MAX,
    QuotaUse,
    latest,
    open_again_at,
    over_at,
    worth_keeping,
)
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


def test_a_runtime_stands_by_only_when_all_its_accounts_do() -> None:
    accounts = (Account(runtime="claude", name="main"), Account(runtime="claude", name="spare"))
    main = a_use(0.9, account="main", over=NOW + 3 * HOUR)
    worker = a_worker().evolve(accounts=accounts, quota=(main,))
    assert worker.offered(NOW, 20) == ("claude", "patch")
    assert list(worker.closed(NOW, 20)) == [Seat("claude", "main")]
    both = worker.evolve(quota=(main, a_use(0.95, account="spare")))
    assert both.offered(NOW, 20) == ("patch",)
    assert both.blocks(NOW, 20)["claude"].until == NOW + HOUR, "the first that opens again"


def test_an_account_that_is_gone_from_the_settings_holds_nothing_back() -> None:
    worker = a_worker().evolve(accounts=(Account(runtime="claude", name="main"),), quota=(a_use(0.99),))
    assert worker.offered(NOW, 20) == ("claude", "patch")


@given(st.timedeltas(-LONGEST_WINDOW, LONGEST_WINDOW), st.floats(0, 1, exclude_max=True))
def test_a_wall_is_never_tried_again_before_its_reset_nor_at_once(wait: timedelta, jitter: float) -> None:
    again = open_again_at(NOW + wait, NOW, jitter)
    assert again >= (NOW + wait if wait > timedelta() else NOW + QUOTA_WAIT_LEAST)


@pytest.mark.parametrize(
    ("passed", "change", "kept"),
    [
        (timedelta(), {}, False),
        (timedelta(), {"status": "rejected"}, True),
        (timedelta(), {"resets_at": NOW}, True),
        (timedelta(seconds=59), {"utilization": 0.9}, False),
        (KEPT_EVERY, {"utilization": 0.9}, True),
        (KEPT_EVERY, {"utilization": 0.8301}, False),
        (KEPT_AT_LEAST_EVERY, {}, True),
    ],
)
def test_a_window_s_course_is_kept_where_it_moves(passed: timedelta, change: dict[str, Any], kept: bool) -> None:
    before = a_use(0.83)
    assert worth_keeping(before, replace(before, seen_at=NOW + passed, **change)) is kept
    assert worth_keeping(None, before)
