"""A push that met others' changes to the same lines: solved by the agent, asked of people, or the end of the job."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ploeg.control.questions import questions
from ploeg.domain.job import JobStatus
from ploeg.domain.question import QuestionStatus
from tests.control.house import SHA, Hand, House

REASON = "ploeg/st-001 has moved on to 0123456789ab, and both sides changed hello.txt"


def met(hand: Hand) -> JobStatus:
    got = hand.take()
    hand.beat(got, agent_started=True, session_id="the-session")
    return JobStatus(hand.finish(got, "push_conflict", reason=REASON, head_sha=SHA).job_status)


def working(house: House, wish: str, runtime: str = "claude") -> Hand:
    house.run(house.a_task(), config={"on_conflict": wish, "runtime": runtime})
    return house.hand(runtimes=[runtime])


def test_the_agent_goes_on_in_its_session_and_is_told_what_to_do(house: House) -> None:
    hand = working(house, "solve")
    assert met(hand) is JobStatus.QUEUED
    again = hand.take()
    assert str(again.refusal).startswith(REASON)
    assert f"on top of `origin/{again.branch}`" in str(again.refusal)
    assert again.resume is not None
    assert (again.resume.session_id, again.resume.commit) == ("the-session", SHA)
    assert house.job(again).counted == 0


@pytest.mark.parametrize(("wish", "rounds"), [("solve", 1), ("ask", 0)])
def test_people_are_asked_and_their_answer_sends_the_agent_on(house: House, wish: str, rounds: int) -> None:
    hand = working(house, wish)
    for _ in range(rounds):
        assert met(hand) is JobStatus.QUEUED
    assert met(hand) is JobStatus.WAITING
    (line,) = house.read(questions.listed, house.admin)
    assert REASON in line.question.question
    assert line.question.expires_at == house.clock() + timedelta(days=7)
    house.write(questions.answer, house.admin, line.question.code, "2")
    again = hand.take()
    assert (again.asked[-1].answer, again.refusal) == (line.question.options[1], None)
    assert again.resume is not None
    assert again.resume.commit == SHA


def test_a_cancelled_job_asks_nothing_more(house: House) -> None:
    hand = working(house, "ask")
    got = hand.take()
    house.write(lambda tx: tx.jobs.update(house.job(got).evolve(cancel_requested=True)))
    assert hand.finish(got, "push_conflict", reason=REASON).job_status == JobStatus.CANCELLED
    assert {line.question.status for line in house.read(questions.listed, house.admin)} <= {QuestionStatus.CANCELLED}


@pytest.mark.parametrize(("wish", "runtime"), [("fail", "claude"), ("solve", "patch"), ("ask", "patch")])
def test_where_nobody_can_solve_it_the_job_fails(house: House, wish: str, runtime: str) -> None:
    assert met(working(house, wish, runtime)) is JobStatus.FAILED
    assert house.read(questions.listed, house.admin) == []
