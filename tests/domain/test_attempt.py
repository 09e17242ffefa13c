"""Who may write for an attempt, and how its lease moves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.attempt import Outcome
from ploeg.domain.errors import Superseded
from ploeg.domain.ids import WorkerId
from tests.domain.making import NOW, an_attempt


def test_the_worker_that_claimed_it_holds_an_attempt() -> None:
    attempt = an_attempt()
    assert attempt.held_by(WorkerId("wrk_1")) is attempt


def test_another_worker_is_superseded() -> None:
    with pytest.raises(Superseded, match="another worker"):
        an_attempt().held_by(WorkerId("wrk_2"))


def test_nobody_holds_an_attempt_that_ended() -> None:
    ended = an_attempt(ended_at=NOW, outcome=Outcome.WORKER_LOST)
    with pytest.raises(Superseded, match="worker_lost"):
        ended.held_by(WorkerId("wrk_1"))


def test_a_renewal_moves_the_lease_on() -> None:
    later = NOW + timedelta(minutes=5)
    assert an_attempt().renew(later).lease_until == later


@given(st.lists(st.integers(-10_000, 10_000), min_size=1))
def test_no_renewal_ever_shortens_a_lease(seconds: list[int]) -> None:
    attempt, latest = an_attempt(), NOW
    for offset in seconds:
        until = NOW + timedelta(seconds=offset)
        attempt, latest = attempt.renew(until), max(latest, until)
        assert attempt.lease_until == latest
