"""An ended job goes on with an instruction: same branch, same conversation where it is still there."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.control.queue import follow_up, submit
from ploeg.control.queue.submit import Wish
from ploeg.control.work import cancel
from ploeg.domain.backlog import TaskStatus
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.job import Job, JobStatus
from tests.control.house import PLAN, SHA, Hand, House

ASK = "Name the button `src/save.py` in Dutch."


@pytest.fixture
def task(house: House) -> str:
    return house.a_task()


@pytest.fixture
def hand(house: House) -> Hand:
    return house.hand()


def go_on(house: House, code: str, instruction: str = ASK, **wish: Any) -> Job:
    made = house.write(
        follow_up.follow_up, house.admin, house.installation, code, Wish(instruction=instruction, **wish)
    )
    return made.job


def test_a_done_job_goes_on_on_its_branch_and_in_its_conversation(house: House, hand: Hand, task: str) -> None:
    first = house.run(task)
    hand.done(hand.take(), session_id="ses_1")
    job = go_on(house, first.code)
    assert (job.branch, job.lane, job.sequence) == (first.branch, first.lane, first.sequence)
    assert house.task_now(task).status is TaskStatus.DONE, "nothing has begun yet"

    given = hand.take()
    assert (given.follows, given.instruction) == (first.code, ASK)
    assert given.resume is not None
    assert (given.resume.session_id, given.resume.worker_id) == ("ses_1", given.worker_id)
    assert given.resume.commit is None, "what was pushed is found on the branch, with what others did there since"
    assert given.base_sha is None
    assert given.task is not None
    assert given.task.implementation_plan == ASK, "the instruction is what its changes are measured against"
    assert house.task_now(task).status is TaskStatus.IN_PROGRESS
    hand.done(given)
    assert house.task_now(task).status is TaskStatus.DONE


def test_work_that_was_never_pushed_is_gone_on_with_where_it_is_kept(house: House, hand: Hand, task: str) -> None:
    house.run(task)
    hand.finish(hand.take(), "reported_failed", reason="no idea", base_sha="b" * 40, head_sha=SHA, snapshot="c" * 40)
    go_on(house, "J-1")
    given = hand.take()
    assert given.resume is not None
    assert (given.resume.commit, given.resume.snapshot, given.base_sha) == (SHA, "c" * 40, "b" * 40)
    assert given.task is not None
    assert given.task.implementation_plan == f"{PLAN}\n\n{ASK}"


def test_an_attempt_that_has_to_begin_anew_begins_where_the_follow_up_began(
    house: House, hand: Hand, task: str
) -> None:
    house.run(task)
    hand.finish(hand.take(), "reported_failed", reason="no idea", head_sha=SHA, session_id="ses_1")
    go_on(house, "J-1")
    first = hand.take()
    hand.finish(first, "workspace_failed", reason="the disk is full")
    house.clock.turn(minutes=10)
    again = hand.take()
    assert again.resume == first.resume
    assert again.task == first.task


def test_a_task_of_which_nothing_was_made_yet_is_still_measured_against_its_plan(
    house: House, hand: Hand, task: str
) -> None:
    house.run(task)
    hand.finish(hand.take(), "reported_failed", reason="no idea")
    go_on(house, "J-1")
    given = hand.take()
    assert given.task is not None
    assert given.task.implementation_plan == f"{PLAN}\n\n{ASK}"


@pytest.mark.parametrize(("before", "status"), [("done", TaskStatus.DONE), ("reported_failed", TaskStatus.FAILED)])
def test_a_follow_up_that_comes_to_nothing_leaves_the_task_as_it_was(
    house: House, hand: Hand, task: str, before: str, status: TaskStatus
) -> None:
    house.run(task)
    first = hand.take()
    if before == "done":
        hand.done(first)
    else:
        hand.finish(first, before, reason="no idea")
    go_on(house, "J-1")
    hand.finish(hand.take(), "skipped", reason="it is in Dutch already")
    assert house.task_now(task).status is status
    second = go_on(house, "J-2")
    house.write(cancel.cancel, house.admin, second.code)
    assert house.task_now(task).status is status


def test_a_follow_up_is_followed_up_and_not_tried_again(house: House, hand: Hand, task: str) -> None:
    house.run(task)
    hand.done(hand.take())
    go_on(house, "J-1")
    hand.finish(hand.take(), "reported_failed", reason="no idea")
    with pytest.raises(Conflict, match="ploeg job follow-up J-2"):
        house.write(submit.retry, house.admin, house.installation, "J-2", Wish())
    go_on(house, "J-2", "Try it in French.")
    given = hand.take()
    assert given.follows == "J-2"
    assert given.task is not None
    assert given.task.implementation_plan == "Try it in French.", "what the plan asked for was pushed with J-1"


def test_another_runtime_gets_no_conversation_that_it_could_not_go_on_with(house: House, hand: Hand, task: str) -> None:
    house.run(task)
    hand.done(hand.take(), session_id="ses_1")
    go_on(house, "J-1", config={"runtime": "claude"})
    given = house.hand("other", runtimes=["claude"]).take()
    assert given.resume is not None
    assert (given.resume.session_id, given.follows) == (None, "J-1")


def test_the_same_key_gives_the_same_follow_up(house: House, hand: Hand, task: str) -> None:
    house.run(task)
    hand.done(hand.take())
    assert go_on(house, "J-1", key="k").id == go_on(house, "J-1", key="k").id


def test_what_cannot_be_followed_up_says_why(house: House, hand: Hand, task: str) -> None:
    house.run(task)
    with pytest.raises(Conflict, match="J-1 is queued"):
        go_on(house, "J-1")
    house.write(cancel.cancel, house.admin, "J-1")
    with pytest.raises(Conflict, match="before a worker began it"):
        go_on(house, "J-1")
    house.run(task)
    hand.done(hand.take())
    with pytest.raises(Invalid, match="instruction"):
        go_on(house, "J-2", "  ")
    story = house.task_now(task).story_id
    sibling = house.run(house.task(story))
    with pytest.raises(Conflict, match=f"{sibling.code} is queued on the same branch"):
        go_on(house, "J-2")
    house.write(cancel.cancel, house.admin, sibling.code)
    assert go_on(house, "J-2").status is JobStatus.QUEUED
    with pytest.raises(Conflict, match="J-4 is queued on the same branch"):
        go_on(house, "J-2")
