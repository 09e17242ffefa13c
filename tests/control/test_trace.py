"""The server's part of a job's trace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ploeg import tracing
from ploeg.control.trace import trace
from ploeg.store.ids import made_at, new_id
from ploeg.tracing import Span
from tests.control.house import House


def traced(house: House) -> list[Span]:
    """What all that has happened so far would have told."""
    told: list[Span] = []
    with tracing.to(told.append):
        trace(house.read(lambda tx: tx.events.after(0, None)))
    return told


def test_a_job_is_the_root_of_its_attempts(house: House) -> None:
    house.run(house.a_task())
    hand = house.hand()
    got = hand.take()
    house.clock.turn(seconds=90)
    hand.finish(got, "reported_failed")
    attempt, job = traced(house)
    assert (attempt.of, attempt.within, attempt.job_id) == (got.attempt_id, got.job_id, got.job_id)
    assert (job.of, job.within) == (got.job_id, None)
    assert attempt.ended - attempt.began == timedelta(seconds=90)
    assert (attempt.name, attempt.error) == ("attempt 1", "reported_failed")
    assert (job.name, job.error) == ("job J-1", "reported_failed")
    assert attempt.attributes["ploeg.runtime"] == "patch"
    assert attempt.attributes["ploeg.turns"] == 0


def test_a_job_that_is_queued_again_goes_on_in_its_trace(house: House) -> None:
    house.run(house.a_task())
    hand = house.hand()
    hand.finish(hand.take(), "agent_crashed")
    house.clock.turn(minutes=10)
    hand.done(hand.take())
    assert [span.name for span in traced(house)] == ["attempt 1", "attempt 2", "job J-1"]
    assert [span.error for span in traced(house)] == ["agent_crashed", None, None]


def test_nothing_is_made_where_nobody_listens(house: House) -> None:
    trace(house.read(lambda tx: tx.events.after(0, None)))
    assert not tracing.on()


def test_an_id_tells_when_it_was_made() -> None:
    before = datetime.now(UTC)
    made = made_at(new_id("job"))
    assert made is not None
    assert abs(made - before) < timedelta(seconds=5)
    assert made_at("job_1") is None
    assert made_at("job_" + "u" * 26) is None
