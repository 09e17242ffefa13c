from __future__ import annotations

from collections.abc import Callable

import pytest

from ploeg.domain.errors import Invalid
from ploeg.workspace.mirror import Mirrors, PushOutcome
from tests.workspace.conftest import Repository

pytestmark = pytest.mark.anyio

New = Callable[..., Repository]


async def test_a_push_goes_forward_and_twice_is_harmless(repository: Repository, mirrors: Mirrors) -> None:
    first = repository.tip("trunk")
    assert first is not None
    second = repository.commit({"a": "1"})
    mirror = await mirrors.open(repository.url)
    for sha, outcome in [
        (first, PushOutcome.PUSHED),
        (first, PushOutcome.UP_TO_DATE),
        (second, PushOutcome.PUSHED),
        (second, PushOutcome.UP_TO_DATE),
    ]:
        result = await mirror.push(sha, "ploeg/T-1")
        assert (result.outcome, result.pushed) == (outcome, True)
        assert repository.tip("ploeg/T-1") == sha


async def test_a_push_never_throws_anothers_work_away(repository: Repository, mirrors: Mirrors) -> None:
    mine = repository.tip("trunk")
    mirror = await mirrors.open(repository.url)
    theirs = repository.commit({"theirs": "1"})
    repository.git("push", "--quiet", "origin", "HEAD:refs/heads/ploeg/T-1")
    assert mine is not None
    result = await mirror.push(mine, "ploeg/T-1")
    assert (result.outcome, result.pushed) == (PushOutcome.CONFLICT, False)
    assert "rejected" in result.reason
    assert repository.tip("ploeg/T-1") == theirs


async def test_a_hook_that_declines_is_refused_in_its_own_words(repository: Repository, mirrors: Mirrors) -> None:
    hook = repository.bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'this branch is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    mirror = await mirrors.open(repository.url)
    result = await mirror.push((await mirror.base("x")).sha, "ploeg/T-1")
    assert result.outcome is PushOutcome.REFUSED
    assert "this branch is protected" in result.reason


async def test_a_push_to_nowhere_says_why(repository: Repository, mirrors: Mirrors) -> None:
    mirror = await mirrors.open(repository.url)
    sha = (await mirror.base("x")).sha
    repository.bare.rename(repository.bare.with_name("gone.git"))
    assert (await mirror.push(sha, "ploeg/T-1")).outcome is PushOutcome.NO_CREDENTIALS


async def test_a_push_whose_answer_was_lost_is_looked_up(repository: Repository, mirrors: Mirrors) -> None:
    hook = repository.bare / "hooks" / "post-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nkill -9 $PPID\nsleep 0.2\n")
    hook.chmod(0o755)
    mirror = await mirrors.open(repository.url)
    base = await mirror.base("x")
    assert (await mirror.push(base.sha, "ploeg/T-1")).pushed
    assert repository.tip("ploeg/T-1") == base.sha


async def test_a_branch_name_that_is_none_is_refused_before_anything_is_pushed(
    repository: Repository, mirrors: Mirrors
) -> None:
    mirror = await mirrors.open(repository.url)
    with pytest.raises(Invalid):
        await mirror.push((await mirror.base("x")).sha, "x:refs/heads/trunk")


async def test_nothing_is_pushed_to_the_default_branch(repository: Repository, mirrors: Mirrors) -> None:
    mirror = await mirrors.open(repository.url)
    before = repository.tip("trunk")
    result = await mirror.push(repository.commit({"a": "1"}, push=False), "trunk")
    assert (result.outcome, result.pushed) == (PushOutcome.REFUSED, False)
    assert "default branch" in result.reason
    assert repository.tip("trunk") == before


async def test_a_branch_is_deleted_only_while_its_tip_is_the_known_one(
    repository: Repository, mirrors: Mirrors
) -> None:
    first = repository.tip("trunk")
    assert first is not None
    second = repository.commit({"a": "1"})
    repository.git("push", "--quiet", "origin", f"{second}:refs/heads/ploeg/wip/J-1")
    mirror = await mirrors.open(repository.url)
    assert (await mirror.delete_branch("ploeg/wip/J-1", first)).outcome is PushOutcome.CONFLICT
    assert repository.tip("ploeg/wip/J-1") == second
    assert (await mirror.delete_branch("ploeg/wip/J-1", second)).pushed
    assert repository.tip("ploeg/wip/J-1") is None


async def test_unfinished_work_of_jobs_is_no_workspaces_business(repository: Repository, mirrors: Mirrors) -> None:
    repository.git("push", "--quiet", "origin", "HEAD:refs/heads/ploeg/wip/J-12", "HEAD:refs/heads/ploeg/st-1")
    refs = await (await mirrors.open(repository.url)).refs_for_a_workspace()
    assert b"origin/ploeg/st-1" in refs
    assert b"wip" not in refs
