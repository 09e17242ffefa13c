"""Sprints: added, changed, filled with stories, closed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ploeg.control.backlog import backlog
from ploeg.control.products import products
from ploeg.control.sprints import sprints
from ploeg.domain.backlog import StoryStatus, TaskStatus
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound
from ploeg.domain.sprint import Sprint, SprintStatus
from tests.control.house import House
from tests.control.sprinting import Sprinting


def add(house: House, product: str = "demo", code: str | None = None, **fields: Any) -> Sprint:
    return house.write(sprints.add, house.admin, product, "Ship it", code, fields)


def edit(house: House, code: str, **fields: Any) -> Sprint:
    return house.write(sprints.edit, house.admin, code, fields)


def test_codes_name_the_day_and_go_on_behind_each_other(house: House) -> None:
    house.product()
    assert [add(house).code for _ in range(2)] == ["S-2026-11-22-1", "S-2026-11-22-2"]
    house.clock.turn(days=1)
    assert add(house).code == "S-2026-11-23-1"
    house.product("other")
    assert add(house, "other").code == "S-2026-11-23-1"


def test_a_code_that_somebody_chose_is_passed_over_and_found_in_any_spelling(house: House) -> None:
    house.product()
    assert add(house, code="S-2026-11-22-1").code == "S-2026-11-22-1"
    assert add(house).code == "S-2026-11-22-2"
    add(house, code="Launch")
    assert edit(house, "launch", goal="Fly").goal == "Fly"
    with pytest.raises(Conflict, match="already"):
        add(house, code="LAUNCH")


@pytest.mark.parametrize("code", ["PBI-7", "a b", "a/b", "a..b", "x" * 31, "-a", ""])
def test_a_code_that_could_be_no_part_of_a_branch_is_refused(house: House, code: str) -> None:
    house.product()
    with pytest.raises(Invalid, match="code"):
        add(house, code=code)


def test_dates_are_days_in_their_order(house: House) -> None:
    house.product()
    sprint = add(house, start_date="2026-11-23", end_date="2026-12-04")
    assert (sprint.start_date, sprint.end_date) == (date(2026, 11, 23), date(2026, 12, 4))
    with pytest.raises(Invalid, match="end_date"):
        edit(house, sprint.code, end_date="2026-11-01")
    with pytest.raises(Invalid, match="2026-05-27"):
        edit(house, sprint.code, start_date="next week")
    assert edit(house, sprint.code, end_date=None).end_date is None


def test_a_story_is_in_one_open_sprint_at_most(house: House) -> None:
    scene = Sprinting.of(house)
    (story,) = scene.stories
    assert scene.story(story).status is StoryStatus.IN_SPRINT
    other = add(house).code
    with pytest.raises(Conflict, match=f"in sprint {scene.code} already"):
        house.write(sprints.plan, house.admin, other, [story])
    house.write(sprints.unplan, house.admin, scene.code, story)
    assert scene.story(story).status is StoryStatus.OPEN
    house.write(sprints.plan, house.admin, other, [story])
    house.write(sprints.unplan, house.admin, scene.code, story)
    assert scene.story(story).status is StoryStatus.IN_SPRINT, "it is in the other one, and stays there"


def test_a_story_of_another_product_is_refused_and_nothing_is_planned(house: House) -> None:
    scene = Sprinting.of(house)
    own, foreign = house.story("demo"), house.story(house.product("other"))
    with pytest.raises(Invalid, match="of product demo"):
        house.write(sprints.plan, house.admin, scene.code, [own, foreign])
    assert scene.story(own).sprint_id is None
    with pytest.raises(NotFound):
        house.write(sprints.plan, house.admin, scene.code, ["ST-099"])


def test_its_stories_are_in_the_order_of_the_backlog(house: House) -> None:
    scene = Sprinting.of(house, stories=3)
    first, second, third = scene.stories
    pbi = scene.story(third).pbi_id
    before = scene.story(first).pbi_id
    house.write(backlog.edit_pbi, house.admin, pbi, {}, backlog.Place(before=before))
    found = house.read(lambda tx: [story.id for story in tx.sprints.stories(scene.sprint.id)])
    assert found == [third, first, second]


def test_closing_by_hand_sends_what_is_not_done_back_to_the_backlog(house: House) -> None:
    scene = Sprinting.of(house, stories=2)
    done, open_ = scene.stories
    for task in scene.tasks[:2]:
        house.write(backlog.edit_task, house.admin, task, {"status": "DONE"}, backlog.Place())
    closed = edit(house, scene.code, status="closed")
    assert (closed.status, closed.completed_at, closed.end_date) == (
        SprintStatus.CLOSED,
        house.clock.now,
        house.clock.now.date(),
    )
    assert scene.story(done).sprint_id == closed.id
    assert (scene.story(open_).sprint_id, scene.story(open_).status) == (None, StoryStatus.OPEN)
    with pytest.raises(Conflict, match="CLOSED"):
        house.write(sprints.plan, house.admin, scene.code, [open_])
    assert edit(house, scene.code, status="OPEN").completed_at is None


def test_people_do_not_set_what_follows_from_the_stories(house: House) -> None:
    scene = Sprinting.of(house)
    with pytest.raises(Invalid, match="fails by its stories"):
        edit(house, scene.code, status="FAILED")
    house.write(backlog.edit_task, house.admin, scene.tasks[0], {"status": "FAILED"}, backlog.Place())
    assert scene.sprint.status is SprintStatus.FAILED
    with pytest.raises(Conflict, match="has failed"):
        edit(house, scene.code, status="OPEN")
    house.write(backlog.edit_task, house.admin, scene.tasks[0], {"status": "TO_DO"}, backlog.Place())
    assert scene.sprint.status is SprintStatus.OPEN


def test_a_sprint_rolls_up_from_its_own_stories_and_their_items_failures(house: House) -> None:
    scene = Sprinting.of(house)
    (story,) = scene.stories
    beside = house.task(scene.beside(story))
    house.write(backlog.edit_task, house.admin, beside, {"status": "FAILED"}, backlog.Place())
    assert scene.sprint.status is SprintStatus.FAILED, "its backlog item has failed"
    house.write(backlog.edit_task, house.admin, beside, {"status": "TO_DO"}, backlog.Place())
    for task, status in zip(scene.tasks, (TaskStatus.DONE, TaskStatus.EXCLUDED), strict=True):
        house.write(backlog.edit_task, house.admin, task, {"status": status}, backlog.Place())
    assert scene.sprint.status is SprintStatus.CLOSED, "though its backlog item has more to do"


def test_whose_it_is(house: House) -> None:
    scene = Sprinting.of(house)
    ada = house.person("ada")
    for reference in (scene.code, "S-1999-01-01-1", "spr_nope"):
        with pytest.raises(NotFound):
            house.write(sprints.edit, ada, reference, {"goal": "Mine"})
    house.write(products.set_member, house.admin, "demo", "ada", "viewer")
    with pytest.raises(Denied):
        house.write(sprints.edit, ada, scene.code, {"goal": "Mine"})
    with pytest.raises(Invalid, match="code of a story"):
        house.write(sprints.edit, house.admin, "ST-001", {})
