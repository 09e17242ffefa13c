"""Runs of a sprint: how they start, in which order they work, how they end."""

from __future__ import annotations

import pytest

from ploeg.control.backlog import backlog, dependencies
from ploeg.control.products import products
from ploeg.control.queue import submit
from ploeg.control.queue.submit import Wish
from ploeg.control.sprints import cascade, sprint_runs, sprint_view, sprints
from ploeg.control.sprints.run_plan import Obstacle
from ploeg.control.sprints.sprint_view import SprintPage
from ploeg.control.work import cancel
from ploeg.domain.backlog import PbiStatus, StoryStatus, TaskStatus
from ploeg.domain.codes import CodeKind
from ploeg.domain.errors import Conflict, Denied, Invalid
from ploeg.domain.job import JobStatus
from ploeg.domain.sprint import PrStrategy, SprintStatus
from ploeg.domain.sprint_run import RunStatus
from tests.control.house import Hand, House
from tests.control.sprinting import Sprinting

DONE = TaskStatus.DONE


def work_off(hand: Hand, limit: int = 20) -> list[str]:
    """The codes of the tasks of all that can be claimed, one after another, each done."""
    order = []
    while (got := hand.claim()) is not None:
        assert got.task is not None
        order.append(got.task.code)
        hand.done(got)
        assert len(order) <= limit
    return order


def page_of(scene: Sprinting) -> SprintPage:
    return scene.house.read(sprint_view.page, scene.house.admin, scene.house.installation, scene.code)


@pytest.mark.parametrize("strategy", ["STORY", "SPRINT"])
def test_a_run_works_its_tasks_off_in_order_and_rolls_up_to_the_end(house: House, strategy: str) -> None:
    scene = Sprinting.of(house, stories=3)
    run = scene.start(strategy)
    assert (run.status, run.pr_strategy) == (RunStatus.QUEUED, strategy)
    hand = house.hand()
    got = hand.take()
    assert scene.run.status is RunStatus.RUNNING
    assert scene.run.started_at == house.clock.now
    hand.done(got)
    assert [scene.task_of(got), *work_off(hand)] == [scene.tasks[0], *(f"T-{n}" for n in range(2, 7))]
    assert scene.states() == (
        [DONE] * 6,
        [StoryStatus.DONE] * 3,
        [PbiStatus.DONE] * 3,
        SprintStatus.CLOSED,
        RunStatus.DONE,
    )
    assert scene.run.ended_at == house.clock.now
    assert [type_ for type_ in house.told() if type_.startswith("sprint")][-2:] == [
        "sprint.changed",
        "sprint_run.changed",
    ]


def test_under_story_each_story_has_a_branch_and_stories_run_beside_each_other(house: House) -> None:
    scene = Sprinting.of(house, stories=2)
    scene.start("STORY")
    jobs = scene.jobs()
    assert [job.branch for job in jobs] == [
        f"ploeg/st-00{number}-{story[-6:]}" for number, story in enumerate(scene.stories, 1) for _ in range(2)
    ]
    one, two = house.hand("one").take(), house.hand("two").take()
    assert [scene.task_of(one), scene.task_of(two)] == [scene.tasks[0], scene.tasks[2]]
    assert house.hand("three").claim() is None, "the others come behind those two"


def test_under_sprint_there_is_one_branch_and_one_at_work_whatever_the_repository(house: House) -> None:
    scene = Sprinting.of(house, stories=2)
    house.write(
        backlog.edit_task, house.admin, scene.tasks[1], {"repo_url": "https://git.example.org/lib.git"}, backlog.Place()
    )
    run = scene.start("SPRINT")
    assert run.branch == f"ploeg/sprint-s-2026-11-22-1-{run.id[-6:]}"
    assert {job.branch for job in scene.jobs()} == {run.branch}
    assert [job.sequence for job in scene.jobs()] == [1, 2, 3, 4]
    first = house.hand("one")
    got = first.take()
    assert house.hand("two").claim() is None
    first.done(got)
    assert scene.task_of(house.hand("two").take()) == scene.tasks[1]


