"""The worker's disk: what may go and in which order, what never goes, and when it will be full."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ploeg.domain.disk import Weighing
from ploeg.domain.errors import Conflict
from ploeg.worker import gc
from ploeg.worker.state import AttemptRecord, WorkerState
from ploeg.worker.weighings import Weighings
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DONE = """
start()
commit()
report(summary="Wrote the greeting that was asked for.")
finish()
"""
FAILED = """
start()
commit()
report("failed", summary="It cannot be done.")
finish()
"""
NewRig = Callable[..., Rig]


async def look(rig: Rig) -> gc.Collected:
    return await gc.look(rig.made(), {})


async def collect(rig: Rig, *, everything: bool = True) -> list[str]:
    """The kinds of what went, in order."""
    return [spare.kind for spare in (await gc.collect(rig.made(), {}, everything=everything)).spares]


def mirrors(rig: Rig) -> list[Path]:
    return list((rig.home / "mirrors").glob("*.git"))


def not_used_lately(rig: Rig) -> None:
    for note in (rig.home / "mirrors").glob("*.url"):
        then = note.stat().st_mtime - 3600
        os.utime(note, (then, then))


def a_cache(rig: Rig, product: str, age: float) -> None:
    folder = rig.home / "caches" / product
    folder.mkdir(parents=True)
    (folder / "package").write_bytes(bytes(100_000))
    then = NOW.timestamp() - age
    os.utime(folder, (then, then))


async def test_all_that_is_kept_elsewhere_goes_in_its_order(new_rig: NewRig) -> None:
    rig = new_rig()
    await rig.run(DONE)
    a_cache(rig, "prd_new", 10)
    a_cache(rig, "prd_old", 1000)
    (mirror,) = mirrors(rig)
    (rig.home / "pool" / mirror.stem / "ready").mkdir(parents=True)
    not_used_lately(rig)
    may_go = [(spare.kind, spare.path.name) for spare in (await look(rig)).spares]
    assert may_go[:3] == [("workspace", "ready"), ("cache", "prd_old"), ("cache", "prd_new")]
    assert await collect(rig) == ["workspace", "cache", "cache", "mirror", "log"]
    assert mirrors(rig) == []
    assert not list((rig.home / "trash").iterdir())


async def test_a_mirror_that_alone_keeps_an_agent_s_work_never_goes(new_rig: NewRig) -> None:
    rig = new_rig(push_unfinished=False)
    report = await rig.run(FAILED)
    assert report.kept_ref is not None
    not_used_lately(rig)
    assert await collect(rig) == ["log"]
    assert rig.kept("hello.txt") == "hello\n"


async def test_a_branch_that_is_gone_from_the_remote_is_kept_nowhere_else(new_rig: NewRig) -> None:
    rig = new_rig()
    await rig.run(DONE)
    rig.remote.git("update-ref", "-d", f"refs/heads/{rig.job().branch}")
    not_used_lately(rig)
    assert [spare.kind for spare in (await look(rig)).spares] == ["mirror", "log"]
    assert await collect(rig) == ["log"]
    assert rig.kept("hello.txt") == "hello\n"


async def test_a_mirror_that_a_job_or_a_workspace_needs_stays(rig: Rig) -> None:
    await rig.run(DONE)
    not_used_lately(rig)
    (mirror,) = mirrors(rig)
    left = rig.home / "aside" / "J-9-1-abc"
    left.mkdir()
    (left / "workspace.json").write_text(f'{{"mirror_objects": "{mirror}/objects"}}')
    assert "mirror" not in await collect(rig)
    (left / "workspace.json").write_text("nobody can read this")
    assert "mirror" not in await collect(rig)
    (left / "workspace.json").write_text('{"mirror_objects": "/another/objects"}')
    state = WorkerState(rig.home)
    state.save(AttemptRecord(assignment=rig.job()))
    a_cache(rig, rig.job().product.id, 1000)
    assert await collect(rig) == []
    state.forget(rig.job().attempt_id)
    assert await collect(rig) == ["cache", "mirror"]


async def test_work_that_has_long_been_on_the_remote_is_forgotten_once_a_day(rig: Rig) -> None:
    await rig.run(DONE)
    assert "refs/ploeg/J-1/1" in rig.kept_refs()
    ahead = [timedelta()]
    upkeep, _ = gc.upkeep_of(rig.made(), {}, WorkerState(rig.home), lambda: datetime.now(UTC) + ahead[-1])
    for days in (0, 89, 91):
        assert "refs/ploeg/J-1/1" in rig.kept_refs()
        ahead.append(timedelta(days=days))
        await upkeep.look()
    assert rig.kept_refs() == []


async def test_work_whose_branch_has_gone_from_the_remote_meanwhile_is_not_forgotten(rig: Rig) -> None:
    await rig.run(DONE)
    rig.remote.git("branch", "-D", rig.job().branch)
    upkeep, _ = gc.upkeep_of(rig.made(), {}, WorkerState(rig.home), lambda: datetime.now(UTC) + timedelta(days=91))
    await upkeep.look()
    assert "refs/ploeg/J-1/1" in rig.kept_refs()


async def test_a_remote_that_is_away_has_nothing_forgotten_and_keeps_nobody_from_looking(rig: Rig) -> None:
    await rig.run(DONE)
    rig.remote.path.rename(rig.remote.path.with_name("away"))
    upkeep, _ = gc.upkeep_of(rig.made(), {}, WorkerState(rig.home), lambda: datetime.now(UTC) + timedelta(days=91))
    await upkeep.look()
    assert "refs/ploeg/J-1/1" in rig.kept_refs()


async def test_no_more_goes_than_is_needed(new_rig: NewRig) -> None:
    rig = new_rig(disk_keep_free_bytes=0)
    for number in range(3):
        a_cache(rig, f"prd_{number}", 1000 - number)
    assert await collect(rig, everything=False) == []
    used = (await look(rig)).disk.used
    rig.settings["disk_budget_bytes"] = used - 50_000
    assert (await look(rig)).needed == 50_000
    assert await collect(rig, everything=False) == ["cache"]
    assert (await look(rig)).disk.low is None


async def test_a_worker_that_runs_makes_room_by_itself(rig: Rig) -> None:
    with WorkerState(rig.home).locked(), pytest.raises(Conflict, match="--dry-run"):
        await collect(rig)


async def test_a_worker_without_room_takes_no_job_and_says_so(new_rig: NewRig) -> None:
    rig, stop = new_rig(disk_keep_free_bytes=10**18), asyncio.Event()
    running = asyncio.create_task(rig.serve("", stop))
    await rig.far_end.until(lambda: any(told.disk is not None for told in rig.far_end.presences))
    told = next(told for told in rig.far_end.presences if told.disk is not None)
    stop.set()
    assert await running == 0
    assert told.state == "unhealthy"
    assert told.reason is not None
    assert told.reason.startswith("the disk is low: ")
    assert told.disk is not None
    assert told.disk.free > 0


async def test_a_job_finds_its_product_s_packages_where_the_settings_say_so(new_rig: NewRig) -> None:
    rig = new_rig(share_caches=True)
    script = """
    import os, pathlib
    start()
    package = pathlib.Path(os.environ["XDG_CACHE_HOME"]) / "package"
    package.with_name("another").write_bytes(package.read_bytes())
    commit()
    report(summary="Used the cache.")
    finish()
    """
    a_cache(rig, rig.job().product.id, 1000)
    a_cache(rig, "prd_of_others", 1000)
    await rig.run(script)
    shared = rig.home / "caches" / rig.job().product.id
    assert (shared / "another").read_bytes() == (shared / "package").read_bytes()
    assert shared.stat().st_mtime > NOW.timestamp()
    assert rig.remote.git("ls-tree", "-r", "--name-only", rig.job().branch).count("package") == 0
    assert (await look(rig)).spares[0].path.name == "prd_of_others"


def test_weighings_are_remembered_hour_by_hour_over_restarts(tmp_path: Path) -> None:
    path = tmp_path / "weighings"
    for minutes in range(0, 180, 15):
        Weighings(path).remember(Weighing(NOW + timedelta(minutes=minutes), 1000 - minutes))
    past = Weighings(path).upto(Weighing(NOW + timedelta(minutes=180), 0))
    assert [each.at for each in past[:3]] == [NOW, NOW + timedelta(hours=1), NOW + timedelta(hours=2)]
    assert [each.room for each in past[-2:]] == [880, 0]
    (only,) = Weighings(path).upto(Weighing(NOW + timedelta(days=30), 5))
    assert only.room == 5


def test_weighings_that_cannot_be_read_are_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "weighings").write_text("{")
    Weighings(tmp_path / "weighings").remember(Weighing(NOW, 1))
    assert len(Weighings(tmp_path / "weighings").upto(Weighing(NOW + timedelta(hours=2), 1))) == 2
