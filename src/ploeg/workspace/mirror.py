"""One trusted bare mirror per repository. No agent can write to it; workspaces borrow its objects.

refs/heads/*, refs/tags/*                 the remote's, as of the last fetch
HEAD                                      the remote's default branch
refs/ploeg/<job code>/<attempt>           the commits that an attempt made
refs/ploeg/<job code>/<attempt>-snapshot  the files that it had not committed
refs/ploeg/<job code>/<attempt>-committed those files as a commit, where Ploeg commits for the agent
    refs/ploeg/<job code>/<attempt>-branches/*   its other branches, and its stash
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from ploeg.workspace.credentials import Askpass, Credentials
from ploeg.workspace.git import Git, GitError, GitFault
from ploeg.workspace.lock import locked
from ploeg.workspace.remote import PushOutcome, PushResult, Remote
from ploeg.workspace.repository import Commit, Diff, text
from ploeg.workspace.shelf import Shelf

__all__ = ["Base", "Commit", "Diff", "Mirror", "Mirrors", "PushOutcome", "PushResult"]

T = TypeVar("T")
#: A lock file of git's that is older than any git process can be was left by one that was killed.
_STALE_LOCK = 3600.0
_MANY_PACKS = 50
#: A file beside each mirror: of which repository, and by its time when that was last asked for.
_URL = ".url"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """Where work on a branch begins."""

    sha: str
    #: The remote's branch that it is the tip of.
    branch: str
    #: The branch that was asked for is on the remote already.
    exists: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A mirror on this disk."""

    url: str
    path: Path
    #: When it was last asked for.
    used_at: datetime


class Mirrors:
    """The mirrors of this machine, beneath one folder that its worker processes share."""

    def __init__(
        self,
        root: Path,
        git: Git,
        credentials: Credentials,
        *,
        fetch_timeout: float = 600.0,
        retry_delays: Sequence[float] = (1.0, 3.0),
    ) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root = root
        self._git = git
        self._credentials = credentials
        self._askpass = Askpass(root)
        self._fetch_timeout = fetch_timeout
        self._retry_delays = tuple(retry_delays)

    async def open(self, url: str) -> Mirror:
        """The mirror of a repository, made and filled if there is none yet. Raises `GitError`, `Invalid`."""
        remote = Remote(url, self._git, self._credentials, self._askpass)
        name = directory_name(url)
        mirror = Mirror(self._root / f"{name}.git", remote, self._git, self._fetch_timeout, self._retry_delays)
        if not mirror.path.exists():
            async with locked(self._root / f"{name}.lock", self._fetch_timeout):
                if not mirror.path.exists():
                    await self._make(mirror, remote)
        self._root.joinpath(f"{name}{_URL}").write_text(url, "utf-8")
        return mirror

    def shelf(self, known: Known) -> Shelf:
        """Its kept work, to look at."""
        return Shelf(known.path, self._git)

    def known(self) -> list[Known]:
        """Those there are, the one that was not asked for longest first."""
        found = []
        for note in self._root.glob(f"*{_URL}"):
            url, path = note.read_text("utf-8", "replace"), note.with_suffix(".git")
            # A note that a loss of power cut short is none.
            if path.is_dir() and directory_name(url) == path.stem:
                used_at = datetime.fromtimestamp(note.stat().st_mtime, UTC)
                found.append(Known(url=url, path=path, used_at=used_at))
        return sorted(found, key=lambda each: each.used_at)

    async def _make(self, mirror: Mirror, remote: Remote) -> None:
        fresh = self._root / f".making-{mirror.path.name}-{secrets.token_hex(4)}"
        for leftover in self._root.glob(f".making-{mirror.path.name}-*"):
            await asyncio.to_thread(shutil.rmtree, leftover, ignore_errors=True)
        try:
            await Mirror(fresh, remote, self._git, self._fetch_timeout, self._retry_delays).fill()
            fresh.rename(mirror.path)
        finally:
            await asyncio.to_thread(shutil.rmtree, fresh, ignore_errors=True)


