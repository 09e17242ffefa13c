"""Everything that Ploeg asks of a forge, once, to be held against what the forges' publishers describe."""

from __future__ import annotations

from datetime import UTC, datetime

from ploeg.domain.forge import CommitStatus, StatusState, Verdict
from ploeg.forges.base import Forge, Proposal
from tests.forges.fake import FakeForge
from tests.forges.far.things import Exchange, Token

BRANCH = "ploeg/ST-001-a1b2c3d4"
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


async def tour(forge: FakeForge, there: Forge) -> list[Exchange]:
    """The exchanges that it made; each verb of the contract is in it."""
    forge.tokens[next(iter(forge.tokens))] = Token("robot")
    await _set_up(forge, there)
    await _talk(forge, there, await _open(forge, there))
    await _merge(forge, there)
    await _issues(forge, there)
    return forge.exchanges


async def _set_up(forge: FakeForge, there: Forge) -> None:
    await there.repository()
    await there.whoami()
    for secret in ("one", "two"):
        await there.ensure_webhook("https://ploeg.test/hooks/1", secret)
    forge.hooks.clear()
    for _ in range(2):
        await there.ensure_label("ploeg", "5319e7")
    await there.dispatch_workflow("promote.yml", "trunk", {"to": "public"})
    await there.protected("trunk")
    await there.may_write("ada")


async def _open(forge: FakeForge, there: Forge) -> int:
    sha = forge.push(BRANCH, {"greet.py": "print('helo')\n"})
    drafted = await there.open(Proposal(head=BRANCH, base="trunk", title="Greet", text="Say hello.", draft=True))
    found = await there.find(BRANCH)
    assert found == drafted
    found = await there.mark_ready(await there.rewrite(found, "Say hello to all."))
    for state in StatusState:
        await there.set_status(
            sha, CommitStatus(context="ploeg/receipt", state=state, text="seen", url="https://p.test")
        )
    for n, state in enumerate(("pending", "failure", "success")):
        forge.check(sha, f"status {n}", state, "said")
        forge.check(sha, f"run {n}", state, "said", run=True, url="https://ci.test")
    await there.checks(sha)
    return found.number


async def _talk(forge: FakeForge, there: Forge, number: int) -> None:
    await there.comment(number, "I am at it.")
    await there.comments(number)
    await there.comments(number, _LONG_AGO)
    for verdict in ("CHANGES_REQUESTED", "COMMENTED", "APPROVED", "DISMISSED"):
        forge.hand_in(number, "ada", verdict, "Hm.", (("greet.py", 1, "two l"),))
    await there.reviews(number)
    hers = forge.push("hers", {"other.py": "1\n"})
    theirs = forge.open_pull(head="hers", base="trunk", title="Hers", text="", author="ada")
    for verdict in (Verdict.COMMENTED, Verdict.CHANGES_REQUESTED, Verdict.APPROVED):
        await there.review(theirs.number, sha=hers, verdict=verdict, text="Seen.")
    await there.close(theirs.number)


async def _merge(forge: FakeForge, there: Forge) -> None:
    state = await there.newest_of(BRANCH)
    assert state is not None
    forge.check(state.head_sha, "waiting", "pending")
    await there.merge_when_green(state.number, sha=state.head_sha)
    forge.schedule(state.number, state.head_sha, "squash")
    await there.cancel_merge(state.number)
    await there.merge(state.number, sha=state.head_sha)
    await there.pull_request(state.number)
    await there.revert(state.number)
    await there.branch_tip(BRANCH)
    await there.delete_branch(BRANCH, sha=state.head_sha)


async def _issues(forge: FakeForge, there: Forge) -> None:
    issue = forge.report("It is broken", "Here.", labels=("bug",))
    await there.issues()
    await there.issues(_LONG_AGO)
    await there.issue(issue.number)
    await there.comment_issue(issue.number, "PBI-7 is about it.")
