from __future__ import annotations

import os
import socket

import pytest

from ploeg.domain.errors import Conflict
from ploeg.workspace.checkout import Checkouts, Workspace
from ploeg.workspace.keep import Keeper, KeepFailed, Kept, NothingToKeep
from ploeg.workspace.mirror import Mirror, Mirrors
from ploeg.workspace.sandbox import Backend
from tests.workspace.conftest import Repository, git

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024


@pytest.fixture
async def mirror(repository: Repository, mirrors: Mirrors) -> Mirror:
    return await mirrors.open(repository.url)


@pytest.fixture
async def workspace(checkouts: Checkouts, mirror: Mirror) -> Workspace:
    return await take(checkouts, mirror)


@pytest.fixture
def keeper(backend: Backend) -> Keeper:
    return Keeper(backend, max_bundle_bytes=64 * MIB)


async def take(checkouts: Checkouts, mirror: Mirror) -> Workspace:
    base = await mirror.base("ploeg/T-1")
    return await checkouts.take(mirror, job_code="J-1", attempt=1, branch="ploeg/T-1", commit=base.sha)


def write(workspace: Workspace, **files: str) -> None:
    for name, content in files.items():
        path = workspace.tree / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def commit(workspace: Workspace, message: str = "By the agent") -> str:
    git("add", "--all", at=workspace.tree)
    git("commit", "--quiet", "--message", message, at=workspace.tree)
    return git("rev-parse", "HEAD", at=workspace.tree)


def files_of(mirror: Mirror, commit: str | None) -> dict[str, str]:
    assert commit is not None
    names = git("ls-tree", "-r", "-z", "--name-only", commit, at=mirror.path).split("\0")
    return {name: git("show", f"{commit}:{name}", at=mirror.path) for name in names if name}


async def test_an_untouched_workspace_has_nothing_to_keep(keeper: Keeper, workspace: Workspace, mirror: Mirror) -> None:
    kept = await keeper.collect(workspace, mirror)
    assert kept == NothingToKeep(head=workspace.base, tree=await mirror.tree(workspace.base))
    assert kept.clean
    assert await mirror.kept() == []


async def test_commits_come_over_whole(keeper: Keeper, workspace: Workspace, mirror: Mirror) -> None:
    write(workspace, one="1")
    commit(workspace, "first")
    write(workspace, two="2")
    head = commit(workspace, "second")
    kept = await keeper.collect(workspace, mirror)
    assert kept == Kept(ref="refs/ploeg/J-1/1", head=head, tree=await mirror.tree(head))
    assert kept.clean
    assert [found.subject for found in await mirror.commits(workspace.base, head)] == ["second", "first"]
    assert (await mirror.push(head, "ploeg/T-1")).pushed


async def test_what_is_not_committed_comes_over_as_a_snapshot(
    keeper: Keeper, workspace: Workspace, mirror: Mirror
) -> None:
    write(workspace, done="1")
    head = commit(workspace)
    write(workspace, README_DOT_md="# Changed\n", untracked__deep="new\n", staged="s")
    git("add", "staged", at=workspace.tree)
    (workspace.tree / "src" / "app.py").unlink()
    kept = await keeper.collect(workspace, mirror)
    assert isinstance(kept, Kept)
    assert (kept.head, kept.clean) == (head, False)
    assert kept.uncommitted == ("README.md", "src/app.py", "staged", "untracked/deep")
    assert files_of(mirror, kept.snapshot) == {
        "README.md": "# Changed",
        "done": "1",
        "staged": "s",
        "untracked/deep": "new",
    }
    assert {found.ref for found in await mirror.kept("J-1")} == {"refs/ploeg/J-1/1", "refs/ploeg/J-1/1-snapshot"}
    assert git("status", "--porcelain", at=workspace.tree).splitlines() == [
        " M README.md",
        " D src/app.py",
        "A  staged",
        "?? untracked/",
    ]


async def test_ignored_files_are_neither_kept_nor_unclean(keeper: Keeper, workspace: Workspace, mirror: Mirror) -> None:
    write(workspace, _DOT_gitignore="*.log\nbuild/\n")
    commit(workspace)
    write(workspace, noise_DOT_log="x", build__out="x", mine="x")
    (workspace.tree / ".git" / "info").mkdir(exist_ok=True)
    (workspace.tree / ".git" / "info" / "exclude").write_text("mine\n")
    kept = await keeper.collect(workspace, mirror)
    assert kept.clean


async def test_collecting_again_takes_only_what_is_new(keeper: Keeper, workspace: Workspace, mirror: Mirror) -> None:
    write(workspace, large="x" * 100_000, note="1")
    first = await keeper.collect(workspace, mirror)
    packs = len(list((mirror.objects / "pack").glob("*.pack")))
    assert await keeper.collect(workspace, mirror) == first
    assert len(list((mirror.objects / "pack").glob("*.pack"))) == packs
    write(workspace, note="2")
    second = await keeper.collect(workspace, mirror)
    assert isinstance(second, Kept)
    assert files_of(mirror, second.snapshot)["note"] == "2"
    commit(workspace)
    third = await keeper.collect(workspace, mirror)
    assert third.clean
    assert [found.ref for found in await mirror.kept("J-1")] == ["refs/ploeg/J-1/1"]


async def test_an_amended_commit_replaces_the_one_before(keeper: Keeper, workspace: Workspace, mirror: Mirror) -> None:
    write(workspace, a="1")
    commit(workspace)
    await keeper.collect(workspace, mirror)
    git("commit", "--quiet", "--amend", "--message", "Better", at=workspace.tree)
    head = git("rev-parse", "HEAD", at=workspace.tree)
    kept = await keeper.collect(workspace, mirror)
    assert isinstance(kept, Kept)
    assert kept.head == head


async def test_other_branches_and_the_stash_are_kept_too(keeper: Keeper, workspace: Workspace, mirror: Mirror) -> None:
    git("checkout", "--quiet", "-b", "side/experiment", at=workspace.tree)
    write(workspace, experiment="x")
    side = commit(workspace, "on the side")
    git("checkout", "--quiet", "ploeg/T-1", at=workspace.tree)
    write(workspace, README_DOT_md="stashed")
    git("stash", at=workspace.tree)
    kept = await keeper.collect(workspace, mirror)
    assert isinstance(kept, Kept)
    refs = {found.ref: found.sha for found in await mirror.kept("J-1")}
    assert refs["refs/ploeg/J-1/1-branches/side%2Fexperiment"] == side
    assert files_of(mirror, refs["refs/ploeg/J-1/1-branches/ploeg-stash"])["README.md"] == "stashed"


async def test_a_detached_head_is_the_head(keeper: Keeper, workspace: Workspace, mirror: Mirror) -> None:
    git("checkout", "--quiet", "--detach", at=workspace.tree)
    write(workspace, a="1")
    head = commit(workspace)
    assert (await keeper.collect(workspace, mirror)).head == head


async def test_kept_work_goes_on_in_a_fresh_workspace(
    keeper: Keeper, checkouts: Checkouts, workspace: Workspace, mirror: Mirror
) -> None:
    write(workspace, done="1")
    head = commit(workspace)
    write(workspace, README_DOT_md="# Half\n", half__done="h")
    (workspace.tree / "src" / "app.py").unlink()
    kept = await keeper.collect(workspace, mirror)
    assert isinstance(kept, Kept)
    assert kept.snapshot is not None
    await checkouts.remove(workspace, kept)
    resumed = await checkouts.take(
        mirror,
        job_code="J-1",
        attempt=2,
        branch="ploeg/T-1",
        commit=head,
        snapshot=kept.snapshot,
        base=workspace.base,
    )
    assert (resumed.tree, resumed.base) == (workspace.tree, workspace.base)
    assert git("rev-parse", "HEAD", at=resumed.tree) == head
    assert git("status", "--porcelain", at=resumed.tree).splitlines() == [" M README.md", " D src/app.py", "?? half/"]
    again = await keeper.collect(resumed, mirror)
    assert isinstance(again, Kept)
    assert (again.ref, again.head, again.snapshot) == ("refs/ploeg/J-1/2", head, kept.snapshot)
    await checkouts.close()


