"""A repository's remote: what it holds, and the one way work gets there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ploeg.workspace.credentials import Askpass, Credentials
from ploeg.workspace.faults import short
from ploeg.workspace.git import Git, GitError, GitFault, check_branch, check_sha, check_url
from ploeg.workspace.process import Finished

_LOOK = 60.0
_REFSPECS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_PORCELAIN = re.compile(r"^([ *=!+-])\t[^\t]*\t(.*)$", re.MULTILINE)


class PushOutcome(StrEnum):
    """Every way a push can end."""

    PUSHED = "pushed"
    UP_TO_DATE = "up_to_date"
    CONFLICT = "conflict"
    NO_CREDENTIALS = "no_credentials"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    OTHER = "other"


_AFTER_A_FAULT = {
    GitFault.CONFLICT: PushOutcome.CONFLICT,
    GitFault.NO_CREDENTIALS: PushOutcome.NO_CREDENTIALS,
    GitFault.NOT_FOUND: PushOutcome.NO_CREDENTIALS,
    GitFault.UNREACHABLE: PushOutcome.UNREACHABLE,
    GitFault.REFUSED: PushOutcome.REFUSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PushResult:
    """How a push ended, in the remote's own words."""

    outcome: PushOutcome
    reason: str = ""
    remedy: str = ""

    @property
    def pushed(self) -> bool:
        """The remote holds the commit on the branch."""
        return self.outcome in {PushOutcome.PUSHED, PushOutcome.UP_TO_DATE}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteHead:
    """The remote's HEAD: the branch it names, where it names one, and the commit."""

    branch: str | None
    sha: str | None


class Remote:
    """One repository URL with the credential that opens it. Only here does a git process get that."""

    def __init__(self, url: str, git: Git, credentials: Credentials, askpass: Askpass) -> None:
        self.url = check_url(url)
        self._git = git
        self._credential = credentials.for_url(url)
        self._askpass = askpass

    async def head(self) -> RemoteHead:
        """What the remote calls its default branch. Both are None for an empty repository."""
        finished = await self._run(["ls-remote", "--symref", self.url, "HEAD"], f"reading {self.url}", _LOOK)
        branch = sha = None
        for line in finished.stdout.decode("utf-8", "surrogateescape").splitlines():
            value, _, name = line.partition("\t")
            if name == "HEAD" and value.startswith("ref: refs/heads/"):
                branch = value.removeprefix("ref: refs/heads/")
            elif name == "HEAD":
                sha = value
        return RemoteHead(branch=branch, sha=sha)

    async def any_sha(self) -> str | None:
        """Some object name of the remote, which tells its hash function; None for an empty repository."""
        finished = await self._run(["ls-remote", self.url], f"reading {self.url}", _LOOK)
        return finished.stdout.decode("ascii", "replace").split("\t", 1)[0].strip() or None

    async def fetch_into(self, mirror: Path, within: float) -> None:
        """Makes the mirror's branches and tags those of the remote."""
        arguments = ["fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", self.url, *_REFSPECS]
        await self._run(arguments, f"fetching {self.url}", within, mirror)

    async def push_from(self, mirror: Path, sha: str, branch: str, within: float) -> PushResult:
        """Puts a commit on a branch, only ever forward. An answer that got lost is looked up."""
        target = f"refs/heads/{check_branch(branch)}"
        return await self._push([], f"{check_sha(sha)}:{target}", branch, mirror, within, sha)

    async def delete(self, mirror: Path, sha: str, branch: str, within: float) -> PushResult:
        """Takes a branch away whose tip is that commit; with another tip it is a conflict."""
        target = f"refs/heads/{check_branch(branch)}"
        return await self._push([f"--force-with-lease={target}:{check_sha(sha)}"], f":{target}", branch, mirror, within)

    async def _push(
        self, options: Sequence[str], spec: str, branch: str, mirror: Path, within: float, looked_up: str | None = None
    ) -> PushResult:
        arguments = ["push", "--porcelain", "--no-verify", "--no-signed", *options, self.url, spec]
        try:
            finished = await self._run(arguments, f"pushing {branch}", within, mirror, accept=(0, 1))
        except GitError as error:
            lost_answer = error.fault is GitFault.UNREACHABLE and looked_up is not None
            if lost_answer and await self._holds(str(looked_up), f"refs/heads/{branch}"):
                return PushResult(outcome=PushOutcome.PUSHED)
            outcome = _AFTER_A_FAULT.get(error.fault, PushOutcome.OTHER)
            return PushResult(outcome=outcome, reason=error.said, remedy=error.remedy)
        return _read_porcelain(finished, branch)

    async def _holds(self, sha: str, target: str) -> bool:
        try:
            finished = await self._run(["ls-remote", self.url, target], f"reading {self.url}", _LOOK)
        except GitError:
            return False
        return finished.stdout.decode("ascii", "replace").startswith(f"{sha}\t")

    async def _run(
        self,
        arguments: Sequence[str],
        doing: str,
        within: float,
        mirror: Path | None = None,
        accept: Sequence[int] = (0,),
    ) -> Finished:
        with ExitStack() as stack:
            environment: dict[str, str] = {}
            fds: tuple[int, ...] = ()
            if self._credential is not None:
                environment, fds = stack.enter_context(self._askpass.answering(self._credential, self.url))
            return await self._git.run(
                *arguments,
                doing=doing,
                directory=mirror,
                within=within,
                environment=environment,
                pass_fds=fds,
                accept=accept,
                dies_with_us=True,
            )


def _read_porcelain(finished: Finished, branch: str) -> PushResult:
    found = _PORCELAIN.search(finished.stdout.decode("utf-8", "replace"))
    said = short(finished.stderr.decode("utf-8", "replace"))
    if found is None:
        return PushResult(outcome=PushOutcome.OTHER, reason=said or "git said nothing about the branch")
    flag, summary = found.groups()
    if flag == "=":
        return PushResult(outcome=PushOutcome.UP_TO_DATE)
    if flag != "!":
        return PushResult(outcome=PushOutcome.PUSHED, reason=summary)
    outcome = _rejection(summary)
    error = GitError(GitFault.CONFLICT if outcome is PushOutcome.CONFLICT else GitFault.REFUSED, f"pushing {branch}")
    return PushResult(outcome=outcome, reason=f"{summary} · {said}" if said else summary, remedy=error.remedy)


def _rejection(summary: str) -> PushOutcome:
    if re.search(r"\[remote failure\]", summary):
        return PushOutcome.UNREACHABLE
    if re.search(r"^\[rejected\]|incorrect old value|cannot lock ref|failed to update ref|fetch first", summary):
        return PushOutcome.CONFLICT
    return PushOutcome.REFUSED
