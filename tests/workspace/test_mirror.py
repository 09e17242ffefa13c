from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ploeg.domain.errors import Invalid, Unavailable
from ploeg.workspace.credentials import Credentials
from ploeg.workspace.git import Git, GitError, GitFault
from ploeg.workspace.lock import locked
from ploeg.workspace.mirror import Mirrors, directory_name
from tests.workspace.conftest import Repository

pytestmark = pytest.mark.anyio

New = Callable[..., Repository]


async def test_a_mirror_has_the_remotes_branches_tags_and_default(repository: Repository, mirrors: Mirrors) -> None:
    repository.git("tag", "v1")
    repository.git("push", "--quiet", "origin", "v1", "HEAD:refs/heads/other")
    mirror = await mirrors.open(repository.url)
    assert await mirror.default_branch() == "trunk"
    assert await mirror.branch_tip("other") == repository.tip("other")
    assert await mirror.branch_tip("nothing") is None
    assert b"refs/tags/v1" in await mirror.refs_for_a_workspace()


async def test_opening_again_needs_no_remote(repository: Repository, mirrors: Mirrors) -> None:
    first = await mirrors.open(repository.url)
    repository.bare.rename(repository.bare.with_name("gone.git"))
    assert (await mirrors.open(repository.url)).path == first.path
    with pytest.raises(GitError) as error:
        await first.fetch()
    assert error.value.fault is GitFault.NOT_FOUND


async def test_fetching_follows_the_remote_forward_sideways_and_away(repository: Repository, mirrors: Mirrors) -> None:
    repository.git("push", "--quiet", "origin", "HEAD:refs/heads/doomed")
    mirror = await mirrors.open(repository.url)
    forward = repository.commit({"new": "1"})
    repository.git("push", "--quiet", "origin", ":doomed")
    await mirror.fetch()
    assert (await mirror.branch_tip("trunk"), await mirror.branch_tip("doomed")) == (forward, None)
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    repository.git("commit", "--quiet", "--allow-empty", "--message", "rewritten")
    repository.git("push", "--quiet", "--force", "origin", "HEAD")
    await mirror.fetch()
    assert await mirror.branch_tip("trunk") == repository.tip("trunk")


async def test_the_default_branch_may_change_its_name(repository: Repository, mirrors: Mirrors) -> None:
    mirror = await mirrors.open(repository.url)
    repository.git("branch", "--move", "trunk", "develop", at=repository.bare)
    await mirror.fetch()
    assert await mirror.default_branch() == "develop"


async def test_a_head_without_a_branch_falls_back_to_the_only_one(new_repository: New, mirrors: Mirrors) -> None:
    repository = new_repository(branch="main")
    repository.git("symbolic-ref", "HEAD", "refs/heads/master", at=repository.bare)
    assert await (await mirrors.open(repository.url)).default_branch() == "main"


async def test_a_head_without_a_branch_among_several_is_refused_with_a_remedy(
    repository: Repository, mirrors: Mirrors
) -> None:
    repository.git("push", "--quiet", "origin", "HEAD:refs/heads/other")
    repository.git("symbolic-ref", "HEAD", "refs/heads/master", at=repository.bare)
    with pytest.raises(GitError, match="set the default branch"):
        await mirrors.open(repository.url)


async def test_the_base_is_the_branch_itself_where_the_remote_has_it(repository: Repository, mirrors: Mirrors) -> None:
    mirror = await mirrors.open(repository.url)
    base = await mirror.base("ploeg/T-1")
    assert (base.sha, base.branch, base.exists) == (repository.tip("trunk"), "trunk", False)
    repository.git("checkout", "--quiet", "-b", "ploeg/T-1")
    tip = repository.commit({"begun": "1"})
    await mirror.fetch()
    base = await mirror.base("ploeg/T-1")
    assert (base.sha, base.branch, base.exists) == (tip, "ploeg/T-1", True)


