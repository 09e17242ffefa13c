"""A later attempt goes on where an earlier one stopped, on the worker that still has it."""

from __future__ import annotations

import pytest

from ploeg.wire.assignment import ResumeOut
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

HALF = """
start()
commit()
write("uncommitted.txt", "half a thought\\n")
write(os.path.join(os.environ["HOME"], "memory"), "what I know")
say(os.getcwd())
"""


async def test_it_goes_on_with_commits_uncommitted_files_home_and_conversation(sandboxed_rig: Rig) -> None:
    rig = sandboxed_rig
    first = await rig.run(HALF)
    assert first.outcome == "no_report"
    assert first.snapshot

    second = await rig.run(
        """
start()
sh("git log --oneline | grep -q 'Say hello'")
sh("grep -q half uncommitted.txt && git status --short | grep -q uncommitted")
assert Path(os.environ["HOME"], "memory").read_text() == "what I know"
say(os.getcwd())
sh("git add -A && git commit -qm 'The other half'")
report(summary="Both halves, in two sessions.")
finish()
""",
        rig.next_attempt(first, reminder=True),
    )

    assert second.outcome == "done", second.reason
    assert second.base_sha == first.base_sha
    assert second.session_id == first.session_id
    begun, resumed = rig.runtime.briefs
    assert resumed.resume_session_id == first.session_id == begun.new_session_id
    assert begun.workspace == resumed.workspace
    assert [e["text"] for e in rig.events("said")] == [e["text"] for e in rig.events("said", 2)]
    assert "without a report" in resumed.prompt
    assert rig.remote.content(rig.job().branch, "uncommitted.txt") == "half a thought\n"


async def test_the_changes_are_compared_with_where_the_first_attempt_began(rig: Rig) -> None:
    first = await rig.run(HALF)
    rig.commit_to_remote("trunk", "meanwhile.txt", "somebody else's\n")
    second = await rig.run(
        "start(); sh('git add -A && git commit -qm Rest'); report(summary='x' * 30); finish()", rig.next_attempt(first)
    )
    assert second.outcome == "done", second.reason
    assert second.receipt is not None
    assert sorted(change["path"] for change in second.receipt["files"]) == ["hello.txt", "uncommitted.txt"]


async def test_what_another_worker_holds_is_begun_anew(rig: Rig) -> None:
    resume = ResumeOut(attempt_id="att_9", worker_id="wrk_9", session_id="theirs", commit="a" * 40, verified=True)
    report = await rig.run("start(); commit(); report(); finish()", rig.job(attempt=2, resume=resume))
    assert report.outcome == "done"
    (brief,) = rig.runtime.briefs
    assert brief.resume_session_id is None
    assert report.session_id == brief.new_session_id


async def test_what_a_lost_attempt_had_pushed_counts_as_the_jobs_own_work(rig: Rig) -> None:
    """Its worker died after the push and never came back; the next one finds the work done."""
    base = rig.remote.git("rev-parse", "trunk").strip()
    rig.commit_to_remote(rig.job().branch, "hello.txt", "hello\n")
    job = rig.job(attempt=2, base_sha=base)
    report = await rig.run("start(); report(summary='It is all there already.'); finish()", job)
    assert report.outcome == "done", report.reason
    assert report.base_sha == base
    assert report.receipt is not None
    assert [change["path"] for change in report.receipt["files"]] == ["hello.txt"]


async def test_a_default_branch_that_moved_on_is_not_taken_for_the_jobs_work(rig: Rig) -> None:
    base = rig.remote.git("rev-parse", "trunk").strip()
    tip = rig.commit_to_remote("trunk", "meanwhile.txt", "somebody else's\n")
    report = await rig.run("start(); commit(); report(); finish()", rig.job(attempt=2, base_sha=base))
    assert report.outcome == "done", report.reason
    assert report.base_sha == tip


async def test_a_verified_commit_is_pushed_by_whatever_worker_can_reach_it(rig: Rig) -> None:
    first = await rig.run("start(); commit(); report(); finish()")
    resume = ResumeOut(
        attempt_id="att_9", worker_id="wrk_9", commit=first.head_sha, verified=True, receipt=first.receipt
    )
    second = await rig.run("sys.exit('the agent ran again')", rig.job(attempt=2, resume=resume))
    assert second.outcome == "done", second.reason
    assert second.pushed
    assert second.receipt == first.receipt


async def test_a_conversation_whose_home_is_gone_is_begun_anew_on_the_kept_work(rig: Rig) -> None:
    first = await rig.run(HALF)
    rig.lose_the_homes()
    second = await rig.run(
        "start(); sh('test -f hello.txt && test -f uncommitted.txt'); finish()", rig.next_attempt(first)
    )
    assert second.outcome == "no_report"
    assert rig.runtime.briefs[1].resume_session_id is None
    assert "What you left is in your working directory" in rig.runtime.briefs[1].prompt


async def test_when_the_job_has_ended_its_home_is_deleted(rig: Rig) -> None:
    await rig.run("start(); commit(); report(); finish()")
    assert list((rig.home / "homes").iterdir()) == []


async def test_while_the_job_may_go_on_its_home_stays(rig: Rig) -> None:
    await rig.run(HALF)
    assert [path.name for path in (rig.home / "homes").iterdir()] == ["J-1"]
