"""A worker with active hours takes jobs within them, and says so outside of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ploeg.domain.account import Seat
from ploeg.domain.errors import Invalid
from ploeg.domain.hours import ActiveHours
from ploeg.worker.availability import Availability
from ploeg.worker.runlog import utc_now
from tests.worker.rig import LONG, Rig

pytestmark = pytest.mark.anyio

NIGHT = ActiveHours.of("22:00-07:00", "Europe/Amsterdam")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OPENS = datetime(2026, 11, 22, 21, tzinfo=UTC)


def closed_now() -> str:
    """Active hours that begin in two or three hours."""
    begin = utc_now() + timedelta(hours=3)
    return f"{begin.hour:02d}:00-{begin.hour:02d}:30"


async def test_outside_its_hours_a_worker_stands_by_and_takes_nothing(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(active_hours=closed_now(), time_zone="UTC")
    stop = asyncio.Event()
    await rig.far_end.offer(rig.job())
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        group.create_task(rig.serve("start(); finish()", stop))
        await rig.far_end.until(lambda: any(seen.state == "stand_by" for seen in rig.far_end.presences))
        stop.set()
    seen = next(presence for presence in rig.far_end.presences if presence.state == "stand_by")
    assert seen.reason == f"outside its active hours, {closed_now()} UTC"
    assert seen.until is not None
    assert seen.until > utc_now()
    assert rig.far_end.claims == []


async def test_a_worker_that_stands_by_is_heard_of_all_the_same(
    new_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ploeg.worker.presence.REPEAT_AFTER", 0.0)
    monkeypatch.setattr("ploeg.worker.daemon.LOOK_AGAIN", 0.05)
    rig = new_rig(active_hours=closed_now(), time_zone="UTC")
    stop = asyncio.Event()
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        group.create_task(rig.serve("start(); finish()", stop))
        await rig.far_end.until(lambda: [seen.state for seen in rig.far_end.presences].count("stand_by") >= 3)
        stop.set()


async def test_a_worker_for_one_job_takes_none_outside_its_hours(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(active_hours=closed_now(), time_zone="UTC")
    assert await rig.once("start(); finish()") == 0
    assert rig.far_end.claims == []


async def test_hours_that_cannot_be_read_stop_the_start(new_rig: Callable[..., Rig]) -> None:
    with pytest.raises(Invalid, match="active_hours"):
        await new_rig(active_hours="at night").idle_once()


async def test_hours_begin_and_end_with_the_clock() -> None:
    available = Availability([Seat("claude")], lambda _: None, NIGHT)
    available.lift(NOON)
    assert available.open == []
    assert available.stand_by == (OPENS, "outside its active hours, 22:00-07:00 Europe/Amsterdam")
    assert available.sign_in_needed is None
    available.lift(OPENS)
    assert (available.open, available.stand_by) == (["claude"], None)
    assert available.seconds_open(OPENS, 50.0) == 50.0
    assert available.seconds_open(OPENS + timedelta(hours=8, minutes=59, seconds=50), 50.0) == 10.0