async def test_an_empty_repository_is_recognised_and_may_be_filled(new_repository: New, mirrors: Mirrors) -> None:
    repository = new_repository(empty=True)
    with pytest.raises(GitError) as error:
        await mirrors.open(repository.url)
    assert error.value.fault is GitFault.EMPTY
    assert "first commit" in str(error.value)
    repository.commit({"README": "now"})
    assert await (await mirrors.open(repository.url)).default_branch() == "trunk"


async def test_a_repository_that_does_not_exist_leaves_nothing_behind(
    mirrors: Mirrors, home: Path, tmp_path: Path
) -> None:
    with pytest.raises(GitError) as error:
        await mirrors.open(str(tmp_path / "nothing.git"))
    assert error.value.fault is GitFault.NOT_FOUND
    assert [path.name for path in (home / "mirrors").iterdir() if path.is_dir()] == []


async def test_a_url_that_could_do_something_else_is_refused(mirrors: Mirrors, tmp_path: Path) -> None:
    for url in ["ext::touch pwned", "--upload-pack=touch pwned"]:
        with pytest.raises(Invalid):
            await mirrors.open(url)


def test_a_mirrors_folder_is_told_by_its_name_and_distinct_by_its_url() -> None:
    one, other = directory_name("https://a.example/team/project.git"), directory_name("https://b.example/team/project")
    assert one.endswith("-project")
    assert other.endswith("-project")
    assert one != other
    assert directory_name("https://a.example/../..").endswith("-repository")


async def test_several_workers_make_one_mirror(repository: Repository, home: Path) -> None:
    several = [Mirrors(home / "mirrors", Git(), Credentials()) for _ in range(6)]
    opened = await asyncio.gather(*(mirrors.open(repository.url) for mirrors in several))
    assert len({mirror.path for mirror in opened}) == 1
    await asyncio.gather(*(mirror.fetch() for mirror in opened))
    assert [path.name for path in (home / "mirrors").glob(".making-*")] == []


async def test_a_lock_that_is_not_let_go_is_not_waited_for_without_end(tmp_path: Path) -> None:
    async with locked(tmp_path / "lock", 1):
        with pytest.raises(Unavailable, match="another worker"):
            async with locked(tmp_path / "lock", 0.05):
                pass
    async with locked(tmp_path / "lock", 1):
        pass


async def test_a_lock_file_that_a_killed_git_left_does_not_block_for_ever(
    repository: Repository, mirrors: Mirrors
) -> None:
    mirror = await mirrors.open(repository.url)
    tip = repository.commit({"new": "1"})
    stale = [mirror.path / "HEAD.lock", mirror.path / "refs" / "heads" / "trunk.lock"]
    for lock in stale:
        lock.touch()
        os.utime(lock, (time.time() - 7200,) * 2)
    await mirror.fetch()
    assert await mirror.branch_tip("trunk") == tip


async def test_a_sha256_repository_is_mirrored(tmp_path: Path, repository: Repository, mirrors: Mirrors) -> None:
    bare, clone = tmp_path / "long.git", tmp_path / "long"
    for path, bare_too in [(bare, ("--bare",)), (clone, ())]:
        repository.git(
            "init", "--quiet", "--object-format=sha256", "--initial-branch=trunk", *bare_too, str(path), at=tmp_path
        )
    repository.git("remote", "add", "origin", str(bare), at=clone)
    long = Repository(bare, clone)
    tip = long.commit({"a": "1"})
    mirror = await mirrors.open(long.url)
    assert (await mirror.base("x")).sha == tip
    assert len(tip) == 64


async def test_kept_work_is_forgotten_by_when_it_was_kept_not_by_what_commits_say(
    repository: Repository, mirrors: Mirrors
) -> None:
    mirror = await mirrors.open(repository.url)
    old = repository.git("-c", "user.name=x", "commit-tree", "-m", "x", "HEAD^{tree}")
    repository.git("push", "--quiet", "origin", f"{old}:refs/heads/old")
    await mirror.fetch()
    began = datetime.now(UTC) - timedelta(seconds=5)
    await mirror.keep("refs/ploeg/J-1/1", old, None)
    await mirror.keep("refs/ploeg/J-2/1", old, old)
    assert [kept.ref for kept in await mirror.kept("J-2")] == ["refs/ploeg/J-2/1", "refs/ploeg/J-2/1-snapshot"]
    assert await mirror.prune_kept(began) == []
    log = mirror.path / "logs" / "refs" / "ploeg" / "J-1" / "1"
    os.utime(log, (0, 0))
    assert await mirror.prune_kept(began) == ["refs/ploeg/J-1/1"]
    assert {kept.ref for kept in await mirror.kept()} == {"refs/ploeg/J-2/1", "refs/ploeg/J-2/1-snapshot"}


