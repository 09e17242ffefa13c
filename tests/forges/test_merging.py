"""A merge puts in the commit that was seen and no other, once, whatever is cut or pushed meanwhile."""

from __future__ import annotations

import pytest

from ploeg.domain.delivery import Trouble as Word
from ploeg.domain.forge import MergeMethod
from ploeg.forges.base import Forge, ForgeError
from tests.forges.conftest import MakeForges
from tests.forges.fake import FakeForge, Trouble

pytestmark = pytest.mark.anyio

BRANCH = "ploeg/ST-001-a1b2c3d4"


def opened(forge: FakeForge) -> str:
    sha = forge.push(BRANCH, {"greet.py": "print('hello')\n"})
    forge.open_pull(head=BRANCH, base="trunk", title="Greet", text="")
    return sha


async def refused(there: Forge, sha: str) -> ForgeError:
    with pytest.raises(ForgeError) as caught:
        await there.merge(1, sha=sha)
    return caught.value


@pytest.mark.parametrize("what", ["before", "after", 503])
async def test_a_merge_whose_answer_was_lost_is_found_by_the_next_try(
    forge: FakeForge, forges_of: MakeForges, what: str | int
) -> None:
    sha = opened(forge)
    forge.troubles.append(Trouble(what, path="/merge"))
    if forge.kind == "gitlab":
        # All of its paths about merge requests have that word in them.
        forge.troubles[0].method = "PUT"
    async with forges_of(forge).on(forge.repo_url) as there:
        assert (await refused(there, sha)).trouble is Word.UNREACHABLE
        merged = await there.merge(1, sha=sha)
    assert forge.git.run("rev-list", "--count", "trunk") == "2"
    assert forge.git.tip("trunk") == merged


async def test_what_is_pushed_in_that_moment_does_not_go_in(forge: FakeForge, forges_of: MakeForges) -> None:
    sha = opened(forge)

    def push(method: str, path: str) -> None:
        if method in {"PUT", "POST"} and path.endswith("/merge"):
            forge.push(BRANCH, {"worse.py": "1/0\n"})

    forge.on_request = push
    before = forge.git.tip("trunk")
    async with forges_of(forge).on(forge.repo_url) as there:
        assert (await refused(there, sha)).trouble is Word.CONFLICT
    assert forge.git.tip("trunk") == before


async def test_a_conflict_with_the_base_is_said_and_tried_in_vain(forge: FakeForge, forges_of: MakeForges) -> None:
    sha = opened(forge)
    forge.push("trunk", {"greet.py": "print('good evening')\n"})
    async with forges_of(forge).on(forge.repo_url) as there:
        assert (await there.pull_request(1)).mergeable is False
        assert (await refused(there, sha)).trouble is Word.CONFLICT


async def test_rules_of_the_branch_and_missing_rights_are_a_refusal(forge: FakeForge, forges_of: MakeForges) -> None:
    sha = opened(forge)
    forge.checks_required = True
    async with forges_of(forge).on(forge.repo_url) as there:
        assert (await refused(there, sha)).trouble is Word.REFUSED
        forge.checks_required, forge.read_only = False, True
        assert (await refused(there, sha)).trouble is Word.REFUSED


async def test_a_merge_commit_has_both_as_its_parents(forge: FakeForge, forges_of: MakeForges) -> None:
    sha = opened(forge)
    async with forges_of(forge).on(forge.repo_url) as there:
        merged = await there.merge(1, sha=sha, method=MergeMethod.MERGE)
    assert forge.git.run("rev-parse", f"{merged}^2") == sha


async def test_only_what_waits_for_that_very_commit_is_left_to_the_forge(
    forge: FakeForge, forges_of: MakeForges
) -> None:
    sha = opened(forge)
    async with forges_of(forge).on(forge.repo_url) as there:
        assert not await there.merge_when_green(1, sha=sha)
        forge.check(sha, "tests", "pending")
        waits = await there.merge_when_green(1, sha=sha)
        assert waits is (forge.kind == "gitlab")
        assert (forge.pull(1).scheduled is not None) is waits
        forge.check(forge.push(BRANCH), "tests", "success")
        assert forge.pull(1).state == "open"
        await there.cancel_merge(1)


async def test_gitlab_merges_by_itself_once_the_checks_have_passed(gitlab: FakeForge, forges_of: MakeForges) -> None:
    forge = gitlab
    sha = opened(forge)
    forge.check(sha, "tests", "pending")
    async with forges_of(forge).on(forge.repo_url) as there:
        await there.merge_when_green(1, sha=sha)
        await there.cancel_merge(1)
        assert forge.pull(1).scheduled is None
        await there.merge_when_green(1, sha=sha)
        forge.check(sha, "tests", "success")
        assert (await there.pull_request(1)).merged_sha == forge.git.tip("trunk")


async def test_what_was_merged_is_taken_back_by_a_pull_request_of_its_own(
    forge: FakeForge, forges_of: MakeForges
) -> None:
    sha = opened(forge)
    async with forges_of(forge).on(forge.repo_url) as there:
        await there.merge(1, sha=sha)
        url = await there.revert(1)
        assert await there.revert(1) == url
    if forge.kind == "forgejo":
        assert url is None
        return
    assert url is not None
    assert url.startswith(forge.url)
    (undone,) = forge.pulls[1:]
    assert (undone.base, undone.state) == ("trunk", "open")
    assert forge.git.run("diff", "--name-only", "trunk", undone.head) == "greet.py"


async def test_what_was_not_merged_cannot_be_taken_back(forge: FakeForge, forges_of: MakeForges) -> None:
    opened(forge)
    async with forges_of(forge).on(forge.repo_url) as there:
        if forge.kind == "forgejo":
            assert await there.revert(1) is None
            return
        with pytest.raises(ForgeError):
            await there.revert(1)
    assert len(forge.pulls) == 1
