"""A push that leaves nothing behind: an empty commit on a branch of its own, which is taken away again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from ploeg.workspace.credentials import Askpass, Credentials
from ploeg.workspace.git import Git
from ploeg.workspace.remote import PushOutcome, Remote

_WITHIN = 120.0
_SHA256_LENGTH = 64
_NOBODY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ploeg"), ("EMAIL", "ploeg@localhost"))
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPush:
    """How it went, in the remote's own words."""

    outcome: PushOutcome
    reason: str
    remedy: str
    taken_back: bool

    @property
    def pushed(self) -> bool:
        return self.outcome is PushOutcome.PUSHED


async def push_and_take_back(url: str, branch: str, git: Git, credentials: Credentials, folder: Path) -> TrialPush:
    """Pushes as a worker does, with the same credentials. `folder` is empty and goes afterwards. Raises `GitError`."""
    remote = Remote(url, git, credentials, Askpass(folder / "askpass"))
    repository = folder / "scratch.git"
    commit = await _empty_commit(git, repository, await remote.any_sha())
    return await _pushed(remote, repository, commit, branch, _nothing)


async def pushed_for_a_while(
    url: str, branch: str, git: Git, credentials: Credentials, folder: Path, meanwhile: Callable[[], Awaitable[None]]
) -> TrialPush:
    """The same with a commit upon the default branch, and what is done while the branch is there. Raises `GitError`."""
    remote = Remote(url, git, credentials, Askpass(folder / "askpass"))
    repository = folder / "scratch.git"
    head = await remote.head()
    if head.sha is None:
        return await push_and_take_back(url, branch, git, credentials, folder)
    await _empty_commit(git, repository, head.sha)
    await remote.fetch_into(repository, _WITHIN)
    commit = await _commit(git, repository, f"{head.sha}^{{tree}}", "-p", head.sha)
    return await _pushed(remote, repository, commit, branch, meanwhile)


async def _pushed(
    remote: Remote, repository: Path, commit: str, branch: str, meanwhile: Callable[[], Awaitable[None]]
) -> TrialPush:
    pushed = await remote.push_from(repository, commit, branch, _WITHIN)
    taken_back = False
    if pushed.pushed:
        try:
            await meanwhile()
        finally:
            taken_back = (await remote.delete(repository, commit, branch, _WITHIN)).pushed
    return TrialPush(outcome=pushed.outcome, reason=pushed.reason, remedy=pushed.remedy, taken_back=taken_back)


async def _nothing() -> None:
    pass


async def _empty_commit(git: Git, repository: Path, another: str | None) -> str:
    """Without a file and without a parent, so that it starts nothing on the forge; hashed as the remote hashes."""
    kind = "sha256" if another is not None and len(another) == _SHA256_LENGTH else "sha1"
    doing = "making an empty commit"
    await git.text("init", "--quiet", "--bare", f"--object-format={kind}", str(repository), doing=doing)
    made = await git.run("mktree", doing=doing, directory=repository, input=b"")
    tree = made.stdout.decode().strip()
    return await _commit(git, repository, tree)


async def _commit(git: Git, repository: Path, tree: str, *parents: str) -> str:
    arguments = ("commit-tree", tree, *parents, "-m", "Try whether this branch can be pushed; it is deleted at once")
    finished = await git.run(*arguments, doing="making a commit", directory=repository, environment=_NOBODY)
    return finished.stdout.decode().strip()
