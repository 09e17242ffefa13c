"""What is not done is put on the remote as well: all of it, never by force, and until the job is done."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable

import pytest

from tests.worker.rig import LONG, Rig

pytestmark = pytest.mark.anyio

WIP = "ploeg/wip/J-1"
HALF = """
start()
commit()
sh("git branch beside")
write("loose.txt", "nobody committed this\\n")
finish()
"""
OTHER_HALF = """
start()
sh("grep -q nobody loose.txt && git add -A && git commit -qm Rest")
report(summary="Both halves, in two sessions.")
finish()
"""


@pytest.fixture
def rig(new_rig: Callable[..., Rig]) -> Rig:
    return new_rig(push_unfinished=True)


async def test_commits_and_loose_files_of_an_attempt_that_is_not_done_are_on_the_remote(rig: Rig) -> None:
    report = await rig.run(HALF)
    assert (report.outcome, report.wip_branch) == ("no_report", WIP)
    assert rig.remote.content(WIP, "hello.txt") == "hello\n"
    assert rig.remote.content(WIP, "loose.txt") == "nobody committed this\n"
    for commit in (report.head_sha, report.snapshot):
        rig.remote.git("merge-base", "--is-ancestor", str(commit), WIP)
    assert "[skip ci]" in rig.remote.git("log", "-1", "--format=%s", WIP)


async def test_the_agents_other_branches_and_its_stash_go_along(rig: Rig) -> None:
    await rig.run(
        """
start()
sh("git checkout -qb beside")
commit("beside.txt", "another way\\n", "Another way")
sh("git checkout -q - && echo stashed > README.md && git stash -q")
commit()
finish()
"""
    )
    found = rig.remote.git("log", "--all", "--name-only", "--format=", WIP).split()
    assert {"beside.txt", "hello.txt", "README.md"} <= set(found)


async def test_a_later_attempt_adds_to_it_and_forces_nothing(rig: Rig) -> None:
    first = await rig.run(HALF)
    before = rig.remote.git("rev-parse", WIP).strip()
    second = await rig.run("start(); write('loose.txt', 'anew\\n'); commit('x', 'x'); finish()", rig.job(attempt=2))
    rig.remote.git("merge-base", "--is-ancestor", before, WIP)
    rig.remote.git("merge-base", "--is-ancestor", str(first.snapshot), WIP)
    rig.remote.git("merge-base", "--is-ancestor", str(second.head_sha), WIP)
    assert rig.remote.content(WIP, "loose.txt") == "anew\n"


async def test_another_worker_goes_on_from_it(rig: Rig) -> None:
    first = await rig.run(HALF)
    shutil.rmtree(rig.home / "mirrors")
    second = await rig.run(OTHER_HALF, rig.next_attempt(first))
    assert second.outcome == "done", second.reason
    assert rig.remote.content(rig.job().branch, "loose.txt") == "nobody committed this\n"


async def test_a_done_job_leaves_none_of_it_there_and_the_mirror_keeps_it(rig: Rig) -> None:
    first = await rig.run(HALF)
    assert (await rig.run(OTHER_HALF, rig.next_attempt(first))).outcome == "done"
    assert WIP not in rig.remote.branches()
    assert rig.kept("loose.txt", "refs/ploeg/J-1/wip") == "nobody committed this\n"


async def test_a_cancelled_attempts_work_is_there(rig: Rig) -> None:
    async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
        job = group.create_task(rig.once("start(); commit(); forever()", rig.job(renew_seconds=0.1)))
        await rig.until(lambda: any((rig.home / "workspaces").glob("J-1/tree/hello.txt")))
        rig.far_end.orders.append("cancel")
    assert job.result() == 0
    assert rig.report().outcome == "cancelled"
    assert rig.remote.content(WIP, "hello.txt") == "hello\n"


async def test_a_remote_that_refuses_it_costs_nothing_but_the_copy(rig: Rig) -> None:
    hook = rig.remote.path / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    report = await rig.run(HALF)
    assert (report.outcome, report.wip_branch) == ("no_report", None)
    assert rig.kept("loose.txt", "refs/ploeg/J-1/1-snapshot") == "nobody committed this\n"


async def test_it_can_be_switched_off(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig()
    assert (await rig.run(HALF)).wip_branch is None
    assert rig.remote.branches() == ["trunk"]


async def test_an_attempt_that_changed_nothing_leaves_no_branch(rig: Rig) -> None:
    assert (await rig.run("start(); finish()")).wip_branch is None
    assert rig.remote.branches() == ["trunk"]


async def test_what_is_too_much_is_said_aloud_and_set_aside(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(push_unfinished=True, max_bundle_bytes=64 * 1024)
    report = await rig.run("start(); commit(); write('large.bin', os.urandom(300_000)); finish()")
    assert "not all of its work could be kept (unreadable, or too much): large.bin" in str(report.reason)
    assert rig.remote.content(WIP, "hello.txt") == "hello\n"
    (aside,) = (rig.home / "aside").iterdir()
    assert (aside / "tree" / "large.bin").stat().st_size == 300_000
