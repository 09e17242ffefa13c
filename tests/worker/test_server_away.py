"""A server that is away for long: the agent goes on within its lease, and all that it said arrives when it is back."""

from __future__ import annotations

import asyncio

import pytest

from tests.worker.assignments import attempt_id
from tests.worker.rig import LONG, Rig

pytestmark = pytest.mark.anyio

LEASE = 1.5


def said(rig: Rig) -> list[str]:
    return [event["text"] for event in rig.events("said")]


@pytest.fixture(autouse=True)
def short_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ploeg.worker.shipper.LAST_SECONDS", 0.1)
    monkeypatch.setattr("ploeg.worker.report.LAST_SECONDS", 0.1)


async def test_an_outage_shorter_than_the_lease_costs_nothing(rig: Rig) -> None:
    script = """
start()
say("before")
time.sleep(0.5)
commit()
say("within")
report()
finish()
"""
    rig.far_end.on_heartbeat = lambda beat: setattr(rig.far_end, "away", beat.agent_started)
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        group.create_task(rig.once(script, rig.job(renew_seconds=0.1)))
        await rig.far_end.until(lambda: rig.far_end.away and rig.far_end.requests.count("heartbeat") > 3)
        rig.far_end.away, rig.far_end.on_heartbeat = False, None
    assert rig.report().outcome == "done"
    assert said(rig) == ["before", "within"]


async def test_an_outage_longer_than_the_lease_ends_the_agent_and_loses_no_word(rig: Rig) -> None:
    rig.far_end.lease_seconds = LEASE
    rig.far_end.on_heartbeat = lambda beat: setattr(rig.far_end, "away", beat.agent_started)
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        job = rig.job(lease_seconds=LEASE, renew_seconds=0.1)
        group.create_task(rig.once("start(); say('heard by nobody'); commit(); forever()", job))
        await rig.far_end.until(lambda: "finish" in rig.far_end.requests)
        assert rig.alive() == []
        assert said(rig) == []
        rig.far_end.away, rig.far_end.on_heartbeat = False, None
    report = rig.report()
    assert (report.outcome, report.session_id is not None) == ("lease_lost", True)
    assert said(rig) == ["heard by nobody"]
    assert rig.notes("ended")[0]["outcome"] == "lease_lost"
    assert rig.kept("hello.txt") == "hello\n"
    assert list((rig.home / "worker" / "spool").iterdir()) == []


async def test_what_was_said_in_an_outage_outlives_the_worker(rig: Rig) -> None:
    rig.far_end.lease_seconds = LEASE
    rig.far_end.on_heartbeat = lambda beat: setattr(rig.far_end, "away", beat.agent_started)
    stop = asyncio.Event()
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        job = rig.job(lease_seconds=LEASE, renew_seconds=0.1)
        group.create_task(rig.once("start(); say('heard by nobody'); commit(); forever()", job, stop))
        await rig.far_end.until(lambda: "finish" in rig.far_end.requests)
        stop.set()
    assert said(rig) == []

    rig.far_end.away, rig.far_end.on_heartbeat = False, None
    await rig.idle_once()
    assert rig.far_end.handbacks[-1].still_held == [attempt_id()]
    assert rig.report().outcome == "lease_lost"
    assert said(rig) == ["heard by nobody"]
    assert list((rig.home / "worker" / "spool").iterdir()) == []