class Mirror(Shelf):
    """A repository's trusted copy."""

    def __init__(
        self, path: Path, remote: Remote, git: Git, fetch_timeout: float, retry_delays: Sequence[float]
    ) -> None:
        super().__init__(path, git)
        self._remote = remote
        self._fetch_timeout = fetch_timeout
        self._retry_delays = retry_delays

    @property
    def url(self) -> str:
        return self._remote.url

    @property
    def name(self) -> str:
        return self.path.stem

    async def fill(self) -> None:
        """Makes the repository and fetches all of it."""
        sha = await self._retrying(self._remote.any_sha)
        if sha is None:
            raise GitError(GitFault.EMPTY, f"reading {self.url}", "the repository has no commit")
        hashing = "sha256" if len(sha) == 64 else "sha1"
        await self._git.run(
            *("init", "--quiet", "--bare", "--template=", f"--object-format={hashing}", str(self.path)),
            doing="making the mirror",
        )
        await self._fetch()

    async def fetch(self) -> None:
        """Makes branches, tags and HEAD those of the remote. Raises `GitError`; its fault is EMPTY without a commit."""
        async with locked(self.path.with_suffix(".lock"), self._fetch_timeout):
            self._drop_stale_locks()
            await self._fetch()

    async def base(self, branch: str) -> Base:
        """The tip of the branch if the remote has it, else that of the default branch."""
        default = await self.default_branch()
        tips = await self._tips(branch, default)
        if branch in tips:
            return Base(sha=tips[branch], branch=branch, exists=True)
        if default in tips:
            return Base(sha=tips[default], branch=default, exists=False)
        raise GitError(GitFault.EMPTY, f"reading {self.url}", f"its default branch {default} has no commit")

    async def push(self, sha: str, branch: str, *, within: float = 300.0) -> PushResult:
        """Puts a commit on the remote's branch, only ever forward and never on the default branch.

        Raises `Invalid` for a bad name, else nothing.
        """
        if branch == await self.default_branch():
            remedy = "Ploeg pushes to branches of its own; let people merge them"
            return PushResult(outcome=PushOutcome.REFUSED, reason=f"{branch} is the default branch", remedy=remedy)
        result = await self._remote.push_from(self.path, sha, branch, within)
        if result.pushed:
            with suppress(GitError):  # the next fetch brings it
                await self._run("update-ref", f"refs/heads/{branch}", sha, doing="noting what was pushed")
        return result

    async def delete_branch(self, branch: str, sha: str, *, within: float = 60.0) -> PushResult:
        """Takes a branch off the remote, if its tip is that commit still; the commit stays where it is kept."""
        return await self._remote.delete(self.path, sha, branch, within)

    async def tidy(self) -> None:
        """Packs what many fetches have left, for an idle moment. Nothing is dropped: a workspace may lean on it."""
        if len(list((self.objects / "pack").glob("*.pack"))) < _MANY_PACKS:
            return
        async with locked(self.path.with_suffix(".lock"), self._fetch_timeout):
            await self._run("repack", "-a", "-d", "-k", "-q", doing="packing the mirror")
            await self._run("pack-refs", "--all", doing="packing the mirror")

    async def _fetch(self) -> None:
        asking = asyncio.create_task(self._retrying(self._remote.head))
        try:
            await self._retrying(lambda: self._remote.fetch_into(self.path, self._fetch_timeout))
            head = await asking
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        branch = head.branch or await self._guessed_default(head.sha)
        await self._run("symbolic-ref", "HEAD", f"refs/heads/{branch}", doing="noting the default branch")

    async def _guessed_default(self, sha: str | None) -> str:
        """For a remote whose HEAD names no branch that exists: the branch at HEAD's commit, or the only one."""
        listed = await self._run(
            "for-each-ref", "--format=%(objectname) %(refname:strip=2)", "refs/heads/", doing="listing branches"
        )
        branches = [line.split(" ", 1) for line in text(listed).splitlines()]
        fitting = [name for tip, name in branches if tip == sha] or [name for _, name in branches]
        if not fitting:
            raise GitError(GitFault.EMPTY, f"reading {self.url}", "the repository has no commit")
        if len(fitting) > 1 and sha is None:
            remedy = "set the default branch of the remote to one that exists"
            raise GitError(GitFault.REFUSED, f"reading {self.url}", "its HEAD names no existing branch", remedy)
        return fitting[0]

    async def _retrying(self, attempt: Callable[[], Awaitable[T]]) -> T:
        for delay in self._retry_delays:
            try:
                return await attempt()
            except GitError as error:
                if error.fault is not GitFault.UNREACHABLE:
                    raise
            await asyncio.sleep(delay)
        return await attempt()

    def _drop_stale_locks(self) -> None:
        for lock in (*self.path.glob("*.lock"), *(self.path / "refs").rglob("*.lock")):
            if lock.stat().st_mtime < time.time() - _STALE_LOCK:
                lock.unlink(missing_ok=True)


def directory_name(url: str) -> str:
    """A folder's name for a repository: unique by the URL's hash, readable by its tail."""
    tail = re.sub(r"[^A-Za-z0-9._-]+", "-", url.rstrip("/").removesuffix(".git").rpartition("/")[2])[-40:]
    return f"{hashlib.sha256(url.encode()).hexdigest()[:16]}-{tail.strip('.-') or 'repository'}"
