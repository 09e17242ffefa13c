from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from ploeg.domain.errors import Conflict, Invalid
from ploeg.workspace.checkout import Checkouts, Workspace
from ploeg.workspace.git import Git, GitError
from ploeg.workspace.keep import Kept, KeptElsewhere, NeverKept, NothingToKeep
from ploeg.workspace.mirror import Mirror, Mirrors
from tests.workspace.conftest import Repository, git

pytestmark = pytest.mark.anyio


@pytest.fixture
async def mirror(repository: Repository, mirrors: Mirrors) -> Mirror:
    return await mirrors.open(repository.url)


async def take(checkouts: Checkouts, mirror: Mirror, job_code: str = "J-1", attempt: int = 1) -> Workspace:
    base = await mirror.base("ploeg/T-1")
    return await checkouts.take(mirror, job_code=job_code, attempt=attempt, branch="ploeg/T-1", commit=base.sha)


def nothing_in(workspace: Workspace) -> NothingToKeep:
    return NothingToKeep(head=workspace.base, tree="")


@pytest.mark.parametrize("warm", [False, True])
async def test_a_workspace_is_a_clean_checkout_on_its_branch(
    warm: bool, checkouts: Checkouts, mirror: Mirror, repository: Repository
) -> None:
    if warm:
        assert await checkouts.warm_up(mirror) == 1
    workspace = await take(checkouts, mirror)
    assert git("status", "--porcelain", "--branch", at=workspace.tree) == "## ploeg/T-1"
    assert git("rev-parse", "HEAD", at=workspace.tree) == repository.tip("trunk") == workspace.base
    assert (workspace.tree / "README.md").read_text() == "# A project\n"


async def test_a_workspace_has_an_author_history_and_tags_but_no_remote_and_no_hook(
    mirrors: Mirrors, home: Path, repository: Repository
) -> None:
    repository.git("tag", "v1.2")
    repository.git("push", "--quiet", "origin", "v1.2", "HEAD:refs/heads/other")
    checkouts = Checkouts(home, Git(), author_name='A "quoted" \\ name', author_email="crew@example.org")
    workspace = await take(checkouts, await mirrors.open(repository.url))
    at = workspace.tree
    assert git("config", "user.name", at=at) == 'A "quoted" \\ name'
    assert git("config", "user.email", at=at) == "crew@example.org"
    assert git("remote", at=at) == ""
    assert git("describe", "--tags", at=at) == "v1.2"
    assert git("branch", "--all", "--format=%(refname)", at=at).split() == [
        "refs/heads/ploeg/T-1",
        "refs/remotes/origin/other",
        "refs/remotes/origin/trunk",
    ]
    assert not (at / ".git" / "hooks").exists()
    git("fsck", "--strict", at=at)


async def test_objects_are_borrowed_and_none_is_shared_for_writing(checkouts: Checkouts, mirror: Mirror) -> None:
    workspace = await take(checkouts, mirror)
    own = [path for path in (workspace.tree / ".git" / "objects").rglob("*") if path.is_file()]
    assert [path.name for path in own] == ["alternates"]
    linked = [path for path in workspace.directory.rglob("*") if path.is_file() and path.stat().st_nlink > 1]
    assert linked == []
    git("commit", "--quiet", "--allow-empty", "--message", "mine", at=workspace.tree)
    assert await mirror.has(git("rev-parse", "HEAD", at=workspace.tree)) is False


async def test_a_ready_one_is_moved_to_the_tip_of_now(
    checkouts: Checkouts, mirror: Mirror, repository: Repository
) -> None:
    await checkouts.warm_up(mirror)
    repository.git("rm", "--quiet", "-r", "src")
    tip = repository.commit({"README.md": "# Newer\n", "added/file": "x"})
    repository.git("tag", "later")
    repository.git("push", "--quiet", "origin", "later")
    await mirror.fetch()
    workspace = await take(checkouts, mirror)
    assert git("status", "--porcelain", at=workspace.tree) == ""
    assert git("rev-parse", "HEAD", at=workspace.tree) == tip
    assert sorted(path.name for path in workspace.tree.iterdir()) == [".git", "README.md", "added"]
    assert git("describe", "--tags", at=workspace.tree) == "later"


