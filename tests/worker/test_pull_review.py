"""A job that reviews a pull request: what its agent is shown, and when it may approve."""

from __future__ import annotations

import pytest

from ploeg.domain.kinds import KINDS, KindName
from ploeg.wire.assignment import Assignment, PullOut, RemarkOut
from tests.worker.assignments import assignment
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

APPROVE = "start()\ncall('post_pr_review', verdict='approved', summary='Fine.')\nreport(summary='Fine.')\n"


def review(rig: Rig, head_sha: str, branch: str = "feature") -> Assignment:
    kind = KINDS[KindName.PR_REVIEW]
    pull = PullOut(
        repo_url=str(rig.remote.path),
        number=7,
        url="https://git.example.org/crew/it/pulls/7",
        title="Say hello",
        author="robot",
        branch=branch,
        head_sha=head_sha,
        base=rig.remote.git("symbolic-ref", "--short", "HEAD").strip(),
        plan="T-1: Say hello",
        remarks=[RemarkOut(kind="review", author="ada", verdict="changes_requested", text="Say it twice.")],
    )
    path = rig.remote.path
    return assignment(path, kind=kind.name, tools=list(kind.tools), task=None, branch="", pull=pull)


async def test_the_agent_reads_the_pull_request_s_commit_and_is_shown_what_it_changes(rig: Rig) -> None:
    head = rig.commit_to_remote("feature", "hello.txt", "hello\n")
    rig.commit_to_remote("feature", "later.txt", "more\n")
    look = """
start()
out = subprocess.run("git rev-parse HEAD; ls", shell=True, capture_output=True, text=True).stdout
call('post_pr_review', verdict='commented', summary='I looked.')
report(summary=out)
"""
    report = await rig.run(look, review(rig, head))

    assert report.outcome == "done"
    assert report.summary is not None
    assert report.summary.split()[0] == head
    assert "hello.txt" in report.summary
    assert "later.txt" not in report.summary
    (brief,) = rig.runtime.briefs
    for part in ("+hello", "hello.txt +1 -0", "T-1: Say hello", "Say it twice.", "review of ada, changes_requested"):
        assert part in brief.prompt
    assert [call.tool for call in rig.far_end.calls] == ["post_pr_review"]
    assert (rig.workspaces(), rig.kept_refs(), report.pushed) == ([], [], False)


async def test_one_that_changes_nothing_is_not_approved(rig: Rig) -> None:
    rig.commit_to_remote("feature", "hello.txt", "hello\n")
    tip = rig.remote.git("rev-parse", "HEAD").strip()
    report = await rig.run(APPROVE + "report('failed', error='there is nothing to review')\n", review(rig, tip))
    assert report.outcome == "reported_failed"
    assert "changes nothing, so it is not approved" in rig.refusals()[0]
    assert rig.far_end.calls == []


async def test_a_commit_that_is_gone_is_not_reviewed(rig: Rig) -> None:
    report = await rig.run(APPROVE, review(rig, "d" * 40))
    assert (report.outcome, rig.workspaces()) == ("workspace_impossible", [])
    assert report.reason is not None
    assert report.reason.startswith("dddddddddddd or ")
