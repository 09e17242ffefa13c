"""What is set up at a forge, who the token belongs to and what it may do."""

from __future__ import annotations

import pytest

from ploeg.domain.delivery import Trouble as Word
from ploeg.forges.base import ForgeError
from tests.forges.conftest import MakeForges
from tests.forges.fake import TOKEN, FakeForge
from tests.forges.far.things import Right, Started, Token, Trouble

pytestmark = pytest.mark.anyio

HOOK = "https://ploeg.test/hooks/prd_1"


async def test_a_webhook_is_there_once_and_its_secret_is_the_last_one(forge: FakeForge, forges_of: MakeForges) -> None:
    async with forges_of(forge).on(forge.repo_url) as there:
        assert await there.ensure_webhook(HOOK, "s3cret-1")
        assert not await there.ensure_webhook(HOOK, "s3cret-2")
        assert await there.ensure_webhook(HOOK + "x", "s3cret-3")
    assert [(hook.url, hook.secret) for hook in forge.hooks] == [(HOOK, "s3cret-2"), (HOOK + "x", "s3cret-3")]


async def test_only_who_may_administer_it_sets_up_a_webhook(forge: FakeForge, forges_of: MakeForges) -> None:
    forge.accounts["robot"].right = Right.WRITE
    async with forges_of(forge).on(forge.repo_url) as there:
        with pytest.raises(ForgeError) as caught:
            await there.ensure_webhook(HOOK, "s3cret-1")
    assert caught.value.trouble is Word.REFUSED
    assert "s3cret" not in str(caught.value)


async def test_a_label_is_made_once(forge: FakeForge, forges_of: MakeForges) -> None:
    async with forges_of(forge).on(forge.repo_url) as there:
        assert await there.ensure_label("ploeg: asks", "5319e7")
        assert not await there.ensure_label("ploeg: asks", "5319e7")
    assert [(label.name, label.colour) for label in forge.labels] == [("ploeg: asks", "5319e7")]


async def test_a_workflow_is_started_with_its_inputs(forge: FakeForge, forges_of: MakeForges) -> None:
    async with forges_of(forge).on(forge.repo_url) as there:
        await there.dispatch_workflow("promote.yml", "trunk", {"to": "public"})
    assert forge.started == [Started("promote.yml", "trunk", {"to": "public"})]


async def test_a_branch_under_rules_and_the_default_one_are_protected(forge: FakeForge, forges_of: MakeForges) -> None:
    forge.branch("release/1")
    forge.branch("ploeg/free")
    forge.protect("release/1")
    async with forges_of(forge).on(forge.repo_url) as there:
        found = [await there.protected(branch) for branch in ("trunk", "release/1", "ploeg/free", "ploeg/none")]
        assert await there.branch_tip("release/1") == forge.git.tip("trunk")
        assert await there.branch_tip("ploeg/none") is None
        with pytest.raises(ForgeError) as caught:
            await there.delete_branch("release/1", sha=forge.git.tip("release/1") or "")
    assert found == [True, True, False, False]
    assert caught.value.trouble is Word.REFUSED


async def test_the_token_says_whose_it_is_and_what_it_may_where_the_forge_tells(
    forge: FakeForge, forges_of: MakeForges
) -> None:
    own = {"forgejo": "write:repository", "github": "repo", "gitlab": "api"}[forge.kind]
    forge.tokens[TOKEN] = Token("robot", {own, "read:user"})
    async with forges_of(forge).on(forge.repo_url) as there:
        me = await there.whoami()
    assert me.login == "robot"
    assert me.scopes == (None if forge.kind == "forgejo" else {own, "read:user"})


async def test_a_token_without_the_scope_is_refused_with_its_name(forge: FakeForge, forges_of: MakeForges) -> None:
    forge.tokens[TOKEN] = Token("robot", {"read:misc"})
    async with forges_of(forge).on(forge.repo_url) as there:
        with pytest.raises(ForgeError, match="scope") as caught:
            await there.repository()
    assert caught.value.trouble is Word.REFUSED


async def test_a_spent_rate_limit_says_when_it_begins_anew(forge: FakeForge, forges_of: MakeForges) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}
    forge.troubles.append(Trouble(403, headers=headers))
    async with forges_of(forge).on(forge.repo_url) as there:
        with pytest.raises(ForgeError) as caught:
            await there.repository()
    assert (caught.value.trouble, caught.value.retry_after) == (Word.RATE_LIMITED, 1.0)
