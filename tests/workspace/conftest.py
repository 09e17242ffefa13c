"""Real repositories and real processes for the tests of this room."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from ploeg.workspace.checkout import Checkouts
from ploeg.workspace.credentials import Credentials
from ploeg.workspace.git import Git
from ploeg.workspace.mirror import Mirrors
from ploeg.workspace.sandbox import Backend, NoIsolation, SandboxUnavailable, probe

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": f"{who}@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


@cache
def _bubblewrap() -> Backend | str:
    """The backend, or why it does not work here."""
    try:
        return asyncio.run(probe())
    except SandboxUnavailable as error:
        return str(error)


@pytest.fixture
def bubblewrap() -> Backend:
    found = _bubblewrap()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture(params=["bubblewrap", "none"])
def backend(request: pytest.FixtureRequest) -> Backend:
    if request.param == "none":
        return NoIsolation()
    found: Backend = request.getfixturevalue("bubblewrap")
    return found


@dataclass(frozen=True)
class Repository:
    """A bare repository that serves as a remote, and a clone of it to work in."""

    bare: Path
    clone: Path

    @property
    def url(self) -> str:
        return str(self.bare)

    def git(self, *arguments: str, at: Path | None = None) -> str:
        return git(*arguments, at=at or self.clone)

    def commit(self, files: dict[str, str | bytes], message: str = "A change", *, push: bool = True) -> str:
        """A commit on the clone's branch with these files, pushed; its sha."""
        for name, content in files.items():
            path = self.clone / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        if push:
            self.git("push", "--quiet", "origin", "HEAD")
        return self.git("rev-parse", "HEAD")

    def tip(self, branch: str) -> str | None:
        """The commit of a branch of the remote."""
        listed = self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}", at=self.bare)
        return listed or None


def git(*arguments: str, at: Path) -> str:
    done = subprocess.run(["git", *arguments], cwd=at, env=_ENVIRONMENT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


@pytest.fixture
def new_repository(tmp_path: Path) -> Callable[..., Repository]:
    def make(name: str = "project", branch: str = "trunk", *, empty: bool = False) -> Repository:
        bare, clone = tmp_path / f"{name}.git", tmp_path / name
        git("init", "--quiet", "--bare", f"--initial-branch={branch}", str(bare), at=tmp_path)
        git("clone", "--quiet", str(bare), str(clone), at=tmp_path)
        repository = Repository(bare, clone)
        if not empty:
            repository.commit({"README.md": "# A project\n", "src/app.py": "print('hello')\n"}, "The first commit")
        return repository

    return make


@pytest.fixture
def repository(new_repository: Callable[..., Repository]) -> Repository:
    return new_repository()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    path.mkdir()
    return path


@pytest.fixture
def mirrors(home: Path) -> Mirrors:
    return Mirrors(home / "mirrors", Git(), Credentials(), retry_delays=(0.0, 0.0))


@pytest.fixture
def checkouts(home: Path) -> Iterator[Checkouts]:
    return Checkouts(home, Git(), author_name="Ploeg", author_email="ploeg@example.org")
