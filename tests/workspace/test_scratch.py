"""A trial push goes the way of a worker's own, and leaves the remote as it was."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ploeg.workspace.credentials import Credentials
from ploeg.workspace.git import Git, GitError
from ploeg.workspace.remote import PushOutcome
from ploeg.workspace.scratch import push_and_take_back

pytestmark = pytest.mark.anyio


def git(*arguments: str | Path) -> str:
    done = subprocess.run(["git", *map(str, arguments)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def bare(folder: Path, kind: str = "sha1", hook: str = "") -> Path:
    remote = folder / "remote.git"
    git("init", "--quiet", "--bare", f"--object-format={kind}", remote)
    tree = git("-C", remote, "hash-object", "-w", "-t", "tree", "/dev/null")
    person = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    git("-C", remote, "update-ref", "refs/heads/main", git("-C", remote, *person, "commit-tree", tree, "-m", "Begin"))
    if hook:
        (remote / "hooks" / "pre-receive").write_text(f"#!/bin/sh\n{hook}\n")
        (remote / "hooks" / "pre-receive").chmod(0o755)
    return remote


@pytest.mark.parametrize("kind", ["sha1", "sha256"])
async def test_it_leaves_the_remote_as_it_was(tmp_path: Path, kind: str) -> None:
    remote = bare(tmp_path, kind)
    before = git("-C", remote, "for-each-ref")
    trial = await push_and_take_back(str(remote), "ploeg/doctor-1", Git(), Credentials(), tmp_path / "scratch")
    assert (trial.outcome, trial.taken_back) == (PushOutcome.PUSHED, True)
    assert git("-C", remote, "for-each-ref") == before


async def test_what_the_remote_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    remote = bare(tmp_path, hook="echo 'no robots here' >&2; exit 1")
    trial = await push_and_take_back(str(remote), "ploeg/doctor-1", Git(), Credentials(), tmp_path / "scratch")
    assert (trial.pushed, trial.taken_back, trial.outcome) == (False, False, PushOutcome.REFUSED)
    assert "no robots here" in trial.reason


async def test_a_branch_that_may_not_be_deleted_is_told_of(tmp_path: Path) -> None:
    remote = bare(tmp_path, hook="read _ new _; case $new in *[!0]*) ;; *) exit 1 ;; esac")
    trial = await push_and_take_back(str(remote), "ploeg/doctor-1", Git(), Credentials(), tmp_path / "scratch")
    assert (trial.pushed, trial.taken_back) == (True, False)


async def test_a_remote_that_is_not_there_is_an_error_of_git_s(tmp_path: Path) -> None:
    with pytest.raises(GitError):
        await push_and_take_back(str(tmp_path / "nowhere"), "x", Git(), Credentials(), tmp_path / "scratch")
