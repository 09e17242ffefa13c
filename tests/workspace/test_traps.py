from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ploeg.workspace.checkout import Checkouts, Workspace
from ploeg.workspace.keep import Keeper, KeepFailed, Kept
from ploeg.workspace.mirror import Mirror, Mirrors
from ploeg.workspace.sandbox import Backend
from tests.workspace.conftest import Repository, git
from tests.workspace.traps import HOOKS, PROGRAMS, REFUSED, TRAPS

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024


def test_the_battery_is_large_enough() -> None:
    assert len(TRAPS) + len(PROGRAMS) + len(HOOKS) >= 80


@pytest.fixture
async def mirror(repository: Repository, mirrors: Mirrors) -> Mirror:
    return await mirrors.open(repository.url)


@pytest.fixture
async def workspace(mirror: Mirror, checkouts: Checkouts) -> Workspace:
    """One in which an agent has committed something, and something not."""
    base = await mirror.base("ploeg/T-1")
    workspace = await checkouts.take(mirror, job_code="J-1", attempt=1, branch="ploeg/T-1", commit=base.sha)
    (workspace.tree / "work").write_text("saved")
    git("add", "work", at=workspace.tree)
    git("commit", "--quiet", "--message", "Work", at=workspace.tree)
    (workspace.tree / "more").write_text("saved too")
    return workspace


@pytest.fixture
def arm(tmp_path: Path) -> Iterator[str]:
    """A command that leaves a trace wherever it runs; after the test there is none."""
    inside = Path("/tmp") / f"fired-{tmp_path.name}"
    places = [tmp_path / "fired", inside, Path("/workspace/fired")]
    yield f"touch {' '.join(map(str, places))}"
    assert [path for path in (*places, *tmp_path.rglob("fired")) if path.exists()] == []


@pytest.mark.parametrize("name", ["every option that names a program", "every hook", ".git is a link"])
def test_a_trap_does_fire_for_whoever_runs_git_in_the_tree(name: str, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    git("init", "--quiet", at=tree)
    (tree / "file").write_text("x")
    git("add", "--all", at=tree)
    git("commit", "--quiet", "--message", "x", at=tree)
    TRAPS[name](tree, f"touch {tmp_path / 'fired'}")
    (tree / "file").write_text("y")
    subprocess.run(["git", "add", "--all"], cwd=tree, capture_output=True, check=False)
    assert (tmp_path / "fired").exists()


@pytest.mark.parametrize("name", [name for name in TRAPS if name not in REFUSED])
async def test_no_trap_in_a_repository_fires_and_the_work_is_kept(
    name: str,
    arm: str,
    backend: Backend,
    repository: Repository,
    mirror: Mirror,
    checkouts: Checkouts,
    workspace: Workspace,
) -> None:
    """All that a worker does with a tree after its agent: look, keep, compare, push, remove, go on with it."""
    trunk = repository.tip("trunk")
    TRAPS[name](workspace.tree, arm)
    before = _state(workspace.tree)

    kept = await Keeper(backend, max_bundle_bytes=64 * MIB, timeout=20).collect(workspace, mirror)
    assert isinstance(kept, Kept)
    head = kept.snapshot or kept.head
    listed = git("ls-tree", "-r", "--name-only", head, at=mirror.path).splitlines()
    assert {"work", "more"} <= set(listed)
    assert (await mirror.diff(workspace.base, head)).files
    assert (await mirror.push(head, "ploeg/T-1")).pushed
    assert _state(workspace.tree) == before
    if kept.whole:
        await checkouts.remove(workspace, kept)
    else:
        checkouts.set_aside(workspace)
    resumed = await checkouts.take(
        mirror, job_code="J-1", attempt=2, branch="ploeg/T-1", commit=kept.head, snapshot=kept.snapshot
    )
    assert (resumed.tree / "work").read_text() == "saved"
    await checkouts.warm_up(mirror)
    await mirror.fetch()
    await checkouts.close()
    assert repository.tip("trunk") == trunk


@pytest.mark.parametrize("name", REFUSED)
async def test_what_cannot_be_taken_over_is_set_aside_whole(
    name: str, arm: str, backend: Backend, mirror: Mirror, checkouts: Checkouts, workspace: Workspace
) -> None:
    TRAPS[name](workspace.tree, arm)
    with pytest.raises(KeepFailed, match=REFUSED[name]):
        await Keeper(backend, max_bundle_bytes=64 * MIB, timeout=2).collect(workspace, mirror)
    assert await mirror.kept() == []
    aside = Path(checkouts.set_aside(workspace).where)
    assert (aside / "tree" / "more").read_text() == "saved too"


def _state(tree: Path) -> dict[str, int]:
    """Every path of a tree with its size: looking at a tree must not change it."""
    return {str(path): path.lstat().st_size for path in tree.rglob("*") if not path.is_dir()}
