"""`ploeg worker gc`: what lies on this machine, what may go, and letting go of it."""

from __future__ import annotations

from pathlib import Path

from ploeg.worker.state import WorkerState
from tests.cli.conftest import Ploeg


def test_room_is_looked_for_and_made(tmp_path: Path) -> None:
    ploeg = Ploeg(tmp_path / "home")
    nowhere = ploeg("worker", "gc", "--dry-run")
    assert (nowhere.code, "no worker has run from there" in nowhere.err) == (2, True)
    cache = tmp_path / "home" / "caches" / "prd_1"
    cache.mkdir(parents=True)
    (cache / "package").write_bytes(bytes(3_000_000))

    with WorkerState(tmp_path / "home").locked():
        seen = ploeg("worker", "gc", "--dry-run", PLOEG_DISK_BUDGET_BYTES="1000000")
        busy = ploeg("worker", "gc")
    assert seen.code == 0, seen.err
    assert "of 1.0 MB are used by the worker" in seen.out
    assert "now   cache  3.0 MB  prd_1  packages that can be downloaded again" in seen.out
    assert "no jobs are taken: 3 MB are used of a budget of 1 MB" in seen.err
    assert (busy.code, "look with --dry-run" in busy.err) == (1, True)
    assert cache.exists()

    assert ploeg("worker", "gc", "--json").json["spares"] == []
    gone = ploeg("worker", "gc", "--all", "--json").json
    assert [(spare["kind"], spare["path"]) for spare in gone["spares"]] == [("cache", str(cache))]
    assert gone["parts"].get("caches", 0) < 10_000
    assert not cache.exists()
