from __future__ import annotations

import itertools
from typing import Any

import pytest

from ploeg.control.backlog import backlog
from ploeg.control.backlog.placing import Place
from ploeg.domain.backlog import LEAST_GAP, PbiStatus, StoryStatus, Task, TaskStatus
from ploeg.domain.errors import Conflict, Invalid, NotFound
from ploeg.tools.task import PLAN_MAX
from tests.control.house import House

NOWHERE = Place()


def order(house: House, story: str) -> list[str]:
    return [view.item.code for view in house.read(backlog.tasks, house.admin, "demo", story)]


def test_codes_count_on_within_each_product(house: House) -> None:
    for product in ("one", "two"):
        house.product(product)
        codes = [house.write(backlog.add_pbi, house.admin, product, "x", {}).item.code for _ in range(2)]
        assert codes == ["PBI-1", "PBI-2"]
        stories = [house.write(backlog.add_story, house.admin, f"{product}:PBI-1", "x", {}).item.code for _ in range(2)]
        assert stories == ["ST-001", "ST-002"]


def test_an_item_is_found_by_code_however_it_is_written(house: House) -> None:
    story = house.story(house.product())
    for reference in ("ST-001", "st-1", "demo:ST-001", "DEMO:st-01", story):
        assert house.read(backlog.show_story, house.admin, reference).item.id == story


def test_a_code_of_another_kind_is_explained(house: House) -> None:
    house.a_task()
    with pytest.raises(Invalid, match="code of a task"):
        house.read(backlog.show_story, house.admin, "T-1")


def test_a_code_that_several_products_have_asks_for_the_product(house: House) -> None:
    house.a_task("one")
    house.a_task("two")
    with pytest.raises(Conflict, match="one:T-1 or two:T-1"):
        house.read(backlog.show_task, house.admin, "T-1")
    assert house.read(backlog.show_task, house.admin, "two:T-1").product == "two"


def test_a_code_is_looked_for_in_the_caller_s_own_products(house: House) -> None:
    ada = house.person("ada")
    house.a_task("one")
    mine = house.task(house.story(house.product("mine", ada), ada), ada)
    assert house.read(backlog.show_task, ada, "T-1").item.id == mine


@pytest.mark.parametrize("reference", ["T-99", "tsk_nope", "", "..", "T-1\x00", "one:T-1:x", "é", "T-" + "9" * 60])
def test_what_is_not_there_is_not_found(house: House, reference: str) -> None:
    house.a_task("one")
    with pytest.raises(NotFound):
        house.read(backlog.show_task, house.admin, reference)


def test_what_is_not_yours_reads_like_what_is_not_there(house: House) -> None:
    task = house.a_task("one")
    ada = house.person("ada")
    answers = []
    for reference in (task, "T-1", "one:T-1", "tsk_nope"):
        with pytest.raises(NotFound) as refused:
            house.read(backlog.show_task, ada, reference)
        answers.append(str(refused.value).replace(reference, "?"))
    assert answers[0] == answers[1] == answers[3]


def test_a_task_goes_where_it_is_put(house: House) -> None:
    story = house.story(house.product())
    for _ in range(3):
        house.task(story)
    assert order(house, story) == ["T-1", "T-2", "T-3"]
    house.write(backlog.edit_task, house.admin, "T-3", {}, Place(before="T-1"))
    assert order(house, story) == ["T-3", "T-1", "T-2"]
    house.write(backlog.edit_task, house.admin, "T-3", {}, Place(after="T-1"))
    assert order(house, story) == ["T-1", "T-3", "T-2"]
    house.write(backlog.edit_task, house.admin, "T-1", {}, Place(after="t-2"))
    assert order(house, story) == ["T-3", "T-2", "T-1"]


@pytest.mark.parametrize(
    "place", [Place(after="T-9"), Place(before="T-1"), Place(after="T-2", before="T-2"), Place(first=True, last=True)]
)
def test_a_place_beside_nothing_is_refused(house: House, place: Place) -> None:
    story = house.story(house.product())
    house.task(story)
    house.task(story)
    with pytest.raises(Invalid):
        house.write(backlog.edit_task, house.admin, "T-1", {}, place)


def test_a_task_goes_to_either_end(house: House) -> None:
    story = house.story(house.product())
    for _ in range(3):
        house.task(story)
    house.write(backlog.edit_task, house.admin, "T-3", {}, Place(first=True))
    house.write(backlog.edit_task, house.admin, "T-1", {}, Place(last=True))
    assert order(house, story) == ["T-3", "T-2", "T-1"]


