"""A job whose agent ended refused by a gate is given back to that agent once, where the config says so."""

from __future__ import annotations

import pytest

from ploeg.domain.job import JobStatus
from tests.control.house import SHA, Hand, House

REFUSAL = "verify_commands: `make test` ended with 2 after 3 s:\nE assert 1 == 2"


@pytest.fixture
def hand(house: House) -> Hand:
    house.run(house.a_task(), config={"repair_rounds": 1})
    return house.hand()


def refused(hand: Hand, reason: str = REFUSAL) -> JobStatus:
    got = hand.take()
    hand.beat(got, agent_started=True, session_id="the-session")
    return JobStatus(hand.finish(got, "gate_refused", reason=reason, head_sha=SHA).job_status)


def test_the_next_attempt_goes_on_in_the_same_session_with_the_refusal(house: House, hand: Hand) -> None:
    assert refused(hand) is JobStatus.QUEUED
    again = hand.take()
    assert again.refusal == REFUSAL
    assert again.resume is not None
    assert (again.resume.session_id, again.resume.commit) == ("the-session", SHA)
    job = house.job(again)
    assert (job.attempts, job.counted) == (2, 0)


def test_a_second_refusal_fails_the_job(hand: Hand) -> None:
    assert refused(hand) is JobStatus.QUEUED
    assert refused(hand) is JobStatus.FAILED


def test_an_interrupted_repair_is_no_second_chance(hand: Hand) -> None:
    assert refused(hand) is JobStatus.QUEUED
    hand.finish(hand.take(), "worker_stopped")
    got = hand.take()
    assert got.refusal is None
    assert hand.finish(got, "gate_refused", reason=REFUSAL).job_status == JobStatus.FAILED


def test_a_job_that_is_being_cancelled_is_not_repaired(house: House, hand: Hand) -> None:
    got = hand.take()
    house.write(lambda tx: tx.jobs.update(house.job(got).evolve(cancel_requested=True)))
    assert hand.finish(got, "gate_refused", reason=REFUSAL).job_status == JobStatus.CANCELLED


def test_a_long_refusal_keeps_the_tail_of_its_output(hand: Hand) -> None:
    refused(hand, f"verify_commands: `{'x' * 4000}` ended with 2:\n{'y' * 3990}the very end")
    assert str(hand.take().refusal).endswith("the very end")
