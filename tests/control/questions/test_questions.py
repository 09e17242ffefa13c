"""An agent asks; people or time decide; the job that is parked on it goes on, whichever comes first."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ploeg.control import sweep
from ploeg.control.products import products
from ploeg.control.questions import answers, questions
from ploeg.control.work import calls, cancel
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound
from ploeg.domain.job import JobStatus
from ploeg.domain.question import OnExpiry, Question, QuestionStatus
from ploeg.wire.work import AnswerRequest, ToolCall
from tests.control.agent import TaskAgent
from tests.control.house import SHA, House

pytestmark = pytest.mark.anyio


@pytest.fixture
def agent(house: House) -> TaskAgent:
    house.run(house.a_task())
    return TaskAgent(house, house.hand())


def policy(house: House, on_expiry: OnExpiry) -> None:
    house.installation = replace(house.installation, question_on_expiry=on_expiry)


def question(house: House, code: str) -> Question:
    return house.read(questions.shown, house.admin, code).question


def test_a_question_is_open_until_its_deadline_and_says_who_asked_what(house: House, agent: TaskAgent) -> None:
    assert agent.ask(task_id="T-1") == "Q-1"
    line = house.read(questions.shown, house.admin, "Q-1")
    asked = line.question
    assert (line.product, line.story, line.task, line.job) == ("demo", "ST-001", "T-1", "J-1")
    assert (asked.status, asked.options, asked.recommended) == (QuestionStatus.OPEN, ("red", "blue"), 2)
    assert (asked.attempt_id, asked.job_id) == (agent.work.attempt_id, agent.work.job_id)
    assert (asked.expires_at - asked.asked_at).total_seconds() == 24 * 3600
    assert "question.asked" in house.told()


def test_a_call_that_is_sent_again_asks_nothing_new(house: House, agent: TaskAgent) -> None:
    first = agent.call("ask_user_question", "the-call", story_id=agent.story, question="Which?")
    assert agent.call("ask_user_question", "the-call", story_id=agent.story, question="Which?") == first
    assert house.told().count("question.asked") == 1


def test_the_same_question_again_is_the_one_that_was_asked_until_it_is_withdrawn(
    house: House, agent: TaskAgent
) -> None:
    assert agent.ask(wait_seconds=0) == agent.ask() == "Q-1"
    house.write(questions.answer, house.admin, "Q-1", "red")
    again = agent.call("ask_user_question", story_id=agent.story, question="Which colour?")
    assert (again["code"], again["answer"]) == ("Q-1", "red")
    agent.ask("Another?")
    agent.call("cancel_question", question_id="Q-2")
    assert agent.ask("Another?") == "Q-3"


def test_a_question_outlives_the_attempt_that_lost_its_worker(house: House, agent: TaskAgent) -> None:
    agent.ask()
    agent.hand.finish(agent.work, "worker_stopped")
    house.write(questions.answer, house.admin, "Q-1", "red")
    assert agent.hand.take().asked[0].answer == "red"


def test_an_answer_queues_the_parked_job_at_once_in_the_same_session(house: House, agent: TaskAgent) -> None:
    agent.ask()
    assert agent.park() == "waiting"
    assert house.job(agent.work).reason == "an answer to Q-1"
    assert agent.hand.claim() is None

    house.write(questions.answer, house.admin, "Q-1", "1")

    again = agent.hand.take()
    assert again.resume is not None
    assert (again.resume.session_id, again.resume.commit) == ("the-session", SHA)
    assert [(each.code, each.question, each.status, each.answer) for each in again.asked] == [
        ("Q-1", "Which colour?", "answered", "red")
    ]
    assert house.job(again).counted == 0
    told = question(house, "Q-1")
    assert (told.answered_by, told.answered_at) == (house.admin.user.id, house.clock.now)


def test_an_answer_that_comes_before_the_parking_is_not_lost(house: House, agent: TaskAgent) -> None:
    agent.ask()
    house.write(questions.answer, house.admin, "q-1", "green")
    assert agent.park() == "queued"
    assert agent.hand.take().asked[0].answer == "green"


def test_a_job_that_asked_several_things_goes_on_when_all_are_decided(house: House, agent: TaskAgent) -> None:
    agent.ask()
    agent.ask("Which size?", options=[], recommended=None)
    agent.park()
    assert house.job(agent.work).reason == "an answer to Q-1 and Q-2"
    house.write(questions.answer, house.admin, "Q-2", "large")
    assert agent.hand.claim() is None
    house.write(questions.cancel, house.admin, "Q-1")
    assert [(each.status, each.answer) for each in agent.hand.take().asked] == [
        ("cancelled", None),
        ("answered", "large"),
    ]


def test_an_answer_is_given_once(house: House, agent: TaskAgent) -> None:
    agent.ask()
    house.write(questions.answer, house.admin, "Q-1", "red")
    with pytest.raises(Conflict, match="answered already"):
        house.write(questions.answer, house.admin, "1", "blue")
    with pytest.raises(Conflict, match="answered already"):
        house.write(questions.cancel, house.admin, "Q-1")


def test_viewers_look_and_strangers_find_nothing(house: House, agent: TaskAgent) -> None:
    agent.ask()
    ada, eve = house.person("ada"), house.person("eve")
    house.write(products.set_member, house.admin, "demo", "ada", "viewer")
    assert [line.question.code for line in house.read(questions.listed, ada)] == ["Q-1"]
    with pytest.raises(Denied):
        house.write(questions.answer, ada, "Q-1", "red")
    with pytest.raises(Denied):
        house.write(questions.cancel, ada, "Q-1")
    assert house.read(questions.listed, eve) == []
    for reference in ("Q-1", "Q-9", question(house, "Q-1").id):
        with pytest.raises(NotFound):
            house.write(questions.answer, eve, reference, "red")
    with pytest.raises(Invalid, match="code of a job"):
        house.read(questions.shown, house.admin, "J-1")


def test_questions_are_listed_by_status_product_and_story(house: House, agent: TaskAgent) -> None:
    agent.ask()
    agent.ask("Another?")
    house.write(questions.cancel, house.admin, "Q-1")

    def listed(**wanted: Any) -> list[str]:
        return [line.question.code for line in house.read(questions.listed, house.admin, **wanted)]

    assert listed() == ["Q-2", "Q-1"]
    assert listed(statuses=["open"], product="demo", story="ST-001") == ["Q-2"]
    assert listed(limit=1, before=2) == ["Q-1"]
    with pytest.raises(Invalid, match="use some of open"):
        listed(statuses=["lost"])


def test_time_parks_the_job_and_a_late_answer_still_counts(house: House, agent: TaskAgent) -> None:
    agent.ask()
    agent.park()
    house.clock.turn(hours=24)
    assert house.read(sweep.overdue)
    house.write(questions.expire)
    assert not house.read(sweep.overdue)
    assert question(house, "Q-1").status is QuestionStatus.EXPIRED
    assert house.job(agent.work).status is JobStatus.WAITING
    house.write(questions.answer, house.admin, "Q-1", "red")
    assert agent.hand.take().asked[0].answer == "red"


def test_time_takes_the_recommended_option_where_that_is_the_policy(house: House, agent: TaskAgent) -> None:
    policy(house, OnExpiry.DEFAULT)
    agent.ask()
    agent.park()
    house.clock.turn(hours=24)
    house.write(questions.expire)
    (asked,) = agent.hand.take().asked
    assert (asked.status, asked.answer) == ("expired", "blue")


def test_time_fails_the_job_where_that_is_the_policy(house: House, agent: TaskAgent) -> None:
    policy(house, OnExpiry.FAIL)
    agent.ask()
    agent.ask("Another?")
    agent.park()
    house.clock.turn(hours=24)
    house.write(questions.expire)
    job = house.job(agent.work)
    assert (job.status, job.reason) == (JobStatus.FAILED, "Q-1 was not answered by its deadline")
    assert house.task_now("T-1" if job.task_id is None else job.task_id).status == "FAILED"
    assert question(house, "Q-2").status is not QuestionStatus.OPEN
    with pytest.raises(Conflict):
        house.write(questions.answer, house.admin, "Q-1", "red")


def test_a_job_that_parks_on_what_has_just_failed_it_fails(house: House, agent: TaskAgent) -> None:
    policy(house, OnExpiry.FAIL)
    agent.ask()
    agent.hand.beat(agent.work)
    house.clock.turn(hours=24)
    house.write(questions.expire)
    assert agent.park() == "failed"


@pytest.mark.parametrize("parked", [True, False])
def test_a_cancelled_job_closes_its_questions(house: House, agent: TaskAgent, parked: bool) -> None:
    agent.ask()
    if parked:
        agent.park()
    house.write(cancel.cancel, house.admin, "J-1")
    if not parked:
        assert agent.park() == "cancelled"
    assert house.job(agent.work).status is JobStatus.CANCELLED
    assert question(house, "Q-1").status is QuestionStatus.CANCELLED
    assert house.told().count("question.cancelled") == 1


def test_a_job_that_ends_without_its_answer_closes_the_question(house: House, agent: TaskAgent) -> None:
    agent.ask()
    agent.hand.done(agent.work)
    assert question(house, "Q-1").status is QuestionStatus.CANCELLED


def test_its_asker_withdraws_a_question_only_while_it_is_open(house: House, agent: TaskAgent) -> None:
    agent.ask()
    assert agent.call("cancel_question", question_id="Q-1")["status"] == "cancelled"
    with pytest.raises(AssertionError, match="cancelled already"):
        agent.call("cancel_question", question_id="Q-1")


def test_an_attempt_reaches_only_its_own_jobs_questions(house: House, agent: TaskAgent) -> None:
    agent.ask()
    house.run(house.a_task("other"))
    stranger = TaskAgent(house, house.hand("two"))
    stranger.ask("Mine?", options=[], recommended=None)
    for tool in ("get_question_answer", "cancel_question"):
        with pytest.raises(AssertionError, match="not found"):
            stranger.call(tool, question_id="Q-1")
    with pytest.raises(AssertionError, match="not among the tools"):
        stranger.call("answer_question", question_id="Q-2", answer="yes")
    assert [each["code"] for each in stranger.call("list_open_questions")["questions"]] == ["Q-2"]
    assert stranger.call("get_question_answer", question_id="Q-2")["status"] == "open"


def test_what_cannot_be_asked_is_refused_to_the_agent(house: House, agent: TaskAgent) -> None:
    with pytest.raises(AssertionError, match="number of one of the options"):
        agent.ask(options=["red"], recommended=2)
    with pytest.raises(AssertionError, match="story"):
        agent.ask(story_id="ST-999")
    for number in range(questions.ASKED_MAX):
        agent.ask(f"Number {number}?")
    with pytest.raises(AssertionError, match="may ask no more"):
        agent.ask("One more?")


async def test_a_wait_ends_with_the_answer(house: House, agent: TaskAgent) -> None:
    code = agent.ask()
    request = AnswerRequest(question_id=code, wait_seconds=60)
    wait = asyncio.create_task(answers.next_answer(house.plane, agent.hand.secret, agent.work.attempt_id, request))
    await asyncio.sleep(0)
    await house.plane.write(questions.answer, house.admin, code, "2")
    reply = await asyncio.wait_for(wait, 10)
    assert reply.result is not None
    assert (reply.result["status"], reply.result["answer"], reply.result["answered_by"]) == (
        "answered",
        "blue",
        "admin",
    )


async def test_the_sweep_ends_a_question_at_its_deadline_even_one_asked_while_it_rested(
    house: House, agent: TaskAgent
) -> None:
    house.plane.installation = replace(house.installation, question_deadline=timedelta(seconds=5))
    house.installation = house.plane.installation
    with house.plane.watch.subscribed() as subscription:
        sweeper = sweep.Sweeper(house.plane)
        rest, until = await sweeper.look()
        resting = asyncio.create_task(sweeper.rest(subscription, rest, until))
        await asyncio.sleep(0)
        call = ToolCall(call_id="1", tool="ask_user_question", arguments={"story_id": agent.story, "question": "Now?"})
        await house.plane.work(agent.hand.secret, calls.call, house.installation, agent.work.attempt_id, call)
        await asyncio.wait_for(resting, 10)
        assert (await sweeper.look())[0] == timedelta(seconds=5)
        house.clock.turn(seconds=5)
        await sweeper.look()
    assert question(house, "Q-1").status is QuestionStatus.EXPIRED


async def test_a_wait_without_an_answer_ends_with_the_open_question(house: House, agent: TaskAgent) -> None:
    code = agent.ask()
    request = AnswerRequest(question_id=code, wait_seconds=0)
    reply = await answers.next_answer(house.plane, agent.hand.secret, agent.work.attempt_id, request)
    assert reply.result is not None
    assert reply.result["status"] == "open"
    nothing = await answers.next_answer(
        house.plane, agent.hand.secret, agent.work.attempt_id, AnswerRequest(question_id="Q-9", wait_seconds=0)
    )
    assert nothing.error is not None
    request = AnswerRequest(question_id=code, wait_seconds=61)
    with pytest.raises(Invalid):
        await answers.next_answer(house.plane, agent.hand.secret, agent.work.attempt_id, request)
