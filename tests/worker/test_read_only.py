"""A job about an idea: it reads the repository, leaves nothing behind in it, and its report is its result."""

from __future__ import annotations

from pathlib import Path

import pytest

from ploeg.domain.kinds import KindName
from ploeg.wire.assignment import Assignment, RepositoryOut
from ploeg.workspace.checkout import Checkouts
from ploeg.workspace.credentials import Credentials
from ploeg.workspace.git import Git
from ploeg.workspace.mirror import Mirrors
from tests.e2e.repository import make_remote
from tests.worker.assignments import idea_assignment
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

ANSWER = """
start()
report(summary="The price list is in prices.txt.")
finish()
"""


def chat(rig: Rig) -> Assignment:
    return idea_assignment(rig.remote.path, verify_commands=["false"], setup_commands=["false"])


async def test_a_chat_is_done_with_its_answer_and_neither_gates_nor_set_up(rig: Rig) -> None:
    report = await rig.run(ANSWER, chat(rig))

    assert (report.outcome, report.summary) == ("done", "The price list is in prices.txt.")
    assert (report.receipt, report.head_sha, report.pushed, report.diff) == (None, None, False, None)
    assert report.base_sha == rig.remote.git("rev-parse", "HEAD").strip()


async def test_the_agent_reads_the_tip_of_the_default_branch_on_no_branch(rig: Rig) -> None:
    tip = rig.commit_to_remote(rig.remote.git("symbolic-ref", "--short", "HEAD").strip(), "prices.txt", "apple 3\n")
    look = """
start()
out = subprocess.run("git rev-parse HEAD; git symbolic-ref -q HEAD || echo none; cat prices.txt", shell=True,
                     capture_output=True, text=True).stdout
report(summary=out)
"""
    report = await rig.run(look, chat(rig))

    assert report.summary is not None
    assert report.summary.split("\n")[:3] == [tip, "none", "apple 3"]


async def test_whatever_the_agent_changes_is_thrown_away(rig: Rig) -> None:
    branches = rig.remote.branches()
    report = await rig.run("start()\ncommit()\nwrite('more.txt', 'x')\nreport(summary='42')\n", chat(rig))

    assert report.outcome == "done"
    assert (report.kept_ref, report.snapshot, rig.kept_refs()) == (None, None, [])
    assert rig.remote.branches() == branches
    assert rig.workspaces() == []


async def test_an_agent_that_ends_without_a_report_leaves_no_workspace_either(rig: Rig) -> None:
    report = await rig.run("start()\ncommit()\nfinish()\n", chat(rig))
    assert (report.outcome, report.kept_ref) == ("no_report", None)
    assert rig.workspaces() == []


async def test_done_without_an_answer_is_refused_and_can_be_mended(rig: Rig) -> None:
    report = await rig.run("start()\nreport()\nreport(summary='  ')\nreport(summary='42')\n", chat(rig))
    assert (report.outcome, report.summary) == ("done", "42")
    assert ["the summary is the answer" in text for text in rig.refusals()] == [True, True]


async def test_a_job_that_reads_cannot_be_skipped(rig: Rig) -> None:
    script = "start()\nreport('skipped', error='there is nothing to do')\nreport('failed', error='no idea')\n"
    report = await rig.run(script, chat(rig))
    assert (report.outcome, report.reason) == ("reported_failed", "no idea")
    assert "report done or failed" in rig.refusals()[0]


async def test_limits_are_enforced_for_a_job_that_reads(rig: Rig) -> None:
    given = idea_assignment(rig.remote.path, max_turns=3)
    report = await rig.run("start()\nmeter(turns=4)\nforever()\n", given)
    assert report.outcome == "too_many_turns"
    assert rig.workspaces() == []


async def test_repositories_of_further_products_can_be_read_beside_the_first(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = make_remote(tmp_path / "other")
    given = chat(rig)
    assert given.idea is not None
    given.idea.beside = [RepositoryOut(product="other", repo_url=str(other.path))]
    place = rig.home / "workspaces" / "J-1-beside-1" / "tree"
    (name, *_) = other.git("ls-tree", "--name-only", "HEAD").split()
    look = f"start()\nreport(summary=Path({str(place)!r}, {name!r}).read_text())\n"

    report = await rig.run(look, given)

    assert report.summary == other.content("HEAD", name)
    (brief,) = rig.runtime.briefs
    assert [str(path) for path in brief.beside] == [str(place)]
    assert f"`{place}`, the repository of the product `other`" in brief.prompt
    assert rig.workspaces() == []


async def test_what_a_killed_worker_left_to_read_is_thrown_away(rig: Rig) -> None:
    git = Git()
    mirror = await Mirrors(rig.home / "mirrors", git, Credentials.load(None)).open(str(rig.remote.path))
    checkouts = Checkouts(rig.home, git, author_name="A", author_email="a@example.org")
    tip = (await mirror.base(await mirror.default_branch())).sha
    left = await checkouts.take(mirror, job_code="J-7", attempt=1, branch=None, commit=tip)
    (left.tree / "scribble").write_text("x")
    assert await rig.idle_once() == 0
    assert (rig.workspaces(), rig.kept_refs()) == ([], [])


async def test_a_grill_is_not_done_before_its_report_is_saved(rig: Rig) -> None:
    grill = idea_assignment(rig.remote.path, KindName.IDEA_GRILL)
    save = "call('update_idea_grill_md', idea_id='IDEA-001', markdown='# Scope')"
    report = await rig.run(f"start()\nreport()\n{save}\nreport(summary='Settled.')\n", grill)
    assert (report.outcome, report.summary) == ("done", "Settled.")
    (refusal,) = rig.refusals()
    assert "save it with update_idea_grill_md" in refusal
    assert [call.tool for call in rig.far_end.calls] == ["update_idea_grill_md"]


async def test_an_agent_speaks_of_its_own_idea_only(rig: Rig) -> None:
    grill = idea_assignment(rig.remote.path, KindName.IDEA_GRILL)
    other = "call('update_idea_grill_md', idea_id='IDEA-002', markdown='# Scope')"
    report = await rig.run(f"start()\n{other}\nreport('failed', error='no idea')\n", grill)
    assert report.outcome == "reported_failed"
    assert rig.refusals() == ["idea «IDEA-002» not found or not accessible"]
    assert rig.far_end.calls == []
