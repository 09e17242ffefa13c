"""The bare repository of a forge: what git itself says about branches, and merges made of objects alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.forges.far.things import Refused

#: Refuses what the file `protected` of the repository names, and everything while there is a file `refuse`.
PRE_RECEIVE = """#!/bin/sh
if [ -f refuse ]; then cat refuse >&2; exit 1; fi
while read -r old new ref; do
    if [ -f protected ] && grep -qxF "${ref#refs/heads/}" protected; then
        echo "the branch ${ref#refs/heads/} is protected" >&2
        exit 1
    fi
done
"""
_WHO = {f"GIT_{role}_{what}": who for role in ("AUTHOR", "COMMITTER") for what, who in
        (("NAME", "Forge"), ("EMAIL", "forge@localhost"))}  # fmt: skip


class Bare:
    def __init__(self, path: Path) -> None:
        self.path = path

    def set_up(self) -> None:
        with (self.path / "config").open("a") as config:
            config.write("[http]\n\treceivepack = true\n")
        hook = self.path / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(PRE_RECEIVE)
        hook.chmod(0o755)

    def run(self, *arguments: str, stdin: str = "", wrong: tuple[int, ...] = ()) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            input=stdin,
            env={"PATH": "/usr/bin:/bin:/usr/local/bin", "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(self.path), **_WHO},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode and done.returncode not in wrong:
            raise AssertionError(done.stderr)
        return done.stdout.strip() if not done.returncode else ""

    @property
    def default_branch(self) -> str:
        return (self.path / "HEAD").read_text().strip().removeprefix("ref: refs/heads/")

    def tip(self, branch: str) -> str | None:
        return self.run("rev-parse", "--verify", "-q", f"refs/heads/{branch}", wrong=(1,)) or None

    def tips(self) -> dict[str, str]:
        listed = self.run("for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads").splitlines()
        return dict(line.split(" ") for line in listed)

    def has_commit(self, sha: str) -> bool:
        return bool(self.run("rev-parse", "--verify", "-q", f"{sha}^{{commit}}", wrong=(1, 128)))

    def point(self, branch: str, sha: str) -> None:
        self.run("update-ref", f"refs/heads/{branch}", sha)

    def delete(self, branch: str) -> None:
        self.run("update-ref", "-d", f"refs/heads/{branch}")

    def commit(self, branch: str, files: dict[str, str], message: str = "More") -> str:
        """A commit upon that branch, or upon the default one where it is not there, as a push would bring it."""
        parent = self.tip(branch) or self.tip(self.default_branch) or ""
        tree = self.run("rev-parse", f"{parent}^{{tree}}")
        lines = {line.split("\t")[1]: line for line in self.run("ls-tree", tree).splitlines()}
        for path, text in files.items():
            blob = self.run("hash-object", "-w", "--stdin", stdin=text)
            lines[path] = f"100644 blob {blob}\t{path}"
        made = self.run("mktree", stdin="\n".join(lines.values()) + "\n")
        sha = self.run("commit-tree", made, "-p", parent, "-m", message)
        self.point(branch, sha)
        return sha

    def merged_tree(self, base: str, head: str) -> str | None:
        """None: they conflict."""
        return self.run("merge-tree", "--write-tree", base, head, wrong=(1,)).partition("\n")[0] or None

    def merge(self, base: str, head: str, method: str, message: str) -> str:
        """Puts that commit into the branch `base`; gives the commit that did."""
        onto = self.tip(base) or ""
        tree = self.merged_tree(onto, head)
        if tree is None:
            raise Refused(409, "merge conflict")
        parents = ["-p", onto, "-p", head] if method == "merge" else ["-p", onto]
        sha = self.run("commit-tree", tree, *parents, "-m", message)
        self.point(base, sha)
        return sha

    def revert(self, branch: str, sha: str) -> str:
        """A commit upon the branch that takes that one back."""
        tip = self.tip(branch) or ""
        undone = self.run("commit-tree", f"{sha}^^{{tree}}", "-p", sha, "-m", "undone")
        tree = self.merged_tree(tip, undone)
        if tree is None:
            raise Refused(400, "it cannot be reverted automatically")
        made = self.run("commit-tree", tree, "-p", tip, "-m", f"Revert {sha}")
        self.point(branch, made)
        return made
