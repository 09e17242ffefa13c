from __future__ import annotations

from typing import Any

import pytest

from ploeg.control.backlog import backlog
from ploeg.control.backlog.placing import Place
from ploeg.control.products import products
from ploeg.control.queue import submit
from ploeg.control.queue.submit import Wish
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound
from ploeg.domain.job import JobStatus
from tests.control.house import House


def test_a_task_becomes_a_queued_job_on_its_story_s_branch(house: House) -> None:
    task = house.a_task()
    job = house.run(task)
    story = house.task_now(task).story_id
    assert (job.code, job.status, job.runtime) == ("J-1", JobStatus.QUEUED, "patch")
    assert job.branch == f"ploeg/st-001-{story[-6:]}"
    assert job.lane == f"https://git.example.org/demo {job.branch}"


def test_a_job_says_what_it_runs_with_layer_by_layer(house: House) -> None:
    house.product(config={"runtime": "claude", "max_turns": 7})
    task = house.task(house.story(), config={"model": "opus"})
    job = house.run(task, config={"max_turns": 9, "model": "haiku"})
    product = house.read(products.show, house.admin, "demo").product
    config = submit.resolved(job, house.task_now(task), product, house.installation)
    assert (config.runtime, config.model, config.limits.max_turns) == ("claude", "opus", 9)
    assert (config.source["runtime"], config.source["model"], config.source["max_turns"]) == ("product", "task", "job")
    assert job.runtime == "claude"


def test_tasks_of_one_story_are_numbered_in_their_order(house: House) -> None:
    story = house.story(house.product())
    tasks = [house.task(story) for _ in range(3)]
    house.write(backlog.edit_task, house.admin, tasks[2], {}, Place(before=tasks[0]))
    jobs = [house.run(task) for task in tasks]
    assert [job.sequence for job in jobs] == [2, 3, 1]
    assert len({job.lane for job in jobs}) == 1


@pytest.mark.parametrize("reference", ["T-9", "nope", "tsk_x", "demo:T-2"])
def test_an_unknown_task_is_not_found(house: House, reference: str) -> None:
    house.a_task()
    with pytest.raises(NotFound):
        house.run(reference)


def test_a_task_of_an_archived_product_is_refused(house: House) -> None:
    task = house.a_task()
    house.write(products.archive, house.admin, "demo")
    with pytest.raises(Conflict, match="archived"):
        house.run(task)


def test_a_product_without_a_repository_takes_no_jobs(house: House) -> None:
    task = house.task(house.story(house.product(repo_url=None)))
    with pytest.raises(Conflict, match="no repository"):
        house.run(task)


@pytest.mark.parametrize("plan", [None, "", " \n "])
def test_a_task_without_a_plan_is_refused(house: House, plan: str | None) -> None:
    task = house.a_task(implementation_plan=plan)
    with pytest.raises(Conflict, match="no implementation plan"):
        house.run(task)


def test_a_done_task_is_refused_until_it_is_opened_again(house: House) -> None:
    task = house.a_task()
    house.write(backlog.edit_task, house.admin, task, {"status": "DONE"}, Place())
    with pytest.raises(Conflict, match="DONE"):
        house.run(task)


def test_a_second_job_for_the_same_task_is_refused_and_names_the_first(house: House) -> None:
    task = house.a_task()
    house.run(task)
    with pytest.raises(Conflict, match="J-1 is queued"):
        house.run(task)


def test_the_same_key_gets_the_same_job_even_when_it_has_ended(house: House) -> None:
    task = house.a_task()
    job = house.run(task, key="k")
    assert house.run(task, key="k").id == job.id
    hand = house.hand()
    hand.finish(hand.take(), "skipped", reason="nothing to do here")
    assert house.run(task, key="k").id == job.id
    assert house.run(task, key="other").id != job.id


def test_a_key_belongs_to_its_user_and_its_task(house: House) -> None:
    house.product()
    one, two = house.task(house.story()), house.task(house.story())
    house.run(one, key="k")
    with pytest.raises(Conflict, match="J-1"):
        house.run(two, key="k")
    ada = house.person("ada")
    house.write(products.set_member, house.admin, "demo", "ada", "member")
    assert house.run(two, ada, key="k").code == "J-2"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"key": ""}, "key"),
        ({"key": "x" * 201}, "key"),
        ({"key": "a\nb"}, "key"),
        ({"labels": ("a b",)}, "labels"),
        ({"labels": tuple(map(str, range(21)))}, "labels"),
        ({"rank": 10**7}, "rank"),
        ({"instruction": "x" * 4001}, "instruction"),
        ({"config": {"max_minutes": 0}}, "max_minutes"),
    ],
)
def test_a_wish_that_cannot_be_used_is_named(house: House, wish: dict[str, Any], field: str) -> None:
    task = house.a_task()
    with pytest.raises(Invalid) as refused:
        house.run(task, **wish)
    assert refused.value.field == field


def test_a_viewer_queues_nothing(house: House) -> None:
    task = house.a_task()
    ada = house.person("ada")
    house.write(products.set_member, house.admin, "demo", "ada", "viewer")
    with pytest.raises(Denied):
        house.run(task, ada)


def test_a_retry_is_a_new_job_with_the_old_one_s_wishes(house: House) -> None:
    task = house.a_task()
    old = house.run(task, instruction="be quick", labels=("gpu",), config={"max_turns": 3, "model": "opus"})
    hand = house.hand(labels=["gpu"])
    hand.finish(hand.take(), "timed_out", reason="too slow")
    wish = Wish(config={"max_turns": 30})
    again = house.write(submit.retry, house.admin, house.installation, old.code, wish).job
    assert (again.code, again.retry_of, again.status) == ("J-2", old.id, JobStatus.QUEUED)
    assert (again.instruction, again.labels) == ("be quick", ("gpu",))
    assert again.overrides == {"max_turns": 30, "model": "opus"}
    assert house.job(old).status is JobStatus.FAILED


def test_only_an_ended_job_is_tried_again(house: House) -> None:
    old = house.run(house.a_task())
    with pytest.raises(Conflict, match="J-1 is queued"):
        house.write(submit.retry, house.admin, house.installation, old.code, Wish())


def test_a_retry_with_the_same_key_is_made_once(house: House) -> None:
    old = house.run(house.a_task())
    hand = house.hand()
    hand.finish(hand.take(), "silent")
    first = house.write(submit.retry, house.admin, house.installation, old.code, Wish(key="r"))
    second = house.write(submit.retry, house.admin, house.installation, old.code, Wish(key="r"))
    assert (first.new, second.new) == (True, False)
    assert first.job.id == second.job.id


def test_labels_that_a_task_or_its_product_requires_are_added_to_those_of_the_job(house: House) -> None:
    task = house.a_task(config={"required_labels": ["gpu"]})
    house.write(products.edit, house.admin, "demo", {"config": {"required_labels": ["indoors"]}})
    assert house.run(task, labels=("big", "gpu")).labels == ("big", "gpu"), "the task's take the place of the product's"
    other = house.task(house.story())
    assert house.run(other).labels == ("indoors",)
    with pytest.raises(Invalid, match="required_labels"):
        house.write(products.edit, house.admin, "demo", {"config": {"required_labels": ["two words"]}})
