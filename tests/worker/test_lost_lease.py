"""An attempt that lost its job stops its agent, pushes nothing and reports nothing; its work is kept all the same."""

from __future__ import annotations

import asyncio
import time

import pytest

from ploeg.wire.work import Heartbeat
from tests.worker.assignments import attempt_id
from tests.worker.rig import LONG, TOKEN, Rig

pytestmark = pytest.mark.anyio

WORKS_FOR_EVER = "start(); commit(); forever()"
DONE = "start(); commit(); report(); finish()"


async def agent_started(rig: Rig) -> None:
    await rig.far_end.until(lambda: any(beat.agent_started for _, beat in rig.far_end.heartbeats))


async def test_a_lease_that_is_lost_while_the_agent_runs_ends_it_without_push_or_report(sandboxed_rig: Rig) -> None:
    rig = sandboxed_rig
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        script = f"start(); commit(); subprocess.Popen(['sh', '-c', 'setsid {rig.nap}']); forever()"
        job = group.create_task(rig.once(script, rig.job(renew_seconds=0.1)))
        await rig.until(lambda: bool(rig.alive()))
        rig.far_end.superseded.add(attempt_id())
    assert job.result() == 0
    assert rig.far_end.finished == {}
    assert "finish" not in rig.far_end.requests
    assert rig.remote.branches() == ["trunk"]
    assert rig.kept("hello.txt") == "hello\n"
    assert rig.workspaces() == []
    assert rig.alive() == []


async def test_a_lease_that_is_lost_during_the_gates_stops_them_too(rig: Rig) -> None:
    job = rig.job(renew_seconds=0.1, verify_commands=[rig.nap])
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        group.create_task(rig.once(DONE, job))
        await rig.until(lambda: bool(rig.alive()))
        rig.far_end.superseded.add(attempt_id())
    assert rig.far_end.finished == {}
    assert rig.remote.branches() == ["trunk"]
    assert rig.alive() == []


async def test_a_worker_that_slept_through_its_lease_pushes_nothing(rig: Rig) -> None:
    """The renewal before the push is the first that hears of it."""
    job = rig.job(renew_seconds=3600, verify_commands=["true"])
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        group.create_task(rig.once(DONE, job))
        await rig.far_end.until(lambda: any(beat.phase == "verify" for _, beat in rig.far_end.heartbeats))
        rig.far_end.superseded.add(attempt_id())
    assert rig.far_end.finished == {}
    assert rig.remote.branches() == ["trunk"]
    assert rig.kept("hello.txt") == "hello\n"


async def test_a_cancelled_job_ends_its_agent_at_once_and_keeps_the_work(sandboxed_rig: Rig) -> None:
    rig = sandboxed_rig
    job = rig.job(renew_seconds=0.1)
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        group.create_task(rig.once(WORKS_FOR_EVER, job))
        await agent_started(rig)
        await rig.until(lambda: rig.at_work("hello.txt").exists())
        asked = time.monotonic()
        rig.far_end.orders.append("cancel")
    assert time.monotonic() - asked < 10
    report = rig.report()
    assert report.outcome == "cancelled"
    assert rig.remote.branches() == ["trunk"]
    assert rig.workspaces() == []


async def test_a_job_cancelled_after_its_report_is_not_pushed(rig: Rig) -> None:
    rig.before_push(lambda: rig.far_end.orders.append("cancel"))
    await rig.once(DONE)
    assert rig.report().outcome == "cancelled"
    assert rig.remote.branches() == ["trunk"]


async def test_the_agent_is_told_that_its_job_was_cancelled(rig: Rig) -> None:
    job = rig.job(renew_seconds=0.1, verify_commands=[rig.nap])
    rig.settings["kill_grace"] = 10.0
    script = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