async def test_a_repository_inside_the_tree_is_kept_as_files(
    keeper: Keeper, workspace: Workspace, mirror: Mirror
) -> None:
    for name, committed in [("unborn", False), ("born", True), ("a space/in it", True)]:
        nested = workspace.tree / name
        nested.mkdir(parents=True)
        git("init", "--quiet", at=nested)
        (nested / "file").write_text(name)
        if committed:
            git("add", "--all", at=nested)
            git("commit", "--quiet", "--message", "x", at=nested)
    (workspace.tree / "empty").mkdir()
    git("init", "--quiet", at=workspace.tree / "empty")
    kept = await keeper.collect(workspace, mirror)
    assert isinstance(kept, Kept)
    assert kept.whole
    files = files_of(mirror, kept.snapshot)
    assert {name: files[f"{name}/file"] for name in ("unborn", "born", "a space/in it")} == {
        "unborn": "unborn",
        "born": "born",
        "a space/in it": "a space/in it",
    }


async def test_odd_files_are_kept_as_they_are(keeper: Keeper, workspace: Workspace, mirror: Mirror) -> None:
    tree = os.fsencode(workspace.tree)
    odd = [b"caf\xe9", b"new\nline", b"-rf", b"tab\there", b" ", b'quo"te', b"\xff\xfe"]
    for name in odd:
        (workspace.tree / os.fsdecode(name)).write_bytes(b"\x00\xff binary")
    os.mkfifo(tree + b"/fifo")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(tree + b"/socket")
    (workspace.tree / "link").symlink_to("/etc/passwd")
    (workspace.tree / "run.sh").write_text("#!/bin/sh\n")
    (workspace.tree / "run.sh").chmod(0o755)
    kept = await keeper.collect(workspace, mirror)
    assert isinstance(kept, Kept)
    assert kept.whole
    assert "caf\\xe9" in kept.uncommitted
    listed = git("ls-tree", "-r", "-z", str(kept.snapshot), at=mirror.path).split("\0")
    modes = {os.fsencode(entry.split("\t", 1)[1]): entry[:6] for entry in listed if entry}
    assert set(odd) <= set(modes)
    assert (modes[b"link"], modes[b"run.sh"], b"fifo" in modes) == ("120000", "100755", False)


async def test_changes_hidden_from_git_are_found(keeper: Keeper, workspace: Workspace, mirror: Mirror) -> None:
    git("update-index", "--assume-unchanged", "README.md", at=workspace.tree)
    git("update-index", "--skip-worktree", "src/app.py", at=workspace.tree)
    write(workspace, README_DOT_md="# Hidden.\n", src__app_DOT_py="print('HIDDEN')\n")
    was = (workspace.tree / "README.md").stat()
    os.utime(workspace.tree / "README.md", ns=(was.st_atime_ns, was.st_mtime_ns - 10**12))
    assert git("status", "--porcelain", at=workspace.tree) == ""
    kept = await keeper.collect(workspace, mirror)
    assert isinstance(kept, Kept)
    assert kept.uncommitted == ("README.md", "src/app.py")


async def test_a_change_in_the_second_of_the_checkout_is_found(
    keeper: Keeper, checkouts: Checkouts, mirror: Mirror
) -> None:
    base = (await mirror.base("x")).sha
    for number in range(5):
        workspace = await checkouts.take(mirror, job_code=f"J-2{number}", attempt=1, branch="x", commit=base)
        (workspace.tree / "README.md").write_text("# A PROJECT\n")  # as long as it was
        kept = await keeper.collect(workspace, mirror)
        assert isinstance(kept, Kept)
        assert kept.uncommitted == ("README.md",)


async def test_a_tree_without_its_repository_is_still_kept(
    keeper: Keeper, workspace: Workspace, mirror: Mirror, checkouts: Checkouts
) -> None:
    write(workspace, work="saved")
    (workspace.tree / ".git").rename(workspace.directory / "elsewhere")
    kept = await keeper.collect(workspace, mirror)
    assert isinstance(kept, Kept)
    assert (kept.head, kept.uncommitted) == (workspace.base, ("work",))


async def test_a_reset_below_the_base_is_seen(
    keeper: Keeper, checkouts: Checkouts, repository: Repository, mirrors: Mirrors
) -> None:
    first = repository.tip("trunk")
    repository.commit({"second": "2"})
    mirror = await mirrors.open(repository.url)
    workspace = await take(checkouts, mirror)
    git("reset", "--quiet", "--hard", "HEAD~1", at=workspace.tree)
    kept = await keeper.collect(workspace, mirror)
    assert (kept.head, kept.clean) == (first, True)
    assert isinstance(kept, Kept)