async def test_the_pool_is_filled_up_once_and_each_is_taken_once(
    mirrors: Mirrors, home: Path, repository: Repository
) -> None:
    mirror = await mirrors.open(repository.url)
    crews = [Checkouts(home, Git(), author_name="x", author_email="x@y", warm=2) for _ in range(2)]
    assert [await crew.warm_up(mirror) for crew in crews] == [2, 0]
    taken = await asyncio.gather(*(take(crews[n % 2], mirror, f"J-{n}") for n in range(5)))
    assert len({(workspace.tree / "README.md").stat().st_ino for workspace in taken}) == 5
    assert list((home / "pool" / mirror.name).iterdir()) == []
    assert await crews[0].warm_up(mirror) == 2


async def test_a_job_has_the_same_path_in_each_attempt(checkouts: Checkouts, mirror: Mirror) -> None:
    first = await take(checkouts, mirror)
    await checkouts.remove(first, nothing_in(first))
    second = await take(checkouts, mirror, attempt=2)
    assert (second.tree, second.attempt) == (first.tree, 2)
    await checkouts.close()


async def test_a_former_workspace_is_found_and_never_overwritten(checkouts: Checkouts, mirror: Mirror) -> None:
    workspace = await take(checkouts, mirror)
    (workspace.tree / "work").write_text("unsaved")
    assert checkouts.existing("J-1") == workspace
    assert checkouts.leftovers() == [workspace]
    with pytest.raises(Conflict, match="keep its work"):
        await take(checkouts, mirror, attempt=2)
    assert (workspace.tree / "work").read_text() == "unsaved"


async def test_a_workspace_that_was_never_finished_is_made_anew(
    checkouts: Checkouts, mirror: Mirror, home: Path
) -> None:
    half = home / "workspaces" / "J-1"
    (half / "tree").mkdir(parents=True)
    assert checkouts.existing("J-1") is None
    workspace = await take(checkouts, mirror)
    assert (workspace.tree / "README.md").exists()
    await checkouts.close()


@pytest.mark.parametrize("record", ["", "\0\0\0", '{"of": "a later version"}'])
async def test_a_workspace_whose_record_nobody_can_read_is_set_aside_with_what_is_in_it(
    checkouts: Checkouts, mirror: Mirror, home: Path, record: str
) -> None:
    for throw_away in (checkouts.sweep, lambda: take(checkouts, mirror)):
        workspace = await take(checkouts, mirror)
        (workspace.tree / "work").write_text("unsaved")
        (workspace.directory / "workspace.json").write_text(record)
        await throw_away()
        await checkouts.close()
        (aside,) = (home / "aside").iterdir()
        assert (aside / "tree" / "work").read_text() == "unsaved"
        shutil.rmtree(aside)
        if (found := checkouts.existing("J-1")) is not None:
            await checkouts.remove(found, nothing_in(found))


async def test_a_commit_that_does_not_exist_leaves_nothing_behind(
    checkouts: Checkouts, mirror: Mirror, home: Path
) -> None:
    with pytest.raises(GitError):
        await checkouts.take(mirror, job_code="J-1", attempt=1, branch="x", commit="0" * 40)
    await checkouts.close()
    assert list((home / "workspaces").iterdir()) == list((home / "trash").iterdir()) == []


@pytest.mark.parametrize("job_code", ["", "..", "../J-1", "a/b", "J 1", ".hidden", "x" * 65])
async def test_a_job_code_is_no_path(checkouts: Checkouts, mirror: Mirror, job_code: str) -> None:
    with pytest.raises(Invalid, match="job_code"):
        await take(checkouts, mirror, job_code)


async def test_a_workspace_is_removed_at_once_and_deleted_later(
    checkouts: Checkouts, mirror: Mirror, home: Path
) -> None:
    workspace = await take(checkouts, mirror)
    await checkouts.remove(workspace, nothing_in(workspace))
    assert not workspace.directory.exists()
    await checkouts.remove(workspace, KeptElsewhere(where="seen to"))
    await checkouts.close()
    assert list((home / "trash").iterdir()) == []


async def test_a_workspace_is_not_removed_before_its_work_is_kept(checkouts: Checkouts, mirror: Mirror) -> None:
    workspace = await take(checkouts, mirror)
    sha = workspace.base
    for kept in [
        NothingToKeep(head="1" * 40, tree=""),
        Kept(ref="refs/ploeg/J-1/2", head=sha, tree=""),
        Kept(ref="refs/ploeg/J-11/1", head=sha, tree=""),
        Kept(ref="refs/ploeg/J-1/1", head=sha, tree="", whole=False),
    ]:
        with pytest.raises(Conflict):
            await checkouts.remove(workspace, kept)
    assert workspace.tree.exists()