def test_order_holds_when_there_is_no_room_left_between_two_numbers(house: House) -> None:
    story = house.story(house.product())
    for _ in range(4):
        house.task(story)
    for _ in range(30):
        house.write(backlog.edit_task, house.admin, "T-3", {}, Place(after="T-1"))
        house.write(backlog.edit_task, house.admin, "T-2", {}, Place(after="T-1"))
    assert order(house, story) == ["T-1", "T-2", "T-3", "T-4"]
    places = [view.item.sort_order for view in house.read(backlog.tasks, house.admin, "demo", story)]
    assert min(right - left for left, right in itertools.pairwise(places)) >= LEAST_GAP / 2


def test_items_move_among_their_own_siblings_only(house: House) -> None:
    house.product()
    here, there = house.story(), house.story()
    house.task(here)
    house.task(there)
    with pytest.raises(Invalid, match="beside T-1"):
        house.write(backlog.edit_task, house.admin, "T-1", {}, Place(after="T-2"))


def test_a_plan_of_64_kilobytes_is_kept_whole(house: House) -> None:
    plan = "- change `a.py`\n" * 4096
    assert len(plan) == 64 * 1024
    task = house.read(backlog.show_task, house.admin, house.a_task(implementation_plan=plan)).item
    assert isinstance(task, Task)
    assert task.implementation_plan == plan


def test_a_plan_beyond_the_limit_is_refused_with_what_would_do(house: House) -> None:
    story = house.story(house.product())
    with pytest.raises(Invalid) as refused:
        house.task(story, implementation_plan="x" * (PLAN_MAX + 1))
    assert refused.value.field == "implementation_plan"
    assert str(PLAN_MAX) in refused.value.remedy
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", " "),
        ("title", "x" * 201),
        ("title", "two\nlines"),
        ("priority", 5),
        ("status", "done"),
        ("verify_required", "SOME"),
        ("verify_only", "yes"),
        ("repo_url", "ext::sh"),
        ("description", "\x00"),
        ("colour", "red"),
    ],
)
def test_a_task_s_field_that_cannot_be_used_is_named(house: House, field: str, value: Any) -> None:
    task = house.a_task()
    with pytest.raises(Invalid) as refused:
        house.write(backlog.edit_task, house.admin, task, {field: value}, NOWHERE)
    assert refused.value.field == field


def statuses(house: House) -> tuple[StoryStatus, PbiStatus]:
    story = house.read(backlog.stories, house.admin, "demo")[0].item
    pbi = house.read(backlog.pbis, house.admin, "demo")[0].item
    return story.status, pbi.status  # type: ignore[return-value]  # a story's and an item's


def test_story_and_item_follow_their_tasks_in_the_same_transaction(house: House) -> None:
    story = house.story(house.product())
    one, two = house.task(story), house.task(story)

    def put(task: str, status: TaskStatus) -> None:
        house.write(backlog.edit_task, house.admin, task, {"status": status}, NOWHERE)

    put(one, TaskStatus.DONE)
    assert statuses(house) == (StoryStatus.OPEN, PbiStatus.READY)
    put(two, TaskStatus.EXCLUDED)
    assert statuses(house) == (StoryStatus.DONE, PbiStatus.DONE)
    put(two, TaskStatus.FAILED)
    assert statuses(house) == (StoryStatus.FAILED, PbiStatus.FAILED)
    put(two, TaskStatus.TO_DO)
    assert statuses(house) == (StoryStatus.OPEN, PbiStatus.READY)


def test_new_work_opens_what_was_done(house: House) -> None:
    task = house.a_task()
    house.write(backlog.edit_task, house.admin, task, {"status": "DONE"}, NOWHERE)
    house.task("ST-001")
    assert statuses(house) == (StoryStatus.OPEN, PbiStatus.READY)


def test_nothing_rolls_over_a_blocked_item(house: House) -> None:
    task = house.a_task()
    house.write(backlog.edit_pbi, house.admin, "PBI-1", {"status": "BLOCKED"}, NOWHERE)
    house.write(backlog.edit_task, house.admin, task, {"status": "DONE"}, NOWHERE)
    assert statuses(house) == (StoryStatus.DONE, PbiStatus.BLOCKED)


def test_people_set_an_item_ready_or_blocked_and_nothing_else(house: House) -> None:
    house.a_task()
    with pytest.raises(Invalid):
        house.write(backlog.edit_pbi, house.admin, "PBI-1", {"status": "DONE"}, NOWHERE)