def test_the_product_says_the_strategy_where_the_start_does_not(house: House) -> None:
    scene = Sprinting.of(house, pr_strategy="SPRINT")
    assert house.read(sprint_runs.check, house.admin, house.installation, scene.code).strategy is PrStrategy.SPRINT
    assert scene.start().pr_strategy is PrStrategy.SPRINT
    with pytest.raises(Invalid, match="SPRINT_BATCH"):
        house.read(sprint_runs.check, house.admin, house.installation, scene.code, "TEAM")
    with pytest.raises(Invalid, match="pr_strategy"):
        house.write(products.edit, house.admin, scene.product, {"pr_strategy": "TEAM"})


def test_pre_flight_tells_all_that_stands_in_the_way_at_once(house: House) -> None:
    scene = Sprinting.of(house, stories=2, config={"runtime": "claude"})
    first, second = scene.tasks[:2]
    house.run(first)
    house.write(backlog.edit_task, house.admin, second, {"implementation_plan": None}, backlog.Place())
    house.write(
        backlog.edit_task, house.admin, scene.tasks[2], {"repo_url": "https://git.example.org/lib.git"}, backlog.Place()
    )
    house.write(backlog.edit_pbi, house.admin, scene.pbi(scene.stories[1]).id, {"status": "BLOCKED"}, backlog.Place())
    found = house.read(sprint_runs.check, house.admin, house.installation, scene.code, "SPRINT_BATCH")
    assert not found.ready
    assert [(blocker.obstacle, blocker.code) for blocker in found.blockers] == [
        (Obstacle.PBI_BLOCKED, "PBI-2"),
        (Obstacle.TASK_UNDER_WAY, "T-1"),
        (Obstacle.TASK_WITHOUT_PLAN, "T-2"),
        (Obstacle.OTHER_REPOSITORY, "T-3"),
    ]
    with pytest.raises(Conflict, match=r"PBI-2 is blocked.*T-1 has an unfinished job.*T-2 has no implementation plan"):
        scene.start("STORY")
    assert house.read(lambda tx: tx.sprints.runs(scene.sprint.id)) == []


def test_a_run_needs_an_open_sprint_with_work_and_no_other_run(house: House) -> None:
    scene = Sprinting.of(house)
    scene.start()
    again = house.read(sprint_runs.check, house.admin, house.installation, scene.code)
    assert Obstacle.RUN_UNENDED in {blocker.obstacle for blocker in again.blockers}
    work_off(house.hand())
    after = house.read(sprint_runs.check, house.admin, house.installation, scene.code)
    assert [blocker.obstacle for blocker in after.blockers] == [Obstacle.SPRINT_NOT_OPEN, Obstacle.NOTHING_TO_DO]


def test_one_job_for_all_takes_a_runtime_that_thinks(house: House) -> None:
    scene = Sprinting.of(house, stories=2, pr_strategy="SPRINT_BATCH")
    refused = house.read(sprint_runs.check, house.admin, house.installation, scene.code)
    assert [blocker.obstacle for blocker in refused.blockers] == [Obstacle.RUNTIME_WITHOUT_MODEL]
    house.write(products.edit, house.admin, scene.product, {"config": {"runtime": "claude"}})
    run = scene.start()
    (job,) = scene.jobs()
    assert (job.kind, job.task_id, job.branch) == ("SPRINT_IMPLEMENTATION", None, run.branch)
    assert (job.runtime, job.lane, run.branch) == ("claude", f"sprint {run.branch}", job.branch)