start()
commit()
assert "JOB_CANCELLED" in report()["refused"]
say("told")
"""
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        group.create_task(rig.once(script, job))
        await rig.until(lambda: bool(rig.alive()))
        rig.far_end.orders.append("cancel")
    assert rig.report().outcome == "cancelled"
    assert [event["text"] for event in rig.events("said")] == ["told"]


async def test_a_server_that_is_away_for_longer_than_the_lease_costs_the_attempt_before_the_lease_ends(
    rig: Rig,
) -> None:
    job = rig.job(renew_seconds=0.1, lease_seconds=3.0)
    rig.far_end.lease_seconds = 3.0
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        group.create_task(rig.once(f"start(); commit(); sh('{rig.nap}')", job))
        await rig.until(lambda: bool(rig.alive()))
        rig.far_end.away = True
        gone = time.monotonic()
        await rig.until(lambda: not rig.alive())
        assert time.monotonic() - gone < 3.0
        rig.far_end.away = False
    assert rig.report().outcome == "lease_lost"
    assert rig.kept("hello.txt") == "hello\n"


async def test_a_server_that_is_away_for_less_than_the_lease_costs_nothing(rig: Rig) -> None:
    job = rig.job(renew_seconds=0.05)
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        group.create_task(rig.once("start(); commit(); time.sleep(0.5); report(); finish()", job))
        await agent_started(rig)
        rig.far_end.away = True
        await rig.until(lambda: rig.far_end.requests.count("heartbeat") > 6)
        rig.far_end.away = False
    assert rig.report().outcome == "done"
    assert rig.report().pushed
    assert rig.notes("ended")


@pytest.mark.parametrize("phase", ["prepare", "agent", "verify", "push", "report"])
async def test_a_server_that_restarts_in_any_phase_costs_nothing(rig: Rig, phase: str) -> None:
    """Every request is answered by nobody for a while from the moment that phase is told of."""
    job = rig.job(renew_seconds=0.2, verify_commands=["true"])
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        group.create_task(rig.once(DONE, job))
        await rig.far_end.until(lambda: any(beat.phase == phase for _, beat in rig.far_end.heartbeats))
        rig.far_end.away = True
        seen = len(rig.far_end.requests)
        await rig.far_end.until(lambda: len(rig.far_end.requests) >= seen + 2)
        rig.far_end.away = False
    report = rig.report()
    assert report.outcome == "done"
    assert rig.remote.git("rev-parse", job.branch).strip() == report.head_sha


async def test_every_lost_answer_is_survived(rig: Rig) -> None:
    rig.far_end.lost_replies = ["claims", "handback", "heartbeat", "heartbeat", "events", "events", "finish", "calls"]
    script = "start(); call('log_implementation', story_id=STORY, content='x'); commit(); report(); finish()"
    report = await rig.run(script, rig.job(renew_seconds=0.2))
    assert report.outcome == "done"
    assert rig.far_end.lost_replies == []
    assert len(rig.far_end.calls) == 1
    assert len(rig.events("session_started")) == 1


async def test_a_token_replaced_in_the_middle_of_a_job_costs_nothing(rig: Rig) -> None:
    rig.before_push(lambda: rig.far_end.revoked_tokens.add(TOKEN))
    rig.token_in_its_place = "ploeg_wrk_the-token-after-it"
    report = await rig.run("start(); commit(); report(); finish()")
    assert report.outcome == "done"
    assert rig.remote.git("rev-parse", rig.job().branch).strip() == report.head_sha


async def test_what_a_refused_token_kept_from_the_server_is_told_at_the_next_start(rig: Rig) -> None:
    def refuse(beat: Heartbeat) -> None:
        rig.far_end.revoked = beat.phase == "report"

    rig.far_end.on_heartbeat = refuse
    await rig.once("start(); commit(); report(); finish()")
    assert rig.far_end.finished == {}
    rig.far_end.on_heartbeat, rig.far_end.revoked = None, False
    await rig.idle_once()
    assert rig.report().outcome == "done"
    assert rig.remote.git("rev-parse", rig.job().branch).strip() == rig.report().head_sha


async def test_a_revoked_token_ends_the_attempt(rig: Rig) -> None:
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        group.create_task(rig.once(WORKS_FOR_EVER, rig.job(renew_seconds=0.1)))
        await agent_started(rig)
        rig.far_end.revoked = True
    assert rig.far_end.finished == {}
    assert rig.workspaces() == []
