"""How long a claim holds, on either side."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.lease import LeaseTerms, expired
from tests.domain.making import NOW


def test_a_lease_ends_at_its_deadline() -> None:
    deadline = LeaseTerms(seconds=300).deadline(NOW)
    assert deadline == NOW + timedelta(minutes=5)
    assert not expired(deadline, deadline - timedelta(microseconds=1))
    assert expired(deadline, deadline)


def test_what_has_no_lease_does_not_expire() -> None:
    assert not expired(None, NOW)


@given(st.floats(0.01, 1e6), st.floats(0, 1e4), st.floats(0, 1e9))
def test_a_worker_stops_before_the_server_gives_the_lease_away(seconds: float, margin: float, sent: float) -> None:
    holds_until = LeaseTerms(seconds=seconds, margin=margin).holds_until(sent)
    assert sent <= holds_until <= sent + seconds


def test_a_short_lease_leaves_most_of_itself_to_the_worker() -> None:
    assert LeaseTerms(seconds=3, margin=30).holds_until(0) == 2
