"""Who the commits of agents are by, and what stands under their messages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

DONE = """
start()
commit(message="Say hello")
write("more.txt", "more")
sh("git add -A && git commit -qm 'Say more' && git commit -q --amend --no-edit")
sh("git commit -q --allow-empty -m '' 2>/dev/null && exit 1 || true")
report()
finish()
"""


async def test_each_commit_names_its_job_and_story_once(rig: Rig) -> None:
    report = await rig.run(DONE)
    assert report.outcome == "done", report.reason
    messages = rig.remote.git("log", "--format=%B%x00", "trunk.." + rig.job().branch).split("\0")
    assert messages[0] == "Say more\n\nPloeg-Job: J-1\nPloeg-Story: ST-001\n"
    assert messages[1].strip() == "Say hello\n\nPloeg-Job: J-1\nPloeg-Story: ST-001"


async def test_author_committer_and_trailers_are_settings(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(commit_name="Ada", committer_name="Crew", committer_email="crew@example.org", commit_trailers=[])
    assert (await rig.run("start(); commit(); report(); finish()")).outcome == "done"
    who = rig.remote.git("log", "-1", "--format=%an <%ae> %cn <%ce> %b", rig.job().branch)
    assert who.strip() == "Ada <ploeg@localhost> Crew <crew@example.org>"


async def test_a_trailer_about_what_the_job_has_not_is_left_out(rig: Rig) -> None:
    job = rig.job(auto_commit=True, story=None)
    assert (
        await rig.run("start(); write('hello.txt', 'x'); report(summary='x' * 20); finish()", job)
    ).outcome == "done"
    assert rig.remote.git("log", "-1", "--format=%(trailers)", job.branch).strip() == "Ploeg-Job: J-1"
