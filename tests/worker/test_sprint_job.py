"""A job for a whole sprint run: each task is verified on its own commits, all of them before `done`."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.domain.kinds import KINDS, KindName
from ploeg.wire.assignment import Assignment, ExecutionOut, PbiOut, SprintOut, StoryOut, TaskOut
from ploeg.wire.work import Heartbeat
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

HELPERS = """
def settle(number, status, **more):
    return call("update_task_execution", execution_id=f"exe_{number}", status=status, **more)

def verify(number, **more):
    return call("verify_sprint_task", execution_id=f"exe_{number}", **more)

def work(number, path):
    settle(number, "RUNNING")
    commit(path, path, f"Task {number}")
    assert verify(number)["result"] == "ALIGNED"
    settle(number, "DONE")

start()
"""
DONE = """
done = report(summary="Worked the sprint off.")
finish()
"""
BOTH = HELPERS + "work(1, 'a.py'); work(2, 'b.py')\n" + DONE


def a_run(rig: Rig, *plans: str, **changes: Any) -> Assignment:
    """A job whose tasks have those plans."""
    kind = KINDS[KindName.SPRINT_IMPLEMENTATION]
    rig.far_end.executions = [
        ExecutionOut(
            id=f"exe_{number}",
            position=number,
            status="PENDING",
            pbi=PbiOut(id="pbi_1", code="PBI-1", title="Greetings"),
            story=StoryOut(id="sto_1", code="ST-001", title="Greet"),
            task=TaskOut(id=f"tsk_{number}", code=f"T-{number}", title="A task", implementation_plan=plan),
        )
        for number, plan in enumerate(plans or ("Write `a.py`.", "Write `b.py`."), 1)
    ]
    sprint = SprintOut(id="spr_1", code="S-1", goal="Ship it", run_id="run_1")
    return rig.job(
        kind=kind.name,
        task=None,
        story=None,
        pbi=None,
        sprint=sprint,
        executions=list(rig.far_end.executions),
        branch="ploeg/sprint-s-1",
        tools=list(kind.tools),
        **changes,
    )


async def test_each_task_is_measured_from_where_the_one_before_ended(rig: Rig) -> None:
    job = a_run(rig, verify_commands=["test -e a.py && test -e b.py"])
    report = await rig.run(BOTH, job)
    assert report.outcome == "done", report.reason
    one, two = rig.far_end.executions
    assert (one.base_sha, one.head_sha) == (report.base_sha, two.base_sha)
    assert two.head_sha == report.head_sha == rig.remote.git("rev-parse", job.branch).strip()
    assert [note["head"] for note in rig.notes("backed_up")] == [one.head_sha, two.head_sha]
    receipt = report.receipt
    assert receipt is not None
    assert [gate["name"] for gate in receipt["gates"]] == ["committed", "not_empty", "executions", "verify_commands"]
    assert [(each["task"], each["status"], each["coverage"], each["head_sha"]) for each in receipt["executions"]] == [
        ("T-1", "DONE", "ALIGNED", one.head_sha),
        ("T-2", "DONE", "ALIGNED", two.head_sha),
    ]
    assert receipt["coverage"]["planned_paths"] == ["a.py", "b.py"]


async def test_done_names_every_task_that_is_not_settled(rig: Rig) -> None:
    await rig.run(
        HELPERS
        + "commit('a.py'); refused = report()['refused']; assert 'T-1' in refused and 'T-2' in refused; finish()",
        a_run(rig),
    )
    (refusal,) = rig.refusals()
    assert "T-1: it is PENDING; T-2: it is PENDING" in refusal


async def test_a_task_is_not_verified_with_uncommitted_files_even_with_auto_commit(rig: Rig) -> None:
    await rig.run(
        HELPERS
        + """
settle(1, "RUNNING")
write("a.py", "x")
assert "a.py" in verify(1)["refused"]
finish()
""",
        a_run(rig, auto_commit=True),
    )
    assert rig.far_end.executions[0].coverage is None


async def test_a_task_with_nothing_to_do_is_empty_behind_one_that_changed_something(rig: Rig) -> None:
    report = await rig.run(
        HELPERS
        + """
work(1, "a.py")
settle(2, "RUNNING")
empty = verify(2)
assert empty["result"] == "EMPTY" and not empty["allowed_for_done"], empty
settle(2, "SKIPPED", skip_reason="It was there already.")
"""
        + DONE,
        a_run(rig),
    )
    assert report.outcome == "done", report.reason
    assert report.receipt is not None
    assert report.receipt["executions"][1]["skip_reason"] == "It was there already."


async def test_a_history_that_loses_a_finished_task_is_refused(rig: Rig) -> None:
    report = await rig.run(
        HELPERS
        + """
work(1, "a.py")
sh("git commit -q --amend -m Rewritten")
settle(2, "RUNNING")
commit("b.py")
assert "no longer holds" in verify(2)["refused"]
assert "T-1" in report()["refused"]
finish()
""",
        a_run(rig),
    )
    assert report.outcome == "gate_refused"


async def test_another_worker_goes_on_from_what_was_finished(rig: Rig) -> None:
    job = a_run(rig)
    first = await rig.run(HELPERS + "work(1, 'a.py'); report('failed', error='no more'); finish()", job)
    assert rig.remote.content(job.branch, "a.py") == "a.py"
    later = a_run(rig, attempt=2, base_sha=first.base_sha)
    one, _ = rig.far_end.executions
    one.status, one.coverage = "DONE", "ALIGNED"
    one.head_sha = rig.remote.git("rev-parse", job.branch).strip()
    report = await rig.run(HELPERS + "work(2, 'b.py')\n" + DONE, later)
    assert report.outcome == "done", report.reason
    assert rig.far_end.executions[1].base_sha == one.head_sha


async def test_work_that_others_pushed_beside_is_merged_and_the_tasks_commits_stay_the_same(rig: Rig) -> None:
    job = a_run(rig)

    def once_it_runs(beat: Heartbeat) -> None:
        if beat.agent_started:
            rig.far_end.on_heartbeat = None
            rig.commit_to_remote(job.branch, "theirs.txt", "theirs")

    rig.far_end.on_heartbeat = once_it_runs
    report = await rig.run(HELPERS + "work(1, 'a.py'); work(2, 'b.py')\n" + DONE, job)
    assert report.outcome == "done", report.reason
    tip = rig.remote.git("rev-parse", job.branch).strip()
    assert tip == report.head_sha
    parents = rig.remote.git("log", "-1", "--format=%P", tip).split()
    assert parents[0] == rig.far_end.executions[1].head_sha
    assert rig.remote.content(job.branch, "theirs.txt") == "theirs"


async def test_work_that_is_on_the_branch_already_with_more_on_top_is_pushed(rig: Rig) -> None:
    job = a_run(rig)
    rig.before_push(lambda: rig.commit_to_remote(job.branch, "theirs.txt", "on top"))
    report = await rig.run(BOTH, job)
    assert (report.outcome, report.pushed) == ("done", True), report.reason
    assert rig.remote.git("rev-parse", f"{job.branch}^").strip() == report.head_sha
