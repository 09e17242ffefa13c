"""A follow-up job goes on with what an ended one left on this worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ploeg.wire.assignment import Assignment, ResumeOut
from ploeg.wire.work import FinishReport
from tests.worker.far_end import WORKER_ID
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

DONE = """
start()
commit()
write(os.path.join(os.environ["HOME"], "memory"), "what I know")
report()
finish()
"""
GO_ON = """
start()
assert Path(os.environ["HOME"], "memory").read_text() == "what I know"
sh("test -f hello.txt")
write("more.txt", "more\\n")
sh("git add -A && git commit -qm More")
report(summary="More of it, as you asked.")
finish()
"""


def follow_up(rig: Rig, last: FinishReport, **changes: Any) -> Assignment:
    """Job J-2, which goes on from J-1 as the server tells it."""
    first = rig.job()
    resume = ResumeOut(attempt_id=first.attempt_id, worker_id=WORKER_ID, session_id=last.session_id)
    given = {"branch": first.branch, "follows": "J-1", "instruction": "More.", "resume": resume, **changes}
    return rig.job(number=2, **given)


async def test_it_goes_on_in_the_same_conversation_and_home_on_the_pushed_branch(
    rig: Rig, bubblewrap: str | None
) -> None:
    if bubblewrap:
        pytest.skip(bubblewrap)
    first = await rig.run(DONE)
    assert first.outcome == "done", first.reason
    given = follow_up(rig, first)
    second = await rig.run(GO_ON, given)
    assert second.outcome == "done", second.reason
    assert second.base_sha == first.head_sha
    assert rig.runtime.briefs[1].resume_session_id == first.session_id
    assert "has ended" in rig.runtime.briefs[1].prompt
    assert rig.remote.content(given.branch, "more.txt") == "more\n"
    assert [path.name for path in (rig.home / "ended-homes").iterdir()] == ["J-2"]


async def test_without_a_sandbox_the_conversation_is_told_instead_of_resumed(new_rig: Callable[..., Rig]) -> None:
    """Agents know a conversation by its working directory, which is another one for each job then."""
    rig = new_rig(sandbox="none")
    first = await rig.run(DONE)
    given = follow_up(rig, first)
    assert given.resume is not None
    given.resume.last_words = "I have said hello."
    second = await rig.run("start(); commit('more.txt'); report(summary='x' * 30); finish()", given)
    assert second.outcome == "done", second.reason
    assert rig.runtime.briefs[1].resume_session_id is None
    assert "I have said hello." in rig.runtime.briefs[1].prompt


async def test_a_branch_that_was_merged_and_removed_is_begun_anew_from_the_default_branch(rig: Rig) -> None:
    first = await rig.run(DONE)
    given = follow_up(rig, first)
    rig.remote.git("update-ref", "refs/heads/trunk", str(first.head_sha))
    rig.remote.git("branch", "-D", given.branch)
    tip = rig.commit_to_remote("trunk", "meanwhile.txt", "somebody else's\n")
    second = await rig.run(
        "start(); sh('test -f meanwhile.txt -a -f hello.txt'); commit('more.txt'); report(summary='x' * 30); finish()",
        given,
    )
    assert second.outcome == "done", second.reason
    assert second.base_sha == tip


async def test_nothing_is_kept_for_follow_ups_where_the_settings_say_so(rig: Rig) -> None:
    rig.settings["keep_homes"] = 0
    await rig.run(DONE)
    assert list((rig.home / "homes").iterdir()) == []
    assert not (rig.home / "ended-homes").exists()
