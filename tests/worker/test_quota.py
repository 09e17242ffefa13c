"""A worker whose owner keeps a part of the quota stands by when the server says so, and goes on when it may."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ploeg.domain.account import Seat
from ploeg.domain.attempt import Outcome
from ploeg.wire.work import StandBy
from ploeg.worker.availability import Availability
from ploeg.worker.end import End
from ploeg.worker.runlog import utc_now
from tests.worker.rig import LONG, Rig

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DONE = "start(); commit(); report(); finish()"


def held(until: datetime, reason: str = "83 % is used", runtime: str = "claude") -> StandBy:
    return StandBy(runtime=runtime, until=until, reason=reason)


def two_runtimes() -> Availability:
    return Availability([Seat("claude"), Seat("patch")], lambda _: None)


async def test_a_runtime_that_the_server_holds_back_is_closed_until_then() -> None:
    available = two_runtimes()
    available.told([held(NOON + HOUR)], NOON)
    assert (available.open, available.stand_by) == (["patch"], None)
    available.told([held(NOON + HOUR), held(NOON + 2 * HOUR, "95 % is used", "patch")], NOON)
    assert available.stand_by == (NOON + HOUR, "claude: 83 % is used")
    assert available.sign_in_needed is None
    available.lift(NOON + HOUR)
    assert available.open == ["claude"]


async def test_a_runtime_that_the_server_no_longer_names_is_open() -> None:
    available = two_runtimes()
    available.told([held(NOON + HOUR)], NOON)
    available.told([], NOON)
    assert available.open == ["claude", "patch"]


async def test_a_wall_stands_when_the_owner_s_part_is_given_free() -> None:
    available = Availability([Seat("claude")], lambda _: None)
    available.note(Seat("claude"), End(outcome=Outcome.QUOTA_EXHAUSTED, reset_at=NOON + HOUR), NOON)
    available.told([held(NOON + 3 * HOUR)], NOON)
    assert available.stand_by == (NOON + 3 * HOUR, "claude: 83 % is used")
    available.told([], NOON)
    assert available.stand_by == (NOON + HOUR, "claude: the quota is used up")


async def test_a_worker_that_is_held_back_after_a_job_says_so_and_asks_for_no_other(rig: Rig) -> None:
    reset = utc_now() + HOUR
    held_back = [held(reset, runtime="scripted")]
    rig.far_end.on_heartbeat = lambda _: setattr(rig.far_end, "stand_by", held_back)
    stop = asyncio.Event()
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        group.create_task(rig.serve(DONE, stop))
        await rig.far_end.offer(rig.job())
        await rig.far_end.until(lambda: any(seen.state == "stand_by" for seen in rig.far_end.presences))
        claims = len(rig.far_end.claims)
        stop.set()
    seen = next(presence for presence in rig.far_end.presences if presence.state == "stand_by")
    assert (seen.until, seen.reason) == (reset, "scripted: 83 % is used")
    assert rig.report().outcome == "done"
    assert len(rig.far_end.claims) == claims


async def test_a_worker_that_stands_by_hears_that_it_may_go_on(
    new_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ploeg.worker.presence.REPEAT_AFTER", 0.0)
    monkeypatch.setattr("ploeg.worker.daemon.LOOK_AGAIN", 0.05)
    rig = new_rig()
    rig.far_end.stand_by = [held(utc_now() + HOUR, runtime="scripted")]
    stop = asyncio.Event()
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        group.create_task(rig.serve(DONE, stop))
        await rig.far_end.until(lambda: any(seen.state == "stand_by" for seen in rig.far_end.presences))
        rig.far_end.stand_by = []
        await rig.far_end.offer(rig.job())
        await rig.far_end.until(lambda: bool(rig.far_end.finished))
        stop.set()
    assert rig.report().outcome == "done"
