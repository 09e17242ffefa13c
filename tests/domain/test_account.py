"""Which account takes the next job."""

from __future__ import annotations

import pytest

from ploeg.domain.account import AccountPolicy, Seat, choose

MAIN, SPARE, KEY = Seat("claude", "main"), Seat("claude", "spare"), Seat("claude", "key")


@pytest.mark.parametrize("seat", [MAIN, Seat("claude"), Seat("claude", "a.b-c_1")])
def test_a_seat_is_read_back_from_its_text(seat: Seat) -> None:
    assert Seat.of(str(seat)) == seat


def test_in_order_the_first_open_account_is_taken() -> None:
    assert choose([MAIN, SPARE], AccountPolicy.IN_ORDER, {MAIN: 3}, {MAIN: 0.7}) == MAIN


def test_spread_takes_the_one_with_the_fewest_jobs_and_then_the_one_that_is_used_least() -> None:
    seats = [MAIN, SPARE, KEY]
    assert choose(seats, AccountPolicy.SPREAD, {MAIN: 1, SPARE: 1}, {}) == KEY
    assert choose(seats, AccountPolicy.SPREAD, {}, {MAIN: 0.5, SPARE: 0.2, KEY: 0.4}) == SPARE
    assert choose(seats, AccountPolicy.SPREAD, {}, {}) == MAIN