async def test_kept_work_that_is_nowhere_else_is_never_forgotten(repository: Repository, mirrors: Mirrors) -> None:
    mirror = await mirrors.open(repository.url)
    tip = (await mirror.base("x")).sha
    alone = repository.git("-c", "user.name=x", "commit-tree", "-m", "x", "-p", tip, "HEAD^{tree}")
    repository.git("push", "--quiet", "origin", f"{alone}:refs/heads/shared")
    await mirror.fetch()
    await mirror.keep("refs/ploeg/J-1/1", alone, None)
    await mirror.keep("refs/ploeg/J-2/1", tip, None)
    assert not await mirror.kept_nowhere_else()
    repository.git("push", "--quiet", "origin", ":refs/heads/shared")
    await mirror.fetch()
    assert await mirror.kept_nowhere_else()
    for log in (mirror.path / "logs" / "refs" / "ploeg").rglob("1"):
        os.utime(log, (0, 0))
    assert await mirror.prune_kept(datetime.now(UTC)) == ["refs/ploeg/J-2/1"]
    assert [kept.ref for kept in await mirror.kept()] == ["refs/ploeg/J-1/1"]


async def test_fetching_never_touches_kept_work(repository: Repository, mirrors: Mirrors) -> None:
    mirror = await mirrors.open(repository.url)
    sha = (await mirror.base("x")).sha
    await mirror.keep("refs/ploeg/J-1/1", sha, None)
    repository.git("push", "--quiet", "origin", "HEAD:refs/ploeg/J-1/1", "HEAD:refs/heads/ploeg/J-1/1")
    await mirror.fetch()
    assert [kept.ref for kept in await mirror.kept()] == ["refs/ploeg/J-1/1"]


async def test_tidying_packs_and_drops_nothing(
    repository: Repository, mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ploeg.workspace.mirror._MANY_PACKS", 1)
    mirror = await mirrors.open(repository.url)
    lone = repository.commit({"lone": "1"}, push=False)
    repository.git("push", "--quiet", "origin", "HEAD:refs/heads/doomed")
    await mirror.fetch()
    repository.git("push", "--quiet", "origin", ":doomed")
    await mirror.fetch()
    await mirror.tidy()
    packs = list((mirror.objects / "pack").glob("*.pack"))
    loose = [path for path in mirror.objects.glob("??/*") if path.is_file()]
    assert (len(packs), loose) == (1, [])
    assert await mirror.branch_tip("doomed") is None
    assert await mirror.has(lone)


async def test_nobody_else_can_read_a_mirror(repository: Repository, mirrors: Mirrors, home: Path) -> None:
    await mirrors.open(repository.url)
    assert stat.S_IMODE((home / "mirrors").stat().st_mode) == 0o700


async def test_what_was_kept_is_set_by_before_a_killed_worker_s_tree_is_looked_at(
    repository: Repository, mirrors: Mirrors
) -> None:
    before = repository.tip("trunk")
    after = repository.commit({"a": "1"})
    mirror = await mirrors.open(repository.url)
    assert before is not None
    ref = "refs/ploeg/J-1/1"
    await mirror.keep(ref, before, None)
    left = mirror.path / f"{ref}.lock"
    await asyncio.to_thread(left.touch)
    await mirror.set_by(ref)
    await mirror.keep(ref, after, None)
    assert {kept.ref: kept.sha for kept in await mirror.kept("J-1")} == {ref: after, f"{ref}-before": before}
