"""A real remote for a test: a bare repository with a first commit."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FILES = {"README.md": "# Greeter\n", "greet.py": 'def greet(name):\n    return "Hello " + name\n'}


@dataclass(frozen=True)
class Remote:
    path: Path

    def git(self, *arguments: str) -> str:
        return run_git(self.path, *arguments)

    def branches(self) -> list[str]:
        return self.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()

    def pushed_branch(self) -> str:
        """The one branch that is not the default one."""
        (branch,) = [b for b in self.branches() if b.startswith("ploeg/")]
        return branch

    def content(self, branch: str, path: str) -> str:
        return self.git("show", f"{branch}:{path}")


def make_remote(
    folder: Path, files: Mapping[str, str] = FILES, *, default_branch: str = "main", tree: Path | None = None
) -> Remote:
    """A bare repository whose only commit holds `files`, or the whole of `tree`."""
    work = tree or folder / "seed"
    work.mkdir(parents=True, exist_ok=True)
    run_git(work, "init", "-q", "-b", default_branch)
    for name, content in files.items() if tree is None else ():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(content)
    run_git(work, "add", "-A", "-f")
    run_git(work, "commit", "-q", "-m", "First")
    bare = folder / "remote.git"
    run_git(folder, "clone", "-q", "--bare", str(work), str(bare))
    return Remote(bare)


def run_git(folder: Path, *arguments: str) -> str:
    identity = {"GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "t@localhost"}
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={
            "PATH": "/usr/bin:/bin:/usr/local/bin",
            "HOME": str(folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_COMMITTER_NAME": "Test",
            "GIT_COMMITTER_EMAIL": "t@localhost",
            **identity,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout
