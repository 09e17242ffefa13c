"""People who plan and queue at the same moment, on both databases: a task has one job, and a sprint one run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from ploeg.control.backlog import archive, backlog
from ploeg.control.backlog.placing import Place
from ploeg.control.queue import follow_up, submit
from ploeg.control.queue.submit import Wish
from ploeg.control.sprints import sprint_runs, sprints
from ploeg.control.work import cancel
from ploeg.domain.backlog import TaskStatus
from ploeg.domain.errors import Conflict
from ploeg.domain.job import Job, JobStatus
from tests.control.house import House
from tests.control.questions.test_question_race import at_once, busy_house
from tests.control.sprinting import Sprinting
from tests.store.conftest import database_url, migrated_file, postgres_cluster

__all__ = ["busy_house", "database_url", "migrated_file", "postgres_cluster"]

ROUNDS = 4


def unless_late(house: House, verb: Callable[..., Any], *said: Any) -> Callable[[], None]:
    """The verb in the admin's name, which may find that somebody else was first."""

    def act() -> None:
        with suppress(Conflict):
            house.write(verb, house.admin, *said)

    return act


def unfinished(house: House, task: str) -> list[Job]:
    jobs = house.read(lambda tx: tx.jobs.of_products([house.task_now(task).product_id], limit=200))
    return [job for job in jobs if job.task_id == task and not job.status.terminal]


def test_a_task_that_is_queued_twice_at_once_has_one_job(busy_house: House) -> None:
    house = busy_house
    story = house.story(house.product())
    for _ in range(ROUNDS):
        task = house.task(story)
        run = unless_late(house, submit.run_task, house.installation, task, Wish())
        at_once(*[run] * 4)
        assert len(unfinished(house, task)) == 1


def test_of_two_follow_ups_or_retries_at_once_one_is_queued(busy_house: House) -> None:
    house = busy_house
    hand = house.hand()
    story = house.story(house.product())
    for _ in range(ROUNDS):
        task = house.task(story)
        job = house.run(task)
        hand.finish(hand.take(), "reported_failed", reason="no")
        on = unless_late(house, follow_up.follow_up, house.installation, job.code, Wish(instruction="Go on."))
        again = unless_late(house, submit.retry, house.installation, job.code, Wish())
        house.write(backlog.edit_task, house.admin, task, {"status": "TO_DO"}, Place())
        at_once(on, again, on, again)
        (left,) = unfinished(house, task)
        house.write(cancel.cancel, house.admin, left.code)


def test_a_sprint_that_is_started_twice_at_once_has_one_run(busy_house: House) -> None:
    house = busy_house
    for number in range(ROUNDS):
        scene = Sprinting.of(house, stories=2, code=f"p{number}", called=f"round-{number}")
        start = unless_late(house, sprint_runs.start, house.installation, scene.code)
        at_once(start, start, start)
        assert len(house.read(sprint_runs.listed, house.admin, scene.code)) == 1
        assert [len(unfinished(house, task)) for task in scene.tasks] == [1] * 4


def test_a_task_queued_while_its_sprint_starts_has_one_job(busy_house: House) -> None:
    house = busy_house
    for number in range(ROUNDS):
        scene = Sprinting.of(house, code=f"p{number}", called=f"round-{number}")
        start = unless_late(house, sprint_runs.start, house.installation, scene.code)
        run = unless_late(house, submit.run_task, house.installation, scene.tasks[0], Wish())
        at_once(start, run)
        assert len(unfinished(house, scene.tasks[0])) == 1


def test_a_story_taken_out_while_its_sprint_starts_is_in_both_or_in_neither(busy_house: House) -> None:
    house = busy_house
    for number in range(ROUNDS):
        scene = Sprinting.of(house, stories=2, code=f"p{number}", called=f"round-{number}")
        start = unless_late(house, sprint_runs.start, house.installation, scene.code)
        out = unless_late(house, sprints.unplan, scene.code, scene.stories[1])
        at_once(start, out)
        planned = scene.story(scene.stories[1]).sprint_id is not None
        assert len(unfinished(house, scene.tasks[2])) == int(planned), number


def test_a_sprint_that_is_closed_while_it_starts_has_no_run_under_way(busy_house: House) -> None:
    house = busy_house
    for number in range(ROUNDS):
        scene = Sprinting.of(house, code=f"p{number}", called=f"round-{number}")
        start = unless_late(house, sprint_runs.start, house.installation, scene.code)
        close = unless_late(house, sprints.edit, scene.code, {"status": "CLOSED"})
        at_once(start, close)
        runs = house.read(sprint_runs.listed, house.admin, scene.code)
        assert (scene.sprint.status == "OPEN") == bool(runs), number


def test_a_story_planned_into_two_sprints_at_once_is_in_one_with_no_circle_of_locks(busy_house: House) -> None:
    house = busy_house
    for number in range(ROUNDS):
        product = house.product(code=f"p{number}")
        stories = [house.story(product) for _ in range(3)]
        one, two = (house.write(sprints.add, house.admin, product, "Go", f"s{number}-{n}", {}).code for n in (1, 2))
        at_once(
            unless_late(house, sprints.plan, one, stories),
            unless_late(house, sprints.plan, two, stories[::-1]),
        )
        planned = house.read(lambda tx, s=stories: {tx.backlog.story(each).sprint_id for each in s})
        assert len(planned) == 1


def test_a_task_that_is_archived_while_it_is_queued_has_no_job(busy_house: House) -> None:
    house = busy_house
    story = house.story(house.product())
    for number in range(ROUNDS):
        task = house.task(story)
        run = unless_late(house, submit.run_task, house.installation, task, Wish())
        at_once(run, unless_late(house, archive.archive_task, task))
        archived = house.task_now(task).archived_at is not None
        assert len(unfinished(house, task)) == int(not archived), number


def test_an_edit_in_the_moment_of_the_end_loses_neither(busy_house: House) -> None:
    house = busy_house
    hand = house.hand()
    story = house.story(house.product())
    for number in range(ROUNDS):
        task = house.task(story)
        job = house.run(task)
        taken = hand.take()
        edit = unless_late(house, backlog.edit_task, task, {"title": f"Title {number}"}, Place())
        at_once(partial(hand.done, taken), edit)
        assert house.job(job).status is JobStatus.DONE
        assert (house.task_now(task).status, house.task_now(task).title) == (TaskStatus.DONE, f"Title {number}")
