"""From a pushed branch to its merge, and what is said on the way: the same on every forge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ploeg.domain.delivery import Trouble as Word
from ploeg.domain.forge import ChecksState, CommitStatus, PullStatus, StatusState, Verdict
from ploeg.forges.base import ForgeError, Proposal
from tests.forges.conftest import MakeForges
from tests.forges.fake import FakeForge

pytestmark = pytest.mark.anyio

BRANCH = "ploeg/ST-001-a1b2c3d4"
PROPOSAL = Proposal(head=BRANCH, base="trunk", title="ST-001: Greet", text="Say hello.", draft=False)
RECEIPT = CommitStatus(
    context="ploeg/receipt", state=StatusState.SUCCESS, text="verified", url="https://ploeg.test/J-1"
)


async def test_a_story_goes_from_its_branch_through_a_review_to_its_merge(
    forge: FakeForge, forges_of: MakeForges
) -> None:
    first = forge.push(BRANCH, {"greet.py": "print('helo')\n"})
    async with forges_of(forge).on(forge.repo_url) as there:
        number = (await there.open(PROPOSAL)).number
        assert (await there.checks(first)).state is ChecksState.NONE
        await there.set_status(first, RECEIPT)
        assert (await there.checks(first)).state is ChecksState.NONE

        forge.check(first, "spelling", "failure", "helo?\n", url="https://ci.test/7")
        forge.check(first, "tests", "success", run=True)
        checks = await there.checks(first)
        assert (checks.state, [(each.name, each.text) for each in checks.failed]) == (
            ChecksState.RED,
            [("spelling", "helo?")],
        )
        forge.hand_in(number, "ada", "CHANGES_REQUESTED", "It is misspelt.")
        (review,) = await there.reviews(number)
        assert (review.author, review.verdict) == ("ada", Verdict.CHANGES_REQUESTED)
        assert await there.may_write("ada")

        second = forge.push(BRANCH, {"greet.py": "print('hello')\n"})
        forge.check(second, "spelling", "success")
        await there.comment(number, "It says hello now.")
        seen = await there.pull_request(number)
        assert (seen.head_sha, seen.status, seen.mergeable, seen.own) == (second, PullStatus.OPEN, True, True)
        assert (await there.checks(second)).state is ChecksState.GREEN

        with pytest.raises(ForgeError) as stale:
            await there.merge(number, sha=first)
        assert stale.value.trouble is Word.CONFLICT
        merged = await there.merge(number, sha=second)
        assert merged == forge.git.tip("trunk") == await there.merge(number, sha=second)
        done = await there.newest_of(BRANCH)
        assert done is not None
        assert (done.number, done.status, done.merged_sha) == (number, PullStatus.MERGED, merged)

    assert forge.git.run("show", f"{merged}:greet.py") == "print('hello')"


async def test_a_branch_is_deleted_at_the_commit_that_was_seen_and_its_pull_request_is_found_by_it(
    forge: FakeForge, forges_of: MakeForges
) -> None:
    first = forge.push(BRANCH)
    async with forges_of(forge).on(forge.repo_url) as there:
        number = (await there.open(PROPOSAL)).number
        second = forge.push(BRANCH)
        await there.merge(number, sha=second)
        with pytest.raises(ForgeError) as moved:
            await there.delete_branch(BRANCH, sha=first)
        assert moved.value.trouble is Word.CONFLICT
        assert await there.delete_branch(BRANCH, sha=second)
        assert not await there.delete_branch(BRANCH, sha=second)
        gone = await there.newest_of(BRANCH)
    assert gone is not None
    assert (gone.number, gone.head) == (number, BRANCH)


async def test_remarks_in_a_review_name_their_file_and_line(forge: FakeForge, forges_of: MakeForges) -> None:
    forge.push(BRANCH, {"greet.py": "print('helo')\n"})
    async with forges_of(forge).on(forge.repo_url) as there:
        number = (await there.open(PROPOSAL)).number
        forge.hand_in(number, "ada", "COMMENTED", "Look:", (("greet.py", 1, "two l"),))
        said = [*await there.comments(number), *(each for r in await there.reviews(number) for each in r.remarks)]
    assert [(each.author, each.path, each.line, each.text) for each in said] == [("ada", "greet.py", 1, "two l")]


async def test_comments_are_read_from_a_moment_on(forge: FakeForge, forges_of: MakeForges) -> None:
    forge.push(BRANCH)
    async with forges_of(forge).on(forge.repo_url) as there:
        number = (await there.open(PROPOSAL)).number
        old = forge.say(number, "ada", "first")
        old.at = datetime(2026, 1, 1, tzinfo=UTC)
        mine = await there.comment(number, "second")
        assert [each.text for each in await there.comments(number)] == ["first", "second"]
        assert list(await there.comments(number, mine.created_at - timedelta(minutes=1))) == [mine]
    assert mine.author == "robot"
    assert mine.url.startswith(forge.url)


async def test_long_lists_are_read_to_their_end(forge: FakeForge, forges_of: MakeForges) -> None:
    sha = forge.push(BRANCH)
    for n in range(120):
        forge.check(sha, f"check {n}", "success")
    forge.check(sha, "the last", "failure")
    async with forges_of(forge).on(forge.repo_url) as there:
        number = (await there.open(PROPOSAL)).number
        for n in range(70):
            forge.say(number, "ada", f"comment {n}")
        assert [each.name for each in (await there.checks(sha)).failed] == ["the last"]
        assert len(await there.comments(number)) == 70


async def test_a_flood_of_comments_is_read_in_part_and_hides_no_state(
    forge: FakeForge, forges_of: MakeForges, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ploeg.forges.line.PAGES_MAX", 1)
    forge.push(BRANCH)
    async with forges_of(forge).on(forge.repo_url) as there:
        number = (await there.open(PROPOSAL)).number
        for n in range(70):
            forge.say(number, "ada", f"comment {n}")
        assert 50 <= len(await there.comments(number)) <= 70
        assert (await there.pull_request(number)).status is PullStatus.OPEN


async def test_a_list_that_must_be_whole_is_not_read_in_part(
    forge: FakeForge, forges_of: MakeForges, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ploeg.forges.line.PAGES_MAX", 1)
    sha = forge.push(BRANCH)
    for n in range(120):
        forge.check(sha, f"check {n}", "success")
    async with forges_of(forge).on(forge.repo_url) as there:
        with pytest.raises(ForgeError, match="more than 1 pages"):
            await there.checks(sha)


async def test_a_review_is_handed_in_about_a_commit(forge: FakeForge, forges_of: MakeForges) -> None:
    sha = forge.push(BRANCH)
    forge.open_pull(head=BRANCH, base="trunk", title="Hers", text="", author="ada")
    async with forges_of(forge).on(forge.repo_url) as there:
        await there.review(1, sha=sha, verdict=Verdict.CHANGES_REQUESTED, text="Say it louder.")
        assert [each.verdict for each in await there.reviews(1)] == [Verdict.CHANGES_REQUESTED]
        await there.review(1, sha=sha, verdict=Verdict.APPROVED, text="Loud enough.")
    assert [each.verdict for each in forge.opinions] == ["CHANGES_REQUESTED", "APPROVED"]
    assert "Say it louder." in [each.text for each in (*forge.opinions, *forge.notes)]


async def test_nobody_approves_what_is_their_own(forge: FakeForge, forges_of: MakeForges) -> None:
    sha = forge.push(BRANCH)
    async with forges_of(forge).on(forge.repo_url) as there:
        number = (await there.open(PROPOSAL)).number
        with pytest.raises(ForgeError):
            await there.review(number, sha=sha, verdict=Verdict.APPROVED, text="I like it.")
    assert forge.opinions == []


@pytest.mark.parametrize(("who", "may"), [("robot", True), ("ada", True), ("eve", False), ("nobody", False)])
async def test_only_who_may_push_is_said_to(forge: FakeForge, forges_of: MakeForges, who: str, may: bool) -> None:
    async with forges_of(forge).on(forge.repo_url) as there:
        assert await there.may_write(who) is may


async def test_a_closed_one_is_closed_once_and_not_reopened_or_merged(forge: FakeForge, forges_of: MakeForges) -> None:
    sha = forge.push(BRANCH)
    async with forges_of(forge).on(forge.repo_url) as there:
        number = (await there.open(PROPOSAL)).number
        await there.close(number)
        await there.close(number)
        assert (await there.pull_request(number)).status is PullStatus.CLOSED
        with pytest.raises(ForgeError) as closed:
            await there.merge(number, sha=sha)
    assert closed.value.trouble is Word.CONFLICT


async def test_issues_come_in_pages_without_pull_requests(forge: FakeForge, forges_of: MakeForges) -> None:
    forge.push(BRANCH)
    forge.open_pull(head=BRANCH, base="trunk", title="No issue", text="")
    reported = [forge.report(f"Issue {n}", "It is broken.", labels=("bug",)) for n in range(60)]
    async with forges_of(forge).on(forge.repo_url) as there:
        first, second = await there.issues(), await there.issues(page=2)
        one = await there.issue(reported[0].number)
        said = await there.comment_issue(one.number, "PBI-7 is about it.")
        none = await there.issues(since=datetime(2100, 1, 1, tzinfo=UTC))
    assert (first.more, second.more, none.issues) == (True, False, ())
    assert {each.number for each in (*first.issues, *second.issues)} == {each.number for each in reported}
    assert (one.title, one.labels, one.author, one.open) == ("Issue 0", ("bug",), "ada", True)
    assert said.text == "PBI-7 is about it."
