"""A disk that is full while an agent works, and while its work is kept."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ploeg.workspace.checkout import Checkouts, Workspace
from ploeg.workspace.credentials import Credentials
from ploeg.workspace.git import Git, GitError, GitFault
from ploeg.workspace.keep import Keeper, KeepFailed, Kept
from ploeg.workspace.mirror import Mirrors
from ploeg.workspace.process import run
from ploeg.workspace.sandbox import Backend, SandboxSpec
from tests.workspace.conftest import Repository, git

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Eight megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "small", str(place)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> Path:
    """Takes every byte that is left."""
    filling = disk / "filling"
    with filling.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError:
            pass
        try:
            while True:
                file.write(bytes(64))
        except OSError:
            pass
    return filling


async def take(checkouts: Checkouts, mirrors: Mirrors, repository: Repository) -> Workspace:
    mirror = await mirrors.open(repository.url)
    base = await mirror.base("ploeg/T-1")
    return await checkouts.take(mirror, job_code="J-1", attempt=1, branch="ploeg/T-1", commit=base.sha)


async def test_work_is_kept_once_there_is_space_again(
    small_disk: Path, backend: Backend, repository: Repository
) -> None:
    mirrors = Mirrors(small_disk / "mirrors", Git(), Credentials())
    checkouts = Checkouts(small_disk, Git(), author_name="x", author_email="x@y")
    workspace = await take(checkouts, mirrors, repository)
    mirror = await mirrors.open(repository.url)
    (workspace.tree / "work").write_text("saved")
    git("add", "work", at=workspace.tree)
    git("commit", "--quiet", "--message", "x", at=workspace.tree)
    filling = fill(small_disk)

    box = backend.around(SandboxSpec(workspace=workspace.tree))
    agent = await run(
        ["/bin/sh", "-c", "echo more > more"],
        cwd=box.workspace,
        env={"PATH": box.search_path},
        timeout=20,
        sandbox=box,
    )
    assert agent.code != 0
    assert b"error" in agent.stderr
    with pytest.raises(KeepFailed, match=r"disk is full|No space left"):
        await Keeper(backend, max_bundle_bytes=64 * MIB).collect(workspace, mirror)
    assert (workspace.tree / "work").read_text() == "saved"
    assert checkouts.existing("J-1") == workspace

    filling.unlink()
    kept = await Keeper(backend, max_bundle_bytes=64 * MIB).collect(workspace, mirror)
    assert isinstance(kept, Kept)
    assert kept.head == git("rev-parse", "HEAD", at=workspace.tree)
    await checkouts.remove(workspace, kept)
    await checkouts.close()


async def test_a_workspace_that_does_not_fit_is_a_full_disk_and_leaves_nothing(
    small_disk: Path, home: Path, repository: Repository
) -> None:
    for number in range(12):
        (repository.clone / f"large{number}").write_bytes(bytes([number]) * MIB)
    repository.commit({})
    mirrors = Mirrors(home / "mirrors", Git(), Credentials())
    checkouts = Checkouts(small_disk, Git(), author_name="x", author_email="x@y")
    with pytest.raises(GitError) as error:
        await take(checkouts, mirrors, repository)
    assert error.value.fault is GitFault.DISK_FULL
    assert error.value.transient
    assert "free some space" in str(error.value)
    await checkouts.close()
    assert checkouts.leftovers() == []
    assert sum(path.stat().st_size for path in small_disk.rglob("*") if path.is_file()) == 0


async def test_a_mirror_that_does_not_fit_is_a_full_disk_and_heals(small_disk: Path, repository: Repository) -> None:
    (repository.clone / "large").write_bytes(secrets.token_bytes(10 * MIB))
    repository.commit({})
    mirrors = Mirrors(small_disk / "mirrors", Git(), Credentials(), retry_delays=())
    with pytest.raises(GitError) as error:
        await mirrors.open(repository.url)
    assert error.value.fault is GitFault.DISK_FULL
    assert [path for path in (small_disk / "mirrors").iterdir() if path.is_dir()] == []
