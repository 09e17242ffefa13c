"""Items go to another parent; what they leave and what they come to follows."""

from __future__ import annotations

import pytest

from ploeg.control.backlog import archive, backlog
from ploeg.control.backlog.placing import Place
from ploeg.control.products import products
from ploeg.domain.backlog import PbiStatus, Story, StoryStatus
from ploeg.domain.errors import Conflict, Invalid, NotFound
from tests.control.house import House

NOWHERE = Place()


@pytest.fixture
def here(house: House) -> House:
    """PBI-1 with ST-001 (T-1, T-2), PBI-2 with ST-002 (T-3)."""
    house.product()
    first, second = house.story(), house.story()
    for story in (first, first, second):
        house.task(story)
    return house


def put(house: House, task: str, status: str) -> None:
    house.write(backlog.edit_task, house.admin, task, {"status": status}, NOWHERE)


def states(house: House) -> list[str]:
    stories = [view.item.status for view in house.read(backlog.stories, house.admin, "demo")]
    return [
        str(status) for status in (*stories, *(v.item.status for v in house.read(backlog.pbis, house.admin, "demo")))
    ]


def test_a_moved_task_counts_where_it_is_and_no_longer_where_it_was(here: House) -> None:
    put(here, "T-1", "DONE")
    put(here, "T-2", "FAILED")
    put(here, "T-3", "DONE")
    assert states(here) == ["FAILED", "DONE", "FAILED", "DONE"]
    moved = here.write(backlog.edit_task, here.admin, "T-2", {"story": "ST-002"}, Place(first=True))
    assert moved.parent == "ST-002"
    assert states(here) == ["DONE", "FAILED", "DONE", "FAILED"]
    assert [view.item.code for view in here.read(backlog.tasks, here.admin, "demo", "ST-002")] == ["T-2", "T-3"]


def test_a_moved_task_stands_behind_the_others(here: House) -> None:
    here.write(backlog.edit_task, here.admin, "T-3", {"story": "st-1"}, NOWHERE)
    assert [view.item.code for view in here.read(backlog.tasks, here.admin, "demo", "ST-001")] == ["T-1", "T-2", "T-3"]


def test_a_moved_story_takes_its_state_along(here: House) -> None:
    put(here, "T-3", "DONE")
    moved = here.write(backlog.edit_story, here.admin, "ST-002", {"pbi": "PBI-1"}, NOWHERE)
    assert moved.parent == "PBI-1"
    assert states(here) == ["OPEN", "DONE", PbiStatus.READY, PbiStatus.READY]
    put(here, "T-1", "DONE")
    put(here, "T-2", "DONE")
    assert states(here)[2] == PbiStatus.DONE


def test_a_task_with_an_unfinished_job_stays(here: House) -> None:
    here.run("T-1")
    with pytest.raises(Conflict, match="J-1"):
        here.write(backlog.edit_task, here.admin, "T-1", {"story": "ST-002"}, NOWHERE)


def test_an_item_stays_in_its_product(here: House) -> None:
    here.product("other")
    other = here.story("other")
    with pytest.raises(Invalid, match="stays in its product"):
        here.write(backlog.edit_task, here.admin, "demo:T-1", {"story": other}, NOWHERE)
    with pytest.raises(NotFound):
        here.write(backlog.edit_story, here.admin, "demo:ST-001", {"pbi": "PBI-9"}, NOWHERE)


def test_what_is_archived_leaves_the_lists_with_all_below_it_and_comes_back_as_it_was(here: House) -> None:
    here.write(archive.archive_task, here.admin, "T-1")
    here.clock.turn(minutes=1)
    here.write(archive.archive_pbi, here.admin, "PBI-1")
    assert [view.item.code for view in here.read(backlog.tasks, here.admin, "demo")] == ["T-3"]
    assert len(here.read(backlog.tasks, here.admin, "demo", archived=True)) == 3
    here.write(archive.restore_pbi, here.admin, "PBI-1")
    assert {view.item.code for view in here.read(backlog.tasks, here.admin, "demo")} == {"T-2", "T-3"}
    here.write(archive.restore_task, here.admin, "T-1")
    assert [view.item.code for view in here.read(backlog.tasks, here.admin, "demo", "ST-001")] == ["T-1", "T-2"]


def test_what_is_archived_counts_no_longer(here: House) -> None:
    put(here, "T-1", "DONE")
    here.write(archive.archive_task, here.admin, "T-2")
    assert states(here)[0] == StoryStatus.DONE
    here.write(archive.restore_task, here.admin, "T-2")
    assert states(here)[0] == StoryStatus.OPEN


def test_nothing_is_added_to_moved_to_or_run_in_the_archive(here: House) -> None:
    here.write(archive.archive_story, here.admin, "ST-002")
    for attempt in (
        lambda: here.task("ST-002"),
        lambda: here.write(backlog.edit_task, here.admin, "T-1", {"story": "ST-002"}, NOWHERE),
        lambda: here.run("T-3"),
        lambda: here.write(archive.restore_task, here.admin, "T-3"),
    ):
        with pytest.raises(Conflict, match="archived"):
            attempt()


def test_what_has_an_unfinished_job_is_not_archived(here: House) -> None:
    here.run("T-1")
    for verb, item in (
        (archive.archive_task, "T-1"),
        (archive.archive_story, "ST-001"),
        (archive.archive_pbi, "PBI-1"),
    ):
        with pytest.raises(Conflict, match="J-1"):
            here.write(verb, here.admin, item)


def test_a_story_is_assigned_to_those_who_may_work_on_it(here: House) -> None:
    here.person("ada")
    with pytest.raises(Invalid, match="member of the product"):
        here.write(backlog.edit_story, here.admin, "ST-001", {"assignee": "ada"}, NOWHERE)
    here.write(products.set_member, here.admin, "demo", "ada", "member")
    edited = here.write(backlog.edit_story, here.admin, "ST-001", {"assignee": "ada", "estimate": 3}, NOWHERE)
    assert edited.assignee == "ada"
    cleared = here.write(backlog.edit_story, here.admin, "ST-001", {"assignee": None, "estimate": None}, NOWHERE)
    assert isinstance(cleared.item, Story)
    assert (cleared.assignee, cleared.item.estimate) == (None, None)


@pytest.mark.parametrize("estimate", [-1, 10_001, True, "3", float("nan")])
def test_an_estimate_is_a_number_in_reason(here: House, estimate: object) -> None:
    with pytest.raises(Invalid, match="estimate"):
        here.write(backlog.edit_task, here.admin, "T-1", {"estimate": estimate}, NOWHERE)
