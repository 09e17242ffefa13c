"""What an attempt left comes back as a branch or a patch, from the mirror of this machine or from the remote."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ploeg.domain.errors import Conflict, Invalid, Unavailable
from ploeg.wire.work import FinishReport
from ploeg.workspace.git import Git
from ploeg.workspace.salvage import Left, Salvage, Source, locate
from tests.e2e.repository import run_git
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

HALF = """
start()
commit()
write("loose.txt", "nobody committed this\\n")
write("picture.bin", bytes(range(256)))
finish()
"""


@pytest.fixture
def rig(new_rig: Callable[..., Rig]) -> Rig:
    return new_rig(push_unfinished=True)


@pytest.fixture
def clone(rig: Rig, tmp_path: Path) -> Path:
    run_git(tmp_path, "clone", "-q", str(rig.remote.path), "mine")
    return tmp_path / "mine"


@pytest.fixture
def salvage() -> Salvage:
    return Salvage(Git(), os.environ)


async def found(rig: Rig, report: FinishReport, attempt: int = 1) -> Source:
    left = Left(
        attempt=attempt,
        repo_url=str(rig.remote.path),
        base=report.base_sha,
        head=report.head_sha,
        snapshot=report.snapshot,
        branch=report.wip_branch,
    )
    source = await locate(rig.home / "mirrors", Git(), "J-1", [left])
    assert source is not None
    return source


@pytest.mark.parametrize("from_mirror", [True, False])
async def test_it_comes_back_as_a_branch_and_as_a_patch(
    rig: Rig, clone: Path, salvage: Salvage, from_mirror: bool
) -> None:
    report = await rig.run(HALF)
    if not from_mirror:
        shutil.rmtree(rig.home / "mirrors")
    source = await found(rig, report)
    assert source.in_mirror is from_mirror
    await salvage.branch(source, clone, "salvage/J-1")
    assert sorted(await salvage.files(source, clone)) == ["hello.txt", "loose.txt", "picture.bin"]
    assert run_git(clone, "show", "salvage/J-1:loose.txt") == "nobody committed this\n"
    assert run_git(clone, "show", "--format=%s", "--name-only", "salvage/J-1^").split() == ["Say", "hello", "hello.txt"]

    await salvage.patch(source, clone.parent / "j-1.patch")
    run_git(clone, "apply", "--index", "../j-1.patch")
    assert (clone / "picture.bin").read_bytes() == bytes(range(256))

    await salvage.branch(source, clone, "salvage/J-1")
    run_git(clone, "branch", "taken")
    with pytest.raises(Conflict, match="has a branch taken already"):
        await salvage.branch(source, clone, "taken")
    with pytest.raises(Unavailable, match="name a clone with --into"):
        await salvage.branch(source, clone.parent, "salvage/J-1")


async def test_the_mirror_knows_more_than_a_server_that_never_heard_of_the_end(rig: Rig) -> None:
    report = await rig.run(HALF)
    source = await locate(rig.home / "mirrors", Git(), "J-1", [Left(attempt=1, repo_url=str(rig.remote.path))])
    assert source is not None
    assert (source.head, source.snapshot, source.base) == (report.head_sha, report.snapshot, report.base_sha)


async def test_what_nobody_here_has_is_not_found(rig: Rig, tmp_path: Path) -> None:
    lost = Left(attempt=1, repo_url=str(rig.remote.path), head="a" * 40)
    assert await locate(tmp_path / "no-mirrors", Git(), "J-1", [lost]) is None


@pytest.mark.parametrize(
    "told",
    [
        {"branch": "ploeg/wip/J-1:refs/heads/mine"},
        {"head": "--output=stolen"},
        {"snapshot": "--output=stolen"},
        {"base": "--output=stolen"},
        {"repo_url": "--upload-pack=touch stolen;"},
    ],
)
async def test_what_a_worker_told_is_neither_an_option_nor_an_order_to_git(
    tmp_path: Path, told: dict[str, str]
) -> None:
    given = {"repo_url": "https://git.example.org/demo.git", "head": "a" * 40, "branch": "ploeg/wip/J-1", **told}
    with pytest.raises(Invalid):
        await locate(tmp_path / "mirrors", Git(), "J-1", [Left(attempt=1, **given)])
