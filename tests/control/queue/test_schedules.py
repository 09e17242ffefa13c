"""Schedules queue a task again and again: once for each moment, and never two at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ploeg.control.products import products
from ploeg.control.queue import recurrence, scheduled, schedules
from ploeg.control.queue.schedules import ScheduleView
from ploeg.control.queue.submit import Wish
from ploeg.control.sweep import next_due
from ploeg.domain.access import Principal, Role
from ploeg.domain.backlog import TaskStatus
from ploeg.domain.errors import Denied, Invalid, NotFound
from tests.control.house import Hand, House

pytestmark = pytest.mark.anyio

ZONE = "Europe/Amsterdam"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def task(house: House) -> str:
    return house.a_task()


@pytest.fixture
def hand(house: House) -> Hand:
    return house.hand()


def add(house: House, task: str, text: str = "daily 03:00", by: Principal | None = None, **wish: Any) -> ScheduleView:
    return house.write(schedules.add, by or house.admin, task, text, ZONE, Wish(**wish))


def shown(house: House) -> ScheduleView:
    return house.read(schedules.show, house.admin, "SCH-1")


async def look(house: House) -> None:
    await scheduled.run_due(house.plane)


async def test_a_schedule_queues_its_task_when_its_moment_has_come(house: House, hand: Hand, task: str) -> None:
    view = add(house, task, instruction="Look for new ones.", labels=("night",), config={"max_minutes": 5.0})
    assert view.ahead[:2] == [utc("2026-11-23T02:00"), utc("2026-11-24T02:00")]
    assert house.read(next_due)[1] == view.ahead[0]
    await look(house)
    assert hand.claim() is None
    house.clock.turn(hours=14)
    await look(house)
    given = house.hand("strong", labels=["night"]).take()
    assert (given.instruction, given.config.limits.max_minutes) == ("Look for new ones.", 5.0)
    seen = shown(house)
    assert (seen.last_job, seen.schedule.last_at, seen.ahead[0]) == ("J-1", view.ahead[0], view.ahead[1])


async def test_a_task_that_is_done_is_done_again(house: House, hand: Hand, task: str) -> None:
    add(house, task)
    for number in (1, 2):
        house.clock.turn(days=1)
        await look(house)
        given = hand.take()
        assert given.job_code == f"J-{number}"
        hand.done(given)
        assert house.task_now(task).status is TaskStatus.DONE


async def test_while_a_job_is_unfinished_there_is_no_second_one_and_the_schedule_says_why(
    house: House, hand: Hand, task: str
) -> None:
    add(house, task)
    house.clock.turn(days=1)
    await look(house)
    given = hand.take()
    house.clock.turn(days=1)
    hand.beat(given)
    await look(house)
    note = shown(house).schedule.note
    assert note is not None
    assert "J-1 is claimed" in note
    hand.done(given)
    house.clock.turn(days=1)
    await look(house)
    assert hand.take().job_code == "J-2", "a moment that queued nothing takes no number"
    assert shown(house).schedule.note is None


async def test_of_the_moments_that_were_missed_one_is_made_up_for(house: House, hand: Hand, task: str) -> None:
    add(house, task, "hourly")
    house.clock.turn(days=3)
    for _ in range(3):
        await look(house)
    hand.done(hand.take())
    assert hand.claim() is None
    assert shown(house).ahead[0] == utc("2026-11-25T13:00")


async def test_a_paused_schedule_queues_nothing_and_makes_up_for_nothing(house: House, hand: Hand, task: str) -> None:
    add(house, task, "hourly")
    assert house.write(schedules.pause, house.admin, "SCH-1").ahead == []
    house.write(schedules.pause, house.admin, "1")
    house.clock.turn(days=1)
    await look(house)
    assert house.write(schedules.resume, house.admin, "SCH-1").ahead[0] == utc("2026-11-23T13:00")
    await look(house)
    assert hand.claim() is None
    house.write(schedules.remove, house.admin, "SCH-1")
    house.clock.turn(days=1)
    await look(house)
    assert hand.claim() is None
    assert house.read(schedules.listing, house.admin) == []


async def test_whoever_may_no_longer_change_the_product_queues_nothing(house: House, task: str) -> None:
    mia = house.person("mia")
    house.write(products.set_member, house.admin, "demo", "mia", Role.MEMBER)
    add(house, task, by=mia)
    house.write(products.set_member, house.admin, "demo", "mia", Role.VIEWER)
    house.clock.turn(days=1)
    await look(house)
    assert "viewer of product demo" in (shown(house).schedule.note or "")
    with pytest.raises(Denied):
        house.write(schedules.pause, mia, "SCH-1")


async def test_a_stranger_finds_no_schedule(house: House, task: str) -> None:
    add(house, task)
    stan = house.person("stan")
    with pytest.raises(NotFound):
        house.read(schedules.show, stan, "SCH-1")
    assert house.read(schedules.listing, stan) == []


@pytest.mark.parametrize("text", ["61 * * * *", "0 3 31 2 *", "0 3 30 feb *", "daily 25:00", "x" * 200])
async def test_a_recurrence_that_never_comes_is_refused(house: House, task: str, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        add(house, task, text)
    assert refused.value.field == "recurrence"


def test_a_time_comes_once_a_day_whatever_the_clocks_do() -> None:
    nightly = recurrence.checked("daily 02:30", ZONE, utc("2026-01-01"))
    spring = recurrence.following(nightly, utc("2026-03-28T00:00"), 3)
    assert spring == [utc("2026-03-28T01:30"), utc("2026-03-29T01:00"), utc("2026-03-30T00:30")]
    autumn = recurrence.following(nightly, utc("2026-10-24T00:00"), 3)
    assert autumn == [utc("2026-10-24T00:30"), utc("2026-10-25T00:30"), utc("2026-10-26T01:30")]
