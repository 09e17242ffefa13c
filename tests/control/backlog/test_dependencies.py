"""What tasks and stories need done first: named by people, kept free of circles, kept to by the queue."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.control import read
from ploeg.control.backlog import archive, backlog, dependencies
from ploeg.control.backlog.placing import Place
from ploeg.control.products import products
from ploeg.control.watch import Watch
from ploeg.domain.codes import CodeKind
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound
from ploeg.domain.occurrence import Event
from tests.control.house import House

TASK, STORY = CodeKind.TASK, CodeKind.STORY
NOWHERE = Place()


@pytest.fixture
def two_stories(house: House) -> House:
    """ST-001 with T-1 and T-2, ST-002 with T-3 and T-4."""
    house.product()
    for story in (house.story(), house.story()):
        house.task(story)
        house.task(story)
    return house


def need(house: House, item: str, first: str, kind: CodeKind = TASK) -> None:
    house.write(dependencies.add, house.admin, kind, item, first)


def finish(house: House, task: str) -> None:
    house.write(backlog.edit_task, house.admin, task, {"status": "DONE"}, NOWHERE)


def test_a_dependency_is_shown_at_both_ends_and_taken_back(two_stories: House) -> None:
    house = two_stories
    need(house, "T-3", "T-1")
    need(house, "T-3", "t-1")
    shown = house.read(dependencies.show, house.admin, TASK, "T-1")
    assert [view.item.code for view in shown.needed_by] == ["T-3"]
    house.write(dependencies.remove, house.admin, TASK, "T-3", "T-1")
    assert house.read(dependencies.show, house.admin, TASK, "T-3").needs == []


def test_a_circle_is_refused_and_shown(two_stories: House) -> None:
    need(two_stories, "T-2", "T-1")
    need(two_stories, "T-3", "T-2")
    with pytest.raises(Conflict, match="T-1 → T-3 → T-2 → T-1"):
        need(two_stories, "T-1", "T-3")
    with pytest.raises(Conflict, match="T-1 → T-1"):
        need(two_stories, "T-1", "T-1")


def test_a_circle_through_stories_and_their_tasks_is_refused(two_stories: House) -> None:
    need(two_stories, "ST-002", "ST-001", STORY)
    with pytest.raises(Conflict, match="ST-001 → ST-002 → ST-001"):
        need(two_stories, "ST-001", "ST-002", STORY)
    with pytest.raises(Conflict, match="T-1 → T-3 → ST-001 → T-1"):
        need(two_stories, "T-1", "T-3")


def test_what_is_archived_and_may_come_back_closes_a_circle_too(two_stories: House) -> None:
    need(two_stories, "T-1", "T-2")
    need(two_stories, "T-2", "T-3")
    two_stories.write(archive.archive_task, two_stories.admin, "T-2")
    with pytest.raises(Conflict, match="T-3 → T-1 → T-2 → T-3"):
        need(two_stories, "T-3", "T-1")


def test_a_task_is_not_moved_to_where_it_could_never_begin(two_stories: House) -> None:
    need(two_stories, "ST-002", "ST-001", STORY)
    need(two_stories, "T-2", "T-1")
    with pytest.raises(Conflict, match="circle"):
        two_stories.write(backlog.edit_task, two_stories.admin, "T-1", {"story": "ST-002"}, NOWHERE)


def test_jobs_that_are_queued_in_the_other_order_are_named(two_stories: House) -> None:
    house = two_stories
    house.run("T-1")
    house.run("T-2")
    with pytest.raises(Conflict, match="J-1 and J-2 are queued in the other order"):
        need(house, "T-1", "T-2")


def test_a_job_waits_for_what_its_task_and_story_need_and_says_so(two_stories: House) -> None:
    house, hand = two_stories, two_stories.hand()
    need(house, "T-4", "T-2")
    need(house, "ST-002", "ST-001", STORY)
    house.run("T-4")
    assert hand.claim() is None
    why = house.read(read.job, house.admin, house.installation, "J-1").waiting_for
    assert why == "T-2, which it needs done first and is TO_DO, ST-001, which it needs done first and is OPEN"
    finish(house, "T-2")
    assert hand.claim() is None
    finish(house, "T-1")
    assert hand.take().job_code == "J-1"


def test_jobs_go_in_the_order_that_their_dependencies_allow(two_stories: House) -> None:
    house, hand = two_stories, two_stories.hand()
    need(house, "T-1", "T-4")
    need(house, "T-3", "T-2")
    for task in ("T-1", "T-2", "T-3", "T-4"):
        house.run(task)
    done = []
    for _ in range(4):
        assignment = hand.take()
        hand.done(assignment)
        done.append(assignment.task.code if assignment.task else "")
    assert sorted(done) == ["T-1", "T-2", "T-3", "T-4"]
    assert done.index("T-4") < done.index("T-1")
    assert done.index("T-2") < done.index("T-3")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("data", "wakes"),
    [
        ({"status": "DONE"}, True),
        ({"status": "EXCLUDED"}, True),
        ({"status": "TO_DO", "change": "archived"}, True),
        ({"status": "TO_DO", "change": "dependency_removed"}, True),
        ({"status": "IN_PROGRESS"}, False),
    ],
)
async def test_what_is_finished_wakes_those_that_wait_for_work(house: House, data: dict[str, Any], wakes: bool) -> None:
    watch = Watch()
    with watch.waiting() as waiter:
        waiter.ask()
        watch.tell([Event(id=1, at=house.clock.now, type="task.changed", actor="user:ada", data=data)])
        assert waiter.awake is wakes


def test_items_of_two_products_do_not_need_each_other(house: House) -> None:
    house.a_task("one")
    house.a_task("two")
    with pytest.raises(Invalid, match="same product"):
        need(house, "one:T-1", "two:T-1")


def test_who_may_look_may_not_change_and_who_may_not_look_finds_nothing(house: House) -> None:
    house.a_task()
    house.task("ST-001")
    ada, bob = house.person("ada"), house.person("bob")
    house.write(products.set_member, house.admin, "demo", "ada", "viewer")
    with pytest.raises(Denied):
        house.write(dependencies.add, ada, TASK, "T-1", "T-2")
    with pytest.raises(NotFound):
        house.write(dependencies.add, bob, TASK, "T-1", "T-2")
