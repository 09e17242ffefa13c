"""Reading a trusted bare repository: its branches, its history, and who made what in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ploeg.domain.gate import FileChange
from ploeg.workspace.git import Git, check_sha, is_sha

KEPT = "refs/ploeg"
#: Branches with what attempts left unfinished, which are no agent's business; see `unfinished.py`.
_UNFINISHED = re.compile(rb" refs/heads/(?:[^ ]*/)?wip/J-\d+$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    sha: str
    subject: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What changed between two commits. Names that are not UTF-8 show their bytes as `\\xNN`."""

    files: list[FileChange]
    text: str
    #: The text is longer than what was asked for; `files` is always whole.
    cut: bool


class Repository:
    """A bare repository that only Ploeg writes."""

    def __init__(self, path: Path, git: Git) -> None:
        self.path = path
        self._git = git

    @property
    def git(self) -> Git:
        return self._git

    @property
    def objects(self) -> Path:
        return self.path / "objects"

    async def default_branch(self) -> str:
        """The remote's, as of the last fetch."""
        return await self._text("symbolic-ref", "--short", "HEAD", doing="reading the default branch")

    async def branch_tip(self, branch: str) -> str | None:
        """The branch's commit on the remote, as of the last fetch."""
        return (await self._tips(branch)).get(branch)

    async def _tips(self, *branches: str) -> dict[str, str]:
        patterns = [f"refs/heads/{branch}" for branch in branches]
        listed = await self._run(
            "for-each-ref", "--format=%(objectname) %(refname:strip=2)", *patterns, doing="reading branches"
        )
        pairs = (line.partition(" ") for line in text(listed).splitlines())
        return {name: sha for sha, _, name in pairs if name in branches}

    async def refs_for_a_workspace(self) -> bytes:
        """The remote's tags and, as `origin/*`, its branches: a `packed-refs` file for a repository that borrows."""
        form = "--format=%(objectname) %(refname)"
        listed = await self._run("for-each-ref", form, "refs/heads/", "refs/tags/", doing="listing branches")
        lines = [line for line in listed.splitlines(keepends=True) if not _UNFINISHED.search(line)]
        return b"".join(lines).replace(b" refs/heads/", b" refs/remotes/origin/")

    async def has(self, sha: str) -> bool:
        return is_sha(sha) and await self._resolve(f"{sha}^{{commit}}") is not None

    async def tree(self, sha: str) -> str:
        """The tree of a commit."""
        return await self._text("rev-parse", "--verify", f"{check_sha(sha)}^{{tree}}", doing="reading a commit")

    async def merge_base(self, one: str, other: str) -> str | None:
        """The commit from which the two went apart; None if they have no history in common."""
        finished = await self._git.run(
            "merge-base",
            check_sha(one),
            check_sha(other),
            doing="comparing commits",
            directory=self.path,
            accept=(0, 1),
        )
        return finished.stdout.decode().strip() or None

    async def commits(self, base: str, head: str, limit: int = 200) -> list[Commit]:
        """What `head` has and `base` has not, newest first."""
        form = "--format=%H%x00%s%x00%an%x00%ct"
        span = f"{check_sha(base)}..{check_sha(head)}"
        finished = await self._run("log", "-z", form, f"--max-count={limit}", span, doing="reading commits")
        fields = finished.split(b"\0")
        rows = [fields[n : n + 4] for n in range(0, len(fields) - 3, 4)]
        return [
            Commit(sha=text(sha), subject=text(subject), author=text(author), at=datetime.fromtimestamp(int(at), UTC))
            for sha, subject, author, at in rows
        ]

    async def diff(self, base: str, head: str, *, text_limit: int = 256 * 1024) -> Diff:
        """The changes from `base` to `head`. A rename is a deletion and an addition."""
        plain = ("--no-renames", "--no-ext-diff", "--no-textconv", "--no-color", check_sha(base), check_sha(head), "--")
        counted = await self._run("diff", "--numstat", "-z", *plain, doing="comparing commits")
        shown = await self._git.run(
            "diff", *plain, doing="comparing commits", directory=self.path, max_output=text_limit, accept=(0, None)
        )
        return Diff(files=_file_changes(counted), text=text(shown.stdout), cut=shown.truncated)

    async def _resolve(self, what: str) -> str | None:
        finished = await self._git.run(
            "rev-parse", "--verify", "--quiet", what, doing="reading a ref", directory=self.path, accept=(0, 1, 128)
        )
        return finished.stdout.decode().strip() or None

    async def _text(self, *arguments: str, doing: str) -> str:
        return await self._git.text(*arguments, doing=doing, directory=self.path)

    async def _run(self, *arguments: str, doing: str) -> bytes:
        return (await self._git.run(*arguments, doing=doing, directory=self.path)).stdout


def _file_changes(numstat: bytes) -> list[FileChange]:
    changes = []
    for entry in numstat.split(b"\0"):
        if entry:
            added, removed, path = entry.split(b"\t", 2)
            changes.append(FileChange(path=text(path), added=_count(added), removed=_count(removed)))
    return changes


def _count(number: bytes) -> int:
    return 0 if number == b"-" else int(number)


def text(data: bytes) -> str:
    """What git said; a name that is not UTF-8 shows its bytes as `\\xNN`."""
    return data.decode("utf-8", "backslashreplace")