async def test_a_workspace_to_read_is_on_no_branch_and_goes_as_it_is(
    checkouts: Checkouts, mirror: Mirror, repository: Repository
) -> None:
    workspace = await checkouts.take(mirror, job_code="J-1", attempt=1, branch=None, commit=repository.tip("trunk"))
    assert git("status", "--porcelain", "--branch", at=workspace.tree) == "## HEAD (no branch)"
    assert git("rev-parse", "HEAD", at=workspace.tree) == repository.tip("trunk")
    (workspace.tree / "scribble").write_text("x")
    assert checkouts.existing("J-1") == workspace
    await checkouts.remove(workspace, NeverKept())
    assert checkouts.existing("J-1") is None


async def test_a_workspace_on_a_branch_never_goes_as_it_is(checkouts: Checkouts, mirror: Mirror) -> None:
    workspace = await take(checkouts, mirror)
    with pytest.raises(Conflict, match="keep it first"):
        await checkouts.remove(workspace, NeverKept())
    assert checkouts.existing("J-1") == workspace


async def test_a_workspace_set_aside_frees_its_place(checkouts: Checkouts, mirror: Mirror) -> None:
    workspace = await take(checkouts, mirror)
    (workspace.tree / "work").write_text("unsaved")
    where = checkouts.set_aside(workspace).where
    assert (Path(where) / "tree" / "work").read_text() == "unsaved"
    assert (await take(checkouts, mirror, attempt=2)).tree == workspace.tree


async def test_a_worker_that_starts_sweeps_up(
    mirrors: Mirrors, home: Path, repository: Repository, checkouts: Checkouts
) -> None:
    mirror = await mirrors.open(repository.url)
    await checkouts.warm_up(mirror)
    workspace = await take(checkouts, mirror, "J-2")
    await checkouts.warm_up(mirror)
    for leftover in ["trash/x/deep", f"pool/{mirror.name}/.making-{2**22}-ab/tree", "workspaces/J-9/tree"]:
        (home / leftover).mkdir(parents=True)
    ours = home / "pool" / mirror.name / f".making-{os.getpid()}-ab"
    ours.mkdir()
    await checkouts.sweep()
    await checkouts.close()
    assert list((home / "trash").iterdir()) == []
    assert checkouts.leftovers() == [workspace]
    assert [path.name for path in (home / "workspaces").iterdir()] == ["J-2"]
    assert len(list((home / "pool" / mirror.name).iterdir())) == 2


async def test_a_tree_whose_folders_were_closed_is_deleted_and_no_link_is_followed(
    checkouts: Checkouts, mirror: Mirror, home: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("stays")
    workspace = await take(checkouts, mirror)
    closed = workspace.tree / "closed" / "deeper"
    closed.mkdir(parents=True)
    (closed / "file").write_text("x")
    (workspace.tree / "link").symlink_to(outside)
    (closed / "link").symlink_to(outside)
    for folder in (closed, closed.parent):
        folder.chmod(0)
    await checkouts.remove(workspace, nothing_in(workspace))
    await checkouts.close()
    assert list((home / "trash").iterdir()) == []
    assert (outside / "precious").read_text() == "stays"
    assert outside.stat().st_mode & 0o777 != 0


async def test_folders_nested_beyond_every_path_are_deleted(checkouts: Checkouts, mirror: Mirror, home: Path) -> None:
    workspace = await take(checkouts, mirror)
    at = os.open(workspace.tree, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("deeper", dir_fd=at)
        below = os.open("deeper", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
    await checkouts.remove(workspace, nothing_in(workspace))
    await checkouts.close()
    assert list((home / "trash").iterdir()) == []


async def test_names_that_are_not_utf8_are_checked_out(
    repository: Repository, mirrors: Mirrors, checkouts: Checkouts
) -> None:
    name = b"caf\xe9 \xff"
    os.close(os.open(os.fsencode(repository.clone) + b"/" + name, os.O_CREAT | os.O_WRONLY))
    repository.commit({})
    workspace = await take(checkouts, await mirrors.open(repository.url))
    assert name in {os.fsencode(path.name) for path in workspace.tree.iterdir()}
