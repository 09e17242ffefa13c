"""A branch that moved on since the work was verified: the work goes on top of that, is verified anew, and is pushed."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.wire.assignment import Assignment, ResumeOut
from ploeg.wire.work import FinishReport
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

DONE = "start(); commit(); report(summary='Said hello.'); finish()"


async def test_it_is_put_on_top_verified_again_and_pushed(rig: Rig) -> None:
    theirs: list[str] = []
    rig.before_push(lambda: theirs.append(rig.commit_to_remote(rig.job().branch, "theirs.txt", "first\n")))
    report = await rig.run(DONE, rig.job(verify_commands=["grep -q hello hello.txt"]))
    assert report.outcome == "done", report.reason
    branch = rig.job().branch
    assert rig.remote.git("rev-list", branch, "^trunk").split() == [report.head_sha, *theirs]
    assert rig.remote.content(branch, "theirs.txt") == "first\n"
    assert report.receipt is not None
    assert (report.receipt["base_sha"], report.receipt["head_sha"]) == (theirs[0], report.head_sha)
    assert [change["path"] for change in report.receipt["files"]] == ["hello.txt"]
    assert report.receipt["summary"] == "Said hello."
    assert rig.remote.git("log", "-1", "--format=%an %s", branch) == "Ploeg Say hello\n"
    assert [note["gates"][-1]["name"] for note in rig.notes("verified")] == ["verify_commands"] * 2
    assert rig.workspaces() == []


async def test_it_is_put_on_top_as_often_as_the_branch_moves(rig: Rig) -> None:
    moves = iter(("one.txt", "two.txt"))

    def move() -> None:
        if (path := next(moves, None)) is not None:
            rig.before_push(move)
            rig.commit_to_remote(rig.job().branch, path, "theirs\n")

    rig.before_push(move)
    report = await rig.run(DONE)
    assert report.outcome == "done", report.reason
    names = rig.remote.git("ls-tree", "--name-only", rig.job().branch).split()
    assert {"hello.txt", "one.txt", "two.txt"} <= set(names)


async def test_what_both_sides_changed_is_a_conflict_that_names_the_files_and_forces_nothing(rig: Rig) -> None:
    rig.before_push(lambda: rig.commit_to_remote(rig.job().branch, "hello.txt", "theirs\n"))
    report = await rig.run(DONE)
    assert (report.outcome, report.pushed) == ("push_conflict", False)
    assert "both sides changed hello.txt" in str(report.reason)
    assert rig.remote.content(rig.job().branch, "hello.txt") == "theirs\n"
    assert rig.kept("hello.txt") == "hello\n"
    assert rig.workspaces() == []


async def test_what_no_longer_passes_on_top_of_theirs_is_not_pushed(rig: Rig) -> None:
    rig.before_push(lambda: rig.commit_to_remote(rig.job().branch, "theirs.txt", "first\n"))
    report = await rig.run(DONE, rig.job(verify_commands=["test ! -e theirs.txt"]))
    assert (report.outcome, report.pushed) == ("push_conflict", False)
    assert "on top of that the gate «verify_commands» refuses" in str(report.reason)
    assert "hello.txt" not in rig.remote.git("ls-tree", "--name-only", rig.job().branch)


async def test_an_agent_that_solves_it_is_measured_by_its_own_changes(rig: Rig) -> None:
    rig.before_push(lambda: rig.commit_to_remote(rig.job().branch, "hello.txt", "theirs\n"))
    first = await rig.run(DONE)
    solve = f"""
start()
sh("git rebase -q origin/{rig.job().branch} 2>/dev/null || true")
write("hello.txt", "theirs and hello\\n")
sh("git add -A && GIT_EDITOR=true git rebase --continue >/dev/null")
report(summary="Both greetings stand now.")
finish()
"""
    second = await rig.run(solve, rig.next_attempt(first))
    assert second.outcome == "done", second.reason
    assert rig.remote.content(rig.job().branch, "hello.txt") == "theirs and hello\n"
    assert second.receipt is not None
    assert second.receipt["files"] == [{"path": "hello.txt", "added": 1, "removed": 1}]


def caught_up(rig: Rig, done: FinishReport, **changes: Any) -> Assignment:
    """The job that only brings the branch of that one up to date with the default branch."""
    resume = ResumeOut(attempt_id="att_1", worker_id="wrk_1", commit=done.head_sha, verified=True, receipt=done.receipt)
    return rig.job(number=2, catches_up=True, resume=resume, **changes)


async def test_a_branch_is_brought_up_to_date_with_the_default_branch_without_an_agent(rig: Rig) -> None:
    done = await rig.run(DONE)
    theirs = rig.commit_to_remote("trunk", "theirs.txt", "first\n")
    job = caught_up(rig, done, verify_commands=["grep -q first theirs.txt && grep -q hello hello.txt"])
    report = await rig.run("raise SystemExit('no agent is run')", job)
    assert report.outcome == "done", report.reason
    assert rig.remote.git("rev-parse", f"{job.branch}^1", f"{job.branch}^2").split() == [done.head_sha, theirs]
    assert report.receipt is not None
    assert (report.base_sha, report.receipt["head_sha"]) == (theirs, rig.remote.git("rev-parse", job.branch).strip())
    assert [change["path"] for change in report.receipt["files"]] == ["hello.txt"]


async def test_one_that_is_up_to_date_gets_a_receipt_for_all_that_is_on_it(rig: Rig) -> None:
    done = await rig.run(DONE)
    report = await rig.run("raise SystemExit('no agent is run')", caught_up(rig, done))
    assert (report.outcome, report.head_sha) == ("done", done.head_sha)
    assert report.base_sha == rig.remote.git("rev-parse", "trunk").strip()


async def test_what_the_default_branch_changed_in_the_same_place_is_a_conflict(rig: Rig) -> None:
    done = await rig.run(DONE)
    rig.commit_to_remote("trunk", "hello.txt", "theirs\n")
    report = await rig.run("raise SystemExit('no agent is run')", caught_up(rig, done))
    assert (report.outcome, report.pushed) == ("push_conflict", False)
    assert "trunk has moved on" in str(report.reason)
    assert "both sides changed hello.txt" in str(report.reason)
