"""Every forge does the same: one pull request for a branch, whatever happens on the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ploeg.domain.delivery import Trouble as Word
from ploeg.forges.base import ForgeError, PullRequest
from ploeg.forges.ensure import Wanted, ensure
from ploeg.forges.registry import Forges
from ploeg.forges.text import BEGIN, END
from tests.forges.conftest import MakeForges
from tests.forges.fake import TOKEN, FakeForge, Trouble

pytestmark = pytest.mark.anyio

BRANCH = "ploeg/ST-001-a1b2c3d4"
WANTED = Wanted(head=BRANCH, title="ST-001: Greet", text="Say hello.")


async def made(forges: Forges, forge: FakeForge, wanted: Wanted = WANTED) -> PullRequest | None:
    async with forges.on(forge.repo_url) as there:
        return await ensure(there, wanted)


async def refused(forges: Forges, forge: FakeForge, wanted: Wanted = WANTED) -> ForgeError:
    with pytest.raises(ForgeError) as caught:
        await made(forges, forge, wanted)
    assert TOKEN not in str(caught.value)
    return caught.value


async def test_a_pushed_branch_becomes_a_pull_request_to_the_default_branch(
    forge: FakeForge, forges_of: MakeForges
) -> None:
    forge.branch(BRANCH)
    found = await made(forges_of(forge), forge)
    (pull,) = forge.pulls
    assert (pull.head, pull.base, pull.title) == (BRANCH, "trunk", "ST-001: Greet")
    assert pull.text == f"{BEGIN}\nSay hello.\n{END}"
    assert found is not None
    assert (found.url.startswith(forge.url), found.draft, found.title) == (True, False, "ST-001: Greet")


async def test_asked_again_it_is_found_by_its_branch_and_changes_nothing(
    forge: FakeForge, forges_of: MakeForges
) -> None:
    forge.branch(BRANCH)
    first = await made(forges_of(forge), forge)
    forge.asked.clear()
    assert await made(forges_of(forge), forge) == first
    assert {method for method, _ in forge.asked} == {"GET"}
    assert len(forge.pulls) == 1


async def test_what_people_wrote_around_the_text_stays(forge: FakeForge, forges_of: MakeForges) -> None:
    forge.branch(BRANCH)
    await made(forges_of(forge), forge)
    (pull,) = forge.pulls
    pull.title, pull.text = "Better said", f"Look at this first.\r\n\r\n{pull.text}\n\nCloses #7"
    await made(forges_of(forge), forge, replace(WANTED, text="More landed."))
    assert pull.title == "Better said"
    assert pull.text == f"Look at this first.\n\n{BEGIN}\nMore landed.\n{END}\n\nCloses #7"


async def test_a_draft_becomes_ready_and_keeps_its_title(forge: FakeForge, forges_of: MakeForges) -> None:
    forge.branch(BRANCH)
    draft = await made(forges_of(forge), forge, replace(WANTED, draft=True))
    again = await made(forges_of(forge), forge, replace(WANTED, draft=True))
    ready = await made(forges_of(forge), forge, replace(WANTED, ready=True))
    assert [(each.draft, each.title) for each in (draft, again, ready) if each] == [
        (True, "ST-001: Greet"),
        (True, "ST-001: Greet"),
        (False, "ST-001: Greet"),
    ]
    assert (forge.pulls[0].title, forge.pulls[0].draft) == ("ST-001: Greet", False)


async def test_one_that_people_closed_stays_closed_until_more_lands(forge: FakeForge, forges_of: MakeForges) -> None:
    forge.branch(BRANCH)
    await made(forges_of(forge), forge)
    forge.pulls[0].state = "closed"
    assert await made(forges_of(forge), forge, replace(WANTED, may_open=False)) is None
    second = await made(forges_of(forge), forge)
    assert second is not None
    assert second.number == 2


async def test_no_pull_request_without_its_branch_or_of_the_default_branch(
    forge: FakeForge, forges_of: MakeForges
) -> None:
    error = await refused(forges_of(forge), forge)
    assert error.trouble in {Word.NOT_FOUND, Word.REFUSED}
    assert "branch not found" in error.reason
    error = await refused(forges_of(forge), forge, replace(WANTED, head="trunk"))
    assert error.trouble is Word.REFUSED
    assert forge.pulls == []


async def test_a_wrong_token_and_a_repository_that_is_not_there_have_words(
    forge: FakeForge, forges_of: MakeForges
) -> None:
    assert (await refused(forges_of(forge, "wr0ng"), forge)).trouble is Word.NO_CREDENTIALS
    with pytest.raises(ForgeError) as caught:
        async with forges_of(forge).on(f"{forge.url}/crew/nowhere.git") as there:
            await there.repository()
    assert caught.value.trouble is Word.NOT_FOUND


@pytest.mark.parametrize("rights", [True, False])
async def test_a_token_that_may_only_read_is_seen(forge: FakeForge, forges_of: MakeForges, rights: bool) -> None:
    forge.read_only = not rights
    async with forges_of(forge).on(forge.repo_url) as there:
        assert (await there.repository()).writable is rights


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("what", ["before", "after", 502])
async def test_a_cut_line_is_unreachable_and_the_next_try_makes_one(
    forge: FakeForge, forges_of: MakeForges, what: str | int, method: str
) -> None:
    forge.branch(BRANCH)
    forge.troubles.append(Trouble(what, method))
    assert (await refused(forges_of(forge), forge)).trouble is Word.UNREACHABLE
    await made(forges_of(forge), forge)
    assert [pull.number for pull in forge.pulls] == [1]


async def test_a_forge_that_wants_to_be_left_alone_says_how_long(forge: FakeForge, forges_of: MakeForges) -> None:
    forge.troubles.append(Trouble(429, headers={"Retry-After": "17"}))
    error = await refused(forges_of(forge), forge)
    assert (error.trouble, error.retry_after) == (Word.RATE_LIMITED, 17.0)


async def test_a_redirect_is_not_followed(forge: FakeForge, forges_of: MakeForges) -> None:
    forge.troubles.append(Trouble(302, headers={"Location": "http://elsewhere.invalid/"}))
    assert (await refused(forges_of(forge), forge)).trouble is Word.REFUSED


async def test_two_at_the_same_moment_make_one(forge: FakeForge, forges_of: MakeForges) -> None:
    forge.branch(BRANCH)
    forges = forges_of(forge)
    found = await asyncio.gather(*(made(forges, forge) for _ in range(6)))
    assert {each.number for each in found if each} == {1}
    assert len(forge.pulls) == 1


async def test_one_that_somebody_else_opens_meanwhile_is_taken(forge: FakeForge, forges_of: MakeForges) -> None:
    forge.branch(BRANCH)

    def be_faster(method: str, _: str) -> None:
        if method == "POST" and not forge.pulls:
            forge.open_pull(head=BRANCH, base="trunk", title="Mine", text="")

    forge.on_request = be_faster
    found = await made(forges_of(forge), forge)
    assert found is not None
    assert (found.number, found.title) == (1, "Mine")