def test_a_run_of_one_job_settles_its_tasks_with_that_job(house: House) -> None:
    scene = Sprinting.of(house, stories=2, pr_strategy="SPRINT_BATCH", config={"runtime": "claude"})
    first = scene.start()
    assert page_of(scene).waits == "J-1 waits for a worker that offers the runtime «claude»: none is there"
    hand = house.hand(runtimes=["claude"])
    got = hand.take()
    assert {line.job.code for story in page_of(scene).stories for line in story.tasks if line.job} == {"J-1"}
    assert [each.task.code for each in got.executions] == ["T-1", "T-2", "T-3", "T-4"]
    hand.finish(got, "reported_failed", reason="no")
    assert (scene.run.status, scene.run.failure_reason) == (RunStatus.FAILED, "J-1 failed: no")
    second = scene.resume()
    assert (second.branch, second.pr_strategy) == (first.branch, PrStrategy.SPRINT_BATCH)
    again = hand.take()
    hand.finish(again, "push_conflict", reason="the branch has moved on")
    assert scene.run.status is RunStatus.PAUSED
    scene.resume()
    assert house.job(hand.take()).retry_of == again.job_id


def test_a_prerequisite_that_the_run_does_not_do_keeps_it_from_starting(house: House) -> None:
    scene = Sprinting.of(house)
    outside = house.task(house.story(scene.product))
    inside, task = scene.tasks
    house.write(dependencies.add, house.admin, CodeKind.TASK, task, outside)
    house.write(dependencies.add, house.admin, CodeKind.TASK, inside, task)
    found = house.read(sprint_runs.check, house.admin, house.installation, scene.code)
    assert [(blocker.obstacle, blocker.code) for blocker in found.blockers] == [(Obstacle.PREREQUISITE_UNDONE, "T-2")]
    assert [each.id for each in found.tasks] == [task, inside], "each behind what it needs"


def test_a_failed_task_fails_everything_above_it_and_cancels_the_rest(house: House) -> None:
    scene = Sprinting.of(house, stories=2)
    scene.start("STORY")
    failing, running = house.hand("one"), house.hand("two")
    got, other = failing.take(), running.take()
    failing.finish(got, "reported_failed", reason="the tests are red")
    assert scene.states() == (
        [TaskStatus.FAILED, TaskStatus.TO_DO, TaskStatus.IN_PROGRESS, TaskStatus.TO_DO],
        [StoryStatus.FAILED, StoryStatus.IN_SPRINT],
        [PbiStatus.FAILED, PbiStatus.READY],
        SprintStatus.FAILED,
        RunStatus.FAILED,
    )
    assert scene.run.failure_reason == "J-1 failed: the tests are red"
    assert scene.run.failed_task_id == scene.tasks[0]
    assert scene.statuses() == [JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.CLAIMED, JobStatus.CANCELLED]
    assert running.beat(other).order == "cancel"
    running.finish(other, "cancelled")
    assert house.task_now(scene.tasks[2]).status is TaskStatus.TO_DO
    assert scene.run.status is RunStatus.FAILED


def test_a_run_ends_though_a_task_was_skipped_or_taken_out(house: House) -> None:
    scene = Sprinting.of(house)
    scene.start("STORY")
    hand = house.hand()
    hand.finish(hand.take(), "skipped", reason="there is nothing to change here")
    assert scene.run.status is RunStatus.RUNNING
    hand.done(hand.take())
    assert (scene.run.status, scene.sprint.status) == (RunStatus.DONE, SprintStatus.OPEN)


def test_a_run_whose_jobs_people_cancel_is_cancelled(house: House) -> None:
    scene = Sprinting.of(house)
    scene.start("STORY")
    for job in scene.jobs():
        house.write(cancel.cancel, house.admin, job.code)
    assert scene.run.status is RunStatus.CANCELLED
    assert scene.run.failure_reason == "J-1 was cancelled: cancelled by admin"


