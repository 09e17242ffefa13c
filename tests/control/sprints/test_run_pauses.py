"""A run stands still: by hand, on a question, before a quota wall, on a conflict; and it goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ploeg.control import read, sweep
from ploeg.control.backlog import backlog
from ploeg.control.questions import questions
from ploeg.control.sprints import run_state, sprint_runs
from ploeg.control.sweep import next_due
from ploeg.control.work import cancel
from ploeg.domain.backlog import StoryStatus, TaskStatus
from ploeg.domain.errors import Conflict
from ploeg.domain.job import JobStatus
from ploeg.domain.quota import JITTER_MAX
from ploeg.domain.sprint import SprintStatus
from ploeg.domain.sprint_run import PauseReason, RunStatus
from tests.control.agent import TaskAgent
from tests.control.house import SHA, Hand, House
from tests.control.sprinting import Sprinting


def reason(scene: Sprinting) -> PauseReason | None:
    run = scene.run
    assert (run.pause is not None) == (run.status is RunStatus.PAUSED)
    return run.pause.reason if run.pause is not None else None


def waiting_for(house: House, code: str) -> str | None:
    return house.read(read.job, house.admin, house.installation, code).waiting_for


@pytest.fixture
def hand(house: House) -> Hand:
    return house.hand()


def test_a_paused_run_gives_out_nothing_while_what_runs_goes_on(house: House, hand: Hand) -> None:
    scene = Sprinting.of(house)
    scene.start("STORY")
    got = hand.take()
    paused = scene.pause()
    assert paused.pause is not None
    assert (paused.status, paused.pause.detail) == (RunStatus.PAUSED, "paused by admin")
    assert hand.done(got).job_status == "done"
    assert hand.claim() is None
    assert waiting_for(house, "J-2") == "its sprint's run, which is paused: paused by admin"
    assert scene.resume().status is RunStatus.RUNNING
    hand.done(hand.take())
    assert scene.run.status is RunStatus.DONE
    with pytest.raises(Conflict, match="no run under way"):
        scene.pause()


def test_a_run_can_be_paused_before_it_begins_and_ends_while_it_is_paused(house: House, hand: Hand) -> None:
    scene = Sprinting.of(house)
    scene.start("STORY")
    scene.pause()
    assert hand.claim() is None
    scene.resume()
    hand.done(hand.take())
    last = hand.take()
    scene.pause()
    hand.done(last)
    assert (scene.run.status, scene.run.pause) == (RunStatus.DONE, None)


def test_a_question_pauses_a_run_of_one_branch_until_the_answer(house: House, hand: Hand) -> None:
    scene = Sprinting.of(house, stories=2)
    scene.start("SPRINT")
    agent = TaskAgent(house, hand)
    agent.ask()
    agent.park()
    pause = scene.run.pause
    assert pause is not None
    assert (pause.reason, pause.detail) == (PauseReason.QUESTION, "J-1 waits for an answer to Q-1")
    assert pause.question_id == house.read(questions.shown, house.admin, "Q-1").question.id
    with pytest.raises(Conflict, match="ploeg question answer Q-1"):
        scene.resume()
    house.write(questions.answer, house.admin, "Q-1", "1")
    assert (scene.run.status, scene.run.pause) == (RunStatus.RUNNING, None)
    assert scene.task_of(hand.take()) == scene.tasks[0]


def test_a_question_leaves_other_stories_at_work(house: House, hand: Hand) -> None:
    scene = Sprinting.of(house, stories=2)
    scene.start("STORY")
    agent = TaskAgent(house, hand)
    agent.ask()
    agent.park()
    assert scene.run.status is RunStatus.RUNNING
    assert scene.task_of(hand.take()) == scene.tasks[2]


def test_an_answer_does_not_lift_a_pause_of_people(house: House, hand: Hand) -> None:
    scene = Sprinting.of(house)
    scene.start("SPRINT")
    agent = TaskAgent(house, hand)
    agent.ask()
    scene.pause()
    agent.park()
    assert reason(scene) is PauseReason.MANUAL
    house.write(questions.answer, house.admin, "Q-1", "1")
    assert reason(scene) is PauseReason.MANUAL
    scene.resume()
    assert scene.task_of(hand.take()) == scene.tasks[0]


def test_a_quota_wall_pauses_the_run_until_its_window_opens_again(house: House, hand: Hand) -> None:
    scene = Sprinting.of(house)
    scene.start("SPRINT")
    reset = house.clock.now + timedelta(hours=2)
    hand.finish(hand.take(), "quota_exhausted", reset_at=reset)
    pause = scene.run.pause
    assert pause is not None
    assert pause.reason is PauseReason.QUOTA_DEPLETED
    assert pause.resets_at is not None
    assert reset <= pause.resets_at <= reset + JITTER_MAX
    assert house.read(next_due)[1] == pause.resets_at
    assert house.write(run_state.lift) == 0
    house.clock.now = pause.resets_at
    assert house.read(sweep.may_go_on)
    assert house.write(run_state.lift) == 1
    assert scene.run.status is RunStatus.RUNNING
    assert scene.task_of(hand.take()) == scene.tasks[0]


@pytest.mark.parametrize("outcome", ["quota_exhausted", "waiting"])
def test_a_run_does_not_stand_still_for_a_job_that_was_cancelled(house: House, hand: Hand, outcome: str) -> None:
    scene = Sprinting.of(house, stories=2)
    scene.start("SPRINT")
    agent = TaskAgent(house, hand)
    agent.ask()
    hand.finish(agent.work, outcome, reset_at=house.clock.now + timedelta(hours=2))
    house.write(cancel.cancel, house.admin, "J-2")
    assert scene.run.status is RunStatus.PAUSED, "it was not for that one"
    house.write(cancel.cancel, house.admin, "J-1")
    assert scene.run.status is RunStatus.RUNNING


def test_a_person_may_go_on_before_the_window_opens(house: House, hand: Hand) -> None:
    scene = Sprinting.of(house)
    scene.start("SPRINT")
    hand.finish(hand.take(), "quota_exhausted", reset_at=house.clock.now + timedelta(hours=2))
    scene.resume()
    assert scene.task_of(house.hand("another").take()) == scene.tasks[0]


@pytest.mark.parametrize("strategy", ["STORY", "SPRINT"])
def test_a_push_conflict_pauses_the_run_and_the_task_is_queued_again(house: House, hand: Hand, strategy: str) -> None:
    scene = Sprinting.of(house)
    scene.start(strategy)
    got = hand.take()
    hand.finish(got, "push_conflict", reason="the branch has moved on", head_sha=SHA)
    pause = scene.run.pause
    assert pause is not None
    assert (pause.reason, pause.head_sha, pause.last_task_id) == (PauseReason.MERGE_CONFLICT, SHA, scene.tasks[0])
    assert scene.states()[:2] == ([TaskStatus.TO_DO] * 2, [StoryStatus.IN_SPRINT])
    assert scene.sprint.status is SprintStatus.OPEN
    assert hand.claim() is None
    scene.resume()
    assert scene.statuses() == [JobStatus.FAILED, JobStatus.QUEUED, JobStatus.QUEUED]
    again = hand.take()
    assert (scene.task_of(again), again.branch) == (scene.task_of(got), got.branch)
    assert house.job(again).retry_of == got.job_id
    hand.done(again)
    hand.done(hand.take())
    assert scene.run.status is RunStatus.DONE


def test_a_conflict_that_people_settled_by_hand_is_not_worked_on_again(house: House, hand: Hand) -> None:
    scene = Sprinting.of(house)
    scene.start("SPRINT")
    hand.done(hand.take())
    hand.finish(hand.take(), "push_conflict", reason="the branch has moved on")
    house.write(backlog.edit_task, house.admin, scene.tasks[1], {"status": "DONE"}, backlog.Place())
    assert (scene.sprint.status, scene.run.status) == (SprintStatus.CLOSED, RunStatus.DONE)


def test_a_failure_ends_a_paused_run(house: House, hand: Hand) -> None:
    scene = Sprinting.of(house)
    scene.start("STORY")
    got = hand.take()
    scene.pause()
    hand.finish(got, "reported_failed", reason="no")
    assert scene.run.status is RunStatus.FAILED
    assert house.read(sprint_runs.listed, house.admin, scene.code)[0].failed_task_id == scene.tasks[0]