async def test_commits_whose_objects_are_gone_leave_the_files(
    keeper: Keeper, workspace: Workspace, mirror: Mirror, checkouts: Checkouts
) -> None:
    write(workspace, work="saved")
    head = commit(workspace)
    (workspace.tree / ".git" / "objects" / head[:2] / head[2:]).unlink()
    kept = await keeper.collect(workspace, mirror)
    assert isinstance(kept, Kept)
    assert (kept.head, kept.uncommitted, kept.whole) == (workspace.base, ("work",), False)


async def test_a_branch_of_the_agents_that_is_broken_does_not_keep_the_rest_from_being_kept(
    keeper: Keeper, workspace: Workspace, mirror: Mirror
) -> None:
    write(workspace, work="saved")
    head = commit(workspace)
    refs = workspace.tree / ".git" / "refs" / "heads"
    (refs / "broken").write_text("1" * 40 + "\n")
    (refs / "nonsense").write_text("nonsense\n")
    (refs / "link").symlink_to("/etc/passwd")
    os.mkfifo(refs / "fifo")
    kept = await keeper.collect(workspace, mirror)
    assert isinstance(kept, Kept)
    assert (kept.head, kept.clean) == (head, True)


async def test_files_that_weigh_too_much_are_left_and_the_commits_taken(
    backend: Backend, workspace: Workspace, mirror: Mirror, checkouts: Checkouts
) -> None:
    write(workspace, small="1")
    head = commit(workspace)
    for number in range(8):
        (workspace.tree / f"heavy{number}").write_bytes(os.urandom(MIB // 4))
    kept = await Keeper(backend, max_bundle_bytes=MIB).collect(workspace, mirror)
    assert isinstance(kept, Kept)
    assert (kept.head, kept.snapshot, kept.whole, kept.clean) == (head, None, False, False)
    assert kept.uncommitted == tuple(f"heavy{number}" for number in range(8))
    with pytest.raises(Conflict, match="set it aside"):
        await checkouts.remove(workspace, kept)


async def test_commits_that_weigh_too_much_are_not_taken_over(
    backend: Backend, workspace: Workspace, mirror: Mirror
) -> None:
    for number in range(8):
        (workspace.tree / f"heavy{number}").write_bytes(os.urandom(MIB // 4))
    commit(workspace)
    with pytest.raises(KeepFailed, match="weighs more"):
        await Keeper(backend, max_bundle_bytes=MIB).collect(workspace, mirror)
    assert await mirror.kept() == []
    assert [path.name for path in workspace.directory.iterdir() if path.name.startswith("out-")] == []


async def test_a_tree_that_takes_too_long_is_not_waited_for(
    backend: Backend, workspace: Workspace, mirror: Mirror
) -> None:
    with pytest.raises(KeepFailed, match="no end within"):
        await Keeper(backend, max_bundle_bytes=MIB, timeout=0.001).collect(workspace, mirror)


async def test_objects_that_are_not_sound_are_refused(keeper: Keeper, workspace: Workspace, mirror: Mirror) -> None:
    tree = f"100644 .git\0{bytes.fromhex(git('rev-parse', 'HEAD:README.md', at=workspace.tree)).decode('latin-1')}"
    bad = workspace.directory / "bad-tree"
    bad.write_bytes(tree.encode("latin-1"))
    sha = git("hash-object", "-t", "tree", "-w", "--literally", str(bad), at=workspace.tree)
    head = git("commit-tree", "-p", "HEAD", "-m", "evil", sha, at=workspace.tree)
    git("update-ref", "HEAD", head, at=workspace.tree)
    with pytest.raises(KeepFailed, match="hasDotgit"):
        await keeper.collect(workspace, mirror)
    assert await mirror.kept() == []
    assert not await mirror.has(head)


async def test_work_is_kept_while_the_agent_goes_on(keeper: Keeper, workspace: Workspace, mirror: Mirror) -> None:
    lock = workspace.tree / ".git" / "index.lock"
    lock.touch()
    write(workspace, work="1")
    kept = await keeper.collect(workspace, mirror)
    assert isinstance(kept, Kept)
    assert kept.uncommitted == ("work",)
    assert lock.exists()