def test_cancelling_a_run_cancels_its_jobs_and_leaves_others(house: House) -> None:
    scene = Sprinting.of(house)
    scene.start("STORY")
    by_hand = house.run(house.task(house.story(scene.product)))
    hand = house.hand()
    got = hand.take()
    assert scene.cancel().status is RunStatus.CANCELLED
    assert scene.statuses() == [JobStatus.CLAIMED, JobStatus.CANCELLED]
    assert hand.beat(got).order == "cancel"
    assert house.job(by_hand).status is JobStatus.QUEUED
    with pytest.raises(Conflict, match="no run under way"):
        scene.cancel()


def test_a_failed_run_is_resumed_as_a_new_one_on_the_same_branch(house: House) -> None:
    scene = Sprinting.of(house, stories=2)
    first = scene.start("SPRINT")
    hand = house.hand()
    hand.done(hand.take())
    hand.finish(hand.take(), "reported_failed", reason="no")
    second = scene.resume()
    assert (second.previous_run_id, second.branch, second.status) == (first.id, first.branch, RunStatus.QUEUED)
    assert scene.sprint.status is SprintStatus.OPEN
    assert [job.task_id for job in scene.jobs()] == scene.tasks[1:]
    assert {job.lane for job in scene.jobs()} == {job.lane for job in scene.jobs(first)}
    assert work_off(hand) == ["T-2", "T-3", "T-4"]
    assert (scene.run.status, scene.sprint.status) == (RunStatus.DONE, SprintStatus.CLOSED)
    with pytest.raises(Conflict, match="no run to resume"):
        scene.resume()


def test_a_job_of_a_run_is_tried_again_within_it(house: House) -> None:
    scene = Sprinting.of(house)
    scene.start("SPRINT")
    hand = house.hand()
    got = hand.take()
    hand.finish(got, "skipped", reason="it was there already")
    again = house.write(submit.retry, house.admin, house.installation, got.job_code, Wish()).job
    assert (again.sprint_run_id, again.branch, again.sequence) == (scene.run.id, scene.run.branch, 1)
    assert work_off(hand) == ["T-1", "T-2"]
    assert scene.run.status is RunStatus.DONE


def test_a_failure_cancels_what_other_runs_have_queued_for_the_same_item(house: House) -> None:
    scene = Sprinting.of(house)
    beside = Sprinting(house, scene.product, code="Later")
    house.write(sprints.add, house.admin, scene.product, "Later", "Later", {})
    beside.add_story(scene.beside(scene.stories[0]))
    by_hand = house.run(house.task(scene.beside(scene.stories[0])))
    scene.start("STORY")
    beside.start("STORY")
    hand = house.hand()
    house.write(cancel.cancel, house.admin, by_hand.code)
    by_hand = house.write(submit.retry, house.admin, house.installation, by_hand.code, Wish()).job
    got = hand.take()

    foreseen = house.read(cascade.preview, house.admin, got.job_code)
    assert (foreseen.task, foreseen.story, foreseen.pbi) == ("T-1", "ST-001", "PBI-1")
    assert foreseen.sprints == sorted([scene.code, "Later"], key=lambda code: code == "Later")
    assert [job.code for job in foreseen.cancelled] == ["J-3", "J-4", "J-5"]

    hand.finish(got, "reported_failed", reason="no")
    assert {job.reason for job in beside.jobs()} == {"cancelled_by_pbi_failure: J-2 failed"}
    assert [beside.run.status, scene.run.status] == [RunStatus.FAILED, RunStatus.FAILED]
    assert house.job(by_hand).status is JobStatus.QUEUED
    with pytest.raises(Conflict, match="has ended"):
        house.read(cascade.preview, house.admin, got.job_code)


def test_who_may_run_a_sprint(house: House) -> None:
    scene = Sprinting.of(house)
    ada = house.person("ada")
    house.write(products.set_member, house.admin, "demo", "ada", "viewer")
    assert house.read(sprint_runs.check, ada, house.installation, scene.code).ready
    with pytest.raises(Denied):
        house.write(sprint_runs.start, ada, house.installation, scene.code)
