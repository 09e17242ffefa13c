from __future__ import annotations

from typing import Any

import pytest

from ploeg.control.work import calls
from ploeg.domain.backlog import StoryStatus, TaskStatus
from ploeg.domain.errors import Conflict
from ploeg.domain.ids import StoryId
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import ToolCall, ToolReply
from tests.control.house import PLAN, Hand, House


@pytest.fixture
def hand(house: House) -> Hand:
    house.run(house.a_task())
    return house.hand()


def call(hand: Hand, got: Assignment, tool: str, call_id: str = "c-1", **arguments: Any) -> ToolReply:
    request = ToolCall(call_id=call_id, tool=tool, arguments=arguments)
    return hand.house.write(calls.call, hand.actor, hand.house.installation, got.attempt_id, request)


def logs(house: House, got: Assignment) -> list[tuple[str, str]]:
    assert got.story is not None
    found = house.read(lambda tx: tx.backlog.logs(StoryId(got.story.id if got.story else "")))
    return [(log.type, log.content) for log in found]


def test_an_agent_logs_what_it_does_for_its_story(house: House, hand: Hand) -> None:
    got = hand.take()
    call(hand, got, "log_implementation", "1", story_id="ST-001", content="Begin.")
    house.clock.turn(seconds=1)
    call(hand, got, "log_test_result", "2", story_id="ST-001", content="2 passed", status="PASSED")
    house.clock.turn(seconds=1)
    commit = {"commit_hash": "abcdef1", "commit_message": "Say hello", "metadata": {"files": 1}}
    reply = call(hand, got, "log_commit", "3", story_id="ST-001", content="Said hello.", **commit)
    assert reply.result is not None
    assert logs(house, got) == [
        ("IMPLEMENTATION_PLAN", "Begin."),
        ("TEST_RESULT", "2 passed"),
        ("COMMIT", "Said hello."),
    ]


def test_the_same_call_again_has_no_second_effect_and_the_same_answer(house: House, hand: Hand) -> None:
    got = hand.take()
    first = call(hand, got, "log_implementation", story_id="ST-001", content="Begin.")
    house.clock.turn(seconds=5)
    assert call(hand, got, "log_implementation", story_id="ST-001", content="Begin.") == first
    assert len(logs(house, got)) == 1


def test_an_agent_sets_its_task_in_progress_or_to_review(house: House, hand: Hand) -> None:
    got = hand.take()
    assert got.task is not None
    reply = call(hand, got, "update_task_status", task_id="t-1", status="review")
    assert reply.result == {"id": got.task.id, "code": "T-1", "status": "review"}
    assert house.task_now(got.task.id).status is TaskStatus.REVIEW


def test_an_agent_s_done_is_a_wish_for_review_until_the_receipt_is_there(house: House, hand: Hand) -> None:
    got = hand.take()
    assert got.task is not None
    call(hand, got, "update_task_status", task_id=got.task.id, status="done")
    assert house.task_now(got.task.id).status is TaskStatus.REVIEW
    story = house.read(lambda tx: tx.backlog.story(house.task_now(got.task.id if got.task else "").story_id))
    assert story is not None
    assert story.status is StoryStatus.OPEN
    hand.done(got)
    assert house.task_now(got.task.id).status is TaskStatus.DONE


@pytest.mark.parametrize("status", ["failed", "excluded", "todo"])
def test_an_agent_gives_up_through_its_job_s_report_only(house: House, hand: Hand, status: str) -> None:
    got = hand.take()
    reply = call(hand, got, "update_task_status", task_id="T-1", status=status)
    assert "update_job_status" in (reply.error or "")


def test_an_agent_may_write_a_new_plan_and_is_still_measured_against_the_old(house: House, hand: Hand) -> None:
    got = hand.take()
    assert got.task is not None
    call(hand, got, "update_task_plan", task_id="T-1", implementation_plan="An easier plan.")
    assert house.task_now(got.task.id).implementation_plan == "An easier plan."
    hand.finish(got, "worker_stopped")
    again = hand.take()
    assert again.task is not None
    assert again.task.implementation_plan == PLAN


def test_another_job_s_task_and_story_are_not_there(house: House, hand: Hand) -> None:
    got = hand.take()
    other = house.task("ST-001")
    elsewhere = house.a_task("other")
    for reference in (other, "T-2", elsewhere, "other:T-1", "nope", "T-1\x00"):
        reply = call(hand, got, "update_task_status", task_id=reference, status="review")
        assert "not found" in (reply.error or ""), reference
    story = house.task_now(elsewhere).story_id
    reply = call(hand, got, "log_implementation", story_id=story, content="x")
    assert "not found" in (reply.error or "")


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("drop_database", {}),
        ("update_job_status", {"job_id": "J-1", "status": "done"}),
        ("verify_task_against_plan", {"task_id": "T-1"}),
        ("log_commit", {"story_id": "ST-001", "content": "x", "commit_hash": "zz", "commit_message": "m"}),
        ("log_implementation", {"story_id": "ST-001", "content": "x", "colour": "red"}),
        ("log_implementation", {"story_id": "ST-001"}),
        ("update_task_status", {"task_id": "ST-001", "status": "review"}),
    ],
)
def test_a_call_that_cannot_be_carried_out_says_why_to_the_agent(
    house: House, hand: Hand, tool: str, arguments: dict[str, Any]
) -> None:
    got = hand.take()
    reply = call(hand, got, tool, **arguments)
    assert reply.error
    assert reply.result is None
    assert house.attempt(got).active


def test_text_that_no_database_keeps_is_mended(house: House, hand: Hand) -> None:
    got = hand.take()
    reply = call(
        hand, got, "log_implementation", "c\x00", story_id="ST-001", content="a\x00b", metadata={"k\x00": ["v\x00"]}
    )
    assert reply.error is None
    assert logs(house, got) == [("IMPLEMENTATION_PLAN", "a�b")]


def test_a_call_that_is_refused_half_way_leaves_no_trace(
    house: House, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    got = hand.take()
    assert got.task is not None

    def stumble(*_: Any, **__: Any) -> None:
        raise Conflict("not this way")

    monkeypatch.setattr("ploeg.control.toolbelt.task.showing.task_state", stumble)
    events = house.read(lambda tx: tx.events.last_id())
    assert call(hand, got, "update_task_plan", task_id="T-1", implementation_plan="Less.").error == "not this way"
    assert house.task_now(got.task.id).implementation_plan == PLAN
    assert house.read(lambda tx: tx.events.last_id()) == events


def test_arguments_may_be_nested_but_not_without_end(hand: Hand) -> None:
    got = hand.take()
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    said = {"story_id": "ST-001", "content": "x", "commit_hash": "abcdef1", "commit_message": "x"}
    error = call(hand, got, "log_commit", **said, metadata={"a": deep}).error
    assert error == "VALIDATION_ERROR: arguments: «…» cannot be used; nest them at most 40 deep"
