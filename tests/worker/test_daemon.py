"""A worker takes jobs into its slots, shows how it is, and leaves without losing anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ploeg import __version__
from ploeg.domain.attempt import Outcome
from ploeg.domain.errors import Conflict, Invalid, Unauthenticated
from ploeg.runtimes.base import Ending
from ploeg.worker.runlog import utc_now
from ploeg.worker.service import serve
from ploeg.worker.state import WorkerState
from tests.worker.assignments import attempt_id
from tests.worker.rig import LONG, Rig

pytestmark = pytest.mark.anyio

DONE = "start(); commit(); report(); finish()"


@asynccontextmanager
async def working(rig: Rig, script: str = DONE) -> AsyncIterator[asyncio.Event]:
    """The worker runs while the block does, and has left after it."""
    stop = asyncio.Event()
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        worker = group.create_task(rig.serve(script, stop))
        await rig.far_end.until(lambda: bool(rig.far_end.claims))
        yield stop
        stop.set()
    assert worker.result() == 0


def states(rig: Rig) -> list[str]:
    return [presence.state for presence in rig.far_end.presences]


async def test_it_works_off_one_job_after_the_other(rig: Rig) -> None:
    async with working(rig):
        for number in (1, 2, 3):
            await rig.far_end.offer(rig.job(number=number))
        await rig.far_end.until(lambda: len(rig.far_end.finished) == 3)
    assert {report.outcome for report in rig.far_end.finished.values()} == {"done"}
    assert sorted(rig.remote.branches()) == ["ploeg/st-001-1", "ploeg/st-001-2", "ploeg/st-001-3", "trunk"]


async def test_as_many_jobs_run_at_a_time_as_it_has_slots(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(slots=2)
    async with working(rig, f"start(); sh('{rig.nap}')"):
        for number in (1, 2, 3):
            await rig.far_end.offer(rig.job(number=number))
        await rig.far_end.until(lambda: sum(beat.agent_started for _, beat in rig.far_end.heartbeats) >= 2)
        assert len(rig.far_end.waiting) == 1
        assert {attempt for attempt, _ in rig.far_end.heartbeats} == {attempt_id(), attempt_id(2, 1)}


async def test_it_shows_what_it_is_doing(rig: Rig) -> None:
    async with working(rig):
        await rig.far_end.until(lambda: states(rig) == ["idle"])
        await rig.far_end.offer(rig.job())
        await rig.far_end.until(lambda: "working" in states(rig))
        await rig.far_end.until(lambda: states(rig)[-1] == "idle")
    assert states(rig)[-1] == "offline"


async def test_it_says_who_it_is_and_what_it_offers(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(labels=["gpu"], slots=3)
    async with working(rig):
        pass
    worker = rig.far_end.claims[0].worker
    assert (worker.hostname, worker.runtimes, worker.labels, worker.slots) == ("rig", ["scripted"], ["gpu"], 3)
    assert worker.sandbox == rig.sandbox


async def test_a_worker_that_is_told_to_leave_lets_its_jobs_end(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(drain_grace=30.0)
    async with working(rig, "start(); time.sleep(0.5); commit(); report(); finish()") as stop:
        await rig.far_end.offer(rig.job())
        await rig.far_end.until(lambda: any(beat.agent_started for _, beat in rig.far_end.heartbeats))
        stop.set()
        await rig.far_end.offer(rig.job(number=2))
    assert rig.report().outcome == "done"
    assert len(rig.far_end.waiting) == 1
    assert "draining" in states(rig)


async def test_a_job_that_outlasts_the_grace_is_handed_back_with_its_work_kept(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(drain_grace=0.2)
    async with working(rig, "start(); commit(); forever()") as stop:
        await rig.far_end.offer(rig.job())
        await rig.far_end.until(lambda: any(beat.agent_started for _, beat in rig.far_end.heartbeats))
        await rig.until(lambda: rig.at_work("hello.txt").exists())
        stop.set()
    report = rig.report()
    assert (report.outcome, report.session_id is not None) == ("worker_stopped", True)
    assert rig.remote.branches() == ["trunk"]
    assert rig.workspaces() == []


async def test_a_job_that_was_given_while_it_left_is_handed_back(rig: Rig) -> None:
    async with working(rig):
        pass
    assert [handback.still_held for handback in rig.far_end.handbacks] == [[], []]


async def test_a_server_that_is_away_is_waited_for(rig: Rig) -> None:
    rig.far_end.away = True
    stop = asyncio.Event()
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        group.create_task(rig.serve(DONE, stop))
        await rig.far_end.until(lambda: len(rig.far_end.requests) >= 2)
        rig.far_end.away = False
        await rig.far_end.offer(rig.job())
        await rig.far_end.until(lambda: bool(rig.far_end.finished))
        stop.set()
    assert rig.report().outcome == "done"


async def test_a_worker_that_leaves_while_the_server_is_away_reports_at_its_next_start(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ploeg.worker.report.LAST_SECONDS", 0.1)
    monkeypatch.setattr("ploeg.worker.shipper.LAST_SECONDS", 0.1)
    async with working(rig) as stop:
        rig.far_end.on_heartbeat = lambda beat: setattr(rig.far_end, "away", beat.phase == "report")
        await rig.far_end.offer(rig.job())
        await rig.far_end.until(lambda: "finish" in rig.far_end.requests)
        stop.set()
    assert rig.far_end.finished == {}

    rig.far_end.away, rig.far_end.on_heartbeat = False, None
    async with working(rig):
        await rig.far_end.until(lambda: bool(rig.far_end.finished))
    assert rig.far_end.handbacks[1].still_held == [attempt_id()]
    assert rig.report().outcome == "done"
    assert rig.report().pushed


async def test_a_quota_wall_closes_the_runtime_until_its_reset(rig: Rig) -> None:
    reset = utc_now() + timedelta(hours=1)
    rig.runtime.ending = Ending(outcome=Outcome.QUOTA_EXHAUSTED, reason="five_hour is used up", reset_at=reset)
    async with working(rig, "sys.exit(1)"):
        await rig.far_end.offer(rig.job())
        await rig.far_end.until(lambda: "stand_by" in states(rig))
        claims = len(rig.far_end.claims)
    shown = next(presence for presence in rig.far_end.presences if presence.state == "stand_by")
    assert shown.until == reset
    assert "five_hour" in str(shown.reason)
    assert len(rig.far_end.claims) == claims


async def test_an_expired_sign_in_closes_the_runtime(rig: Rig) -> None:
    rig.runtime.ending = Ending(outcome=Outcome.AUTH_EXPIRED, reason="401")
    async with working(rig, "sys.exit(1)"):
        await rig.far_end.offer(rig.job())
        await rig.far_end.until(lambda: "sign_in_needed" in states(rig))


async def test_once_with_nothing_to_do_ends_with_0(rig: Rig) -> None:
    assert await rig.idle_once() == 0


async def test_once_without_a_server_ends_with_1(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ploeg.worker.daemon.ONCE_PATIENCE", 0.2)
    rig.far_end.away = True
    assert await rig.idle_once() == 1


async def test_a_token_that_the_server_refuses_is_said_and_not_repeated(rig: Rig) -> None:
    rig.far_end.revoked = True
    with pytest.raises(Unauthenticated, match="revoked"):
        await rig.serve(DONE, asyncio.Event())
    assert rig.far_end.requests[0] == "handback"


async def test_an_idle_worker_makes_the_next_workspace_ready(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(warm_workspaces=1)
    async with working(rig):
        await rig.far_end.offer(rig.job())
        await rig.far_end.until(lambda: bool(rig.far_end.finished))
        await rig.until(lambda: any(path.is_dir() for path in (rig.home / "pool").glob("*/[0-9a-f]*")))
        (ready,) = (rig.home / "pool").glob("*/[0-9a-f]*")
        await rig.far_end.offer(rig.job(number=2))
        await rig.far_end.until(lambda: len(rig.far_end.finished) == 2)
    assert rig.report(rig.job(number=2)).outcome == "done"
    assert not ready.exists()


async def test_an_idle_worker_packs_what_many_fetches_have_left(
    new_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ploeg.workspace.mirror._MANY_PACKS", 2)
    rig = new_rig()
    async with working(rig):
        for number in (1, 2):
            await rig.far_end.offer(rig.job(number=number))
            await rig.far_end.until(lambda wanted=number: len(rig.far_end.finished) == wanted)  # type: ignore[misc]
        await rig.until(lambda: len(list((rig.home / "mirrors").glob("*.git/objects/pack/*.pack"))) == 1)
        await rig.far_end.offer(rig.job(number=3))
        await rig.far_end.until(lambda: len(rig.far_end.finished) == 3)
    assert rig.report(rig.job(number=3)).outcome == "done"


async def test_two_workers_do_not_share_a_home(rig: Rig) -> None:
    with WorkerState(rig.home).locked(), pytest.raises(Conflict, match="another worker"):
        await rig.idle_once()


async def started_with(tmp_path: Path, rig: Rig, **settings: Any) -> None:
    rig.settings |= settings
    await serve(rig.made(), "t", environment={}, once=True, transport=rig.far_end.transport)


async def test_an_unknown_runtime_is_fatal_at_the_start_and_names_those_there_are(rig: Rig, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="claude, patch") as refused:
        await started_with(tmp_path, rig, runtimes=["patch", "clause"])
    assert (refused.value.field, refused.value.value) == ("runtimes", "clause")
    assert rig.far_end.requests == []


async def test_a_worker_without_any_runtimes_program_does_not_start(rig: Rig, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="tool_paths"):
        await started_with(tmp_path, rig, runtimes=["claude"], claude_program="no-such-program")


async def test_only_runtimes_whose_program_is_found_are_offered(rig: Rig, tmp_path: Path) -> None:
    await started_with(tmp_path, rig, claude_program="no-such-program")
    assert rig.far_end.claims[0].worker.runtimes == ["patch"]


async def test_a_server_of_another_version_is_told_of_once(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.far_end.version = "99.0"
    async with working(rig):
        await rig.far_end.offer(rig.job())
        await rig.far_end.until(lambda: bool(rig.far_end.finished))
    told = [record.getMessage() for record in caplog.records if "older than the server" in record.getMessage()]
    assert told == [f"this worker is version {__version__}: it is older than the server, 99.0: update the worker"]
