"""A full disk costs an attempt and never its work."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ploeg.domain.errors import Unavailable
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

FILL = """
start()
commit()
try:
    with open("filler", "wb") as file:
        while True:
            file.write(b"x" * 65536)
            file.flush()
except OSError as error:
    sys.exit(str(error))
"""


class SmallDisk:
    """A file system of a few megabytes, mounted on the worker's home."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def mount(self, size: str) -> None:
        self._run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(self.place))

    def resize(self, size: str) -> None:
        self._run("mount", "-o", f"remount,size={size}", str(self.place))

    def unmount(self) -> None:
        self._run("umount", "-l", str(self.place))

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, timeout=10)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "home")
    disk.place.mkdir()
    try:
        disk.mount("16m")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a small file system cannot be mounted here: {error}")
    yield disk
    disk.unmount()


async def test_work_on_a_disk_that_ran_full_stays_until_it_is_kept(rig: Rig, small_disk: SmallDisk) -> None:
    first = await rig.run(FILL)
    assert first.outcome == "agent_crashed"
    assert "No space left" in str(first.reason)
    assert "could not be kept" in str(first.reason)
    assert rig.workspaces() == ["J-1"]

    small_disk.resize("64m")
    second = await rig.run("start(); commit('other.txt', 'x'); report(summary='x' * 20); finish()", rig.job(attempt=2))
    assert second.outcome == "done", second.reason
    assert rig.kept("hello.txt", "refs/ploeg/J-1/1") == "hello\n"
    assert rig.workspaces() == []


def fill(home: Path) -> None:
    with (home / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)


async def test_a_disk_that_is_full_before_the_agent_starts_is_named(rig: Rig, small_disk: SmallDisk) -> None:
    rig.far_end.on_heartbeat = lambda _: fill(rig.home)
    report = await rig.run("start(); commit(); report(); finish()")
    assert report.outcome == "workspace_failed"
    assert re.search("No space left|disk is full", str(report.reason))
    assert rig.runtime.briefs == []

    rig.far_end.on_heartbeat = None
    (rig.home / "filler").unlink()
    assert (await rig.run("start(); commit(); report(); finish()", rig.job(attempt=2))).outcome == "done"


async def test_a_worker_that_starts_on_a_full_disk_says_so(rig: Rig, small_disk: SmallDisk) -> None:
    fill(rig.home)
    with pytest.raises(Unavailable, match="No space left"):
        await rig.idle_once()


async def test_a_disk_that_fills_up_during_the_gates_is_not_the_agents_failure(
    new_rig: Callable[..., Rig], small_disk: SmallDisk
) -> None:
    rig = new_rig()
    script = """
start()
commit()
write("big.bin", os.urandom(5_000_000))
sh("git add -A && git commit -qm Big && rm -rf .git/logs")
print("refused", report(summary="Something big, as the plan did not say.").get("refused"), flush=True)
finish()
"""
    report = await rig.run(script)
    assert report.outcome in {"workspace_failed", "agent_crashed"}
    assert rig.workspaces() == ["J-1"]
    small_disk.resize("64m")
    assert (await rig.run("start(); commit('o', 'x'); report(summary='x' * 20); finish()", rig.job(attempt=2))).pushed
    assert "big.bin" in rig.mirror().git("ls-tree", "--name-only", "refs/ploeg/J-1/1")
